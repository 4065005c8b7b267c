/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test runs it once: sanitizers have nothing to find here. */
/* The installed headers and libraries, as the author of another plugin uses them: the programs in author/
 * and docs/example. */
#include "cleanup.h"
#include "json.h"
#include "mem.h"
#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#include <string.h>

#define PREFIX	SANDBOX_DIR "/usr"
#define EXAMPLE CNI_C_SOURCE_DIR "/docs/example"
#define AUTHOR	CNI_C_SOURCE_DIR "/tests/run/suite/author"

/* A library built with sanitizers wants them in who links it. */
#ifdef __SANITIZE_ADDRESS__
#define FLAGS "-fsanitize=address,undefined -Wall -Wextra -Werror "
#else
#define FLAGS "-Wall -Wextra -Werror "
#endif

static int install(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	return sandbox_run("cmake --install " CNI_C_BINARY_DIR " --prefix " PREFIX
			   " --component development >/dev/null");
}

/* The executable gets the name of the source. */
static void build(const char *compiler, const char *source, const char *package)
{
	sandbox_must("export PKG_CONFIG_PATH=" PREFIX "/lib/pkgconfig; name=%s; "
		     "%s " FLAGS " -o " SANDBOX_DIR "/$(basename ${name%%.*}) $name "
		     "$(pkg-config --cflags --libs %s)",
		     source, compiler, package);
}

static struct plugin_call call_of(const char *plugin, const char *config)
{
	return (struct plugin_call){.plugin = plugin,
				    .command = "ADD",
				    .container = "c1",
				    .netns = "/run/netns/c1",
				    .ifname = "eth0",
				    .config = config};
}

/* The same configuration with what ADD has answered; the caller frees. */
static char *with_prev_result(const char *config, const struct plugin_answer *answer)
{
	return cni_format("%.*s,\"prevResult\":%s}", (int)strlen(config) - 1, config, answer->out);
}

static void author__has_all_names_without_our_prefix(void **state)
{
	(void)state;
	build("cc", AUTHOR "/words.c", "libcni-c-parts");
	sandbox_must(SANDBOX_DIR "/words");
	/* No header but cleanup.h defines a macro with another beginning. */
	sandbox_must("cd " PREFIX "/include/cni-c && "
		     "! grep -nE '^# *define +' $(ls *.h | grep -v ^cleanup.h) | "
		     "grep -vE 'define +(cni_|CNI_)'");
}

static void author__makes_a_link_with_a_part_of_their_own(void **state)
{
	static const char config[] = "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\","
				     "\"type\":\"macvlan\",\"master\":\"blue0\",\"mtu\":1400}";
	struct plugin_call call = call_of(SANDBOX_DIR "/macvlan", config);
	struct plugin_answer answer;
	freeing char *checked = NULL;

	(void)state;
	build("cc", EXAMPLE "/macvlan.c", "libcni-c-plan");
	sandbox_must("ip link add blue0 type bridge && ip link set blue0 up");
	sandbox_add_netns("c1");
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	checked = with_prev_result(config, &answer);
	plugin_answer_clear(&answer);
	sandbox_must("ip -n c1 -d link show eth0 | tr -d '\\n' | "
		     "grep -q 'UP.*mtu 1400.*macvlan mode bridge.*alias blue/c1/eth0'");
	/* A second ADD leaves the first one's link. */
	plugin_fails(&call, CNI_EKERNEL, "File exists");
	call.command = "CHECK";
	call.config = checked;
	plugin_succeeds(&call);
	sandbox_must("ip -n c1 link set eth0 address 0a:00:00:00:00:01");
	plugin_fails(&call, CNI_EMISMATCH, "0a:00:00:00:00:01");
	call.command = "DEL";
	plugin_succeeds(&call);
	plugin_succeeds(&call);
	sandbox_must("! ip -n c1 link show eth0 2>/dev/null");
	call.command = "CHECK";
	plugin_fails(&call, CNI_EMISMATCH, "is missing");
	call.command = "STATUS";
	plugin_succeeds(&call);
	call.config = "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"master\":\"none0\"}";
	plugin_fails(&call, CNI_EUNAVAILABLE, "none0");
	sandbox_del_netns("c1");
	sandbox_must("ip link del blue0");
}

/* See NOTICE. */
static void author__has_no_libnftnl_with_parts_that_have_no_rules(void **state)
{
	static const char config[] = "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"type\":\"up\"}";
	struct plugin_call call = call_of(SANDBOX_DIR "/up", config);
	struct plugin_answer answer;
	freeing char *checked = NULL;

	(void)state;
	build("cc", AUTHOR "/up.c", "libcni-c-parts");
	sandbox_must("cd " SANDBOX_DIR " && nm up | grep -q cni_veth_part_ops && "
		     "! nm up | grep -E 'nftnl_|dbus_' && "
		     "! readelf -d up | grep -E 'libnftnl|libdbus'");
	sandbox_add_netns("c1");
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	checked = with_prev_result(config, &answer);
	plugin_answer_clear(&answer);
	call.command = "CHECK";
	call.config = checked;
	plugin_succeeds(&call);
	call.command = "DEL";
	plugin_succeeds(&call);
	sandbox_del_netns("c1");
}

static void author__links_the_parts_by_cmake(void **state)
{
	(void)state;
	sandbox_must("mkdir " SANDBOX_DIR "/cmake && cd " SANDBOX_DIR "/cmake && "
		     "printf '%%s\n' 'cmake_minimum_required(VERSION 3.25)' "
		     "'project(up LANGUAGES C)' 'find_package(cni-c REQUIRED COMPONENTS parts)' "
		     "'add_executable(up " AUTHOR "/up.c)' "
		     "'target_link_libraries(up PRIVATE cni-c::parts)' >CMakeLists.txt && "
		     "cmake -G Ninja -B build -DCMAKE_PREFIX_PATH=" PREFIX
		     " -DCMAKE_C_FLAGS='" FLAGS "' >/dev/null && cmake --build build >/dev/null");
	sandbox_must("cd " SANDBOX_DIR "/cmake/build && ! nm up | grep nftnl_ && "
		     "! readelf -d up | grep -E 'libnftnl|libdbus'");
}

static void author__may_write_cpp(void **state)
{
	struct plugin_call call =
		call_of(SANDBOX_DIR "/plugin", "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\","
					       "\"text\":\"cpp0\",\"quiet\":true,"
					       "\"range\":\"10.1.0.0/24\","
					       "\"runtimeConfig\":{\"mtu\":1400}}");
	struct plugin_answer answer;

	(void)state;
	if (sandbox_run("command -v g++ >/dev/null") != 0)
		skip_because("there is no g++");
	build("g++ -std=gnu++20 -Wno-missing-field-initializers", AUTHOR "/plugin.cpp", "libcni-c");
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.out, "cpp0"));
	plugin_answer_clear(&answer);
	sandbox_must("cd " PREFIX
		     "/include/cni-c && for each in $(ls *.h | grep -v ^cleanup.h); do "
		     "g++ -std=gnu++20 -Wall -Werror -fsyntax-only -x c++ $each || exit 1; done");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(author__has_all_names_without_our_prefix),
		cmocka_unit_test(author__makes_a_link_with_a_part_of_their_own),
		cmocka_unit_test(author__has_no_libnftnl_with_parts_that_have_no_rules),
		cmocka_unit_test(author__links_the_parts_by_cmake),
		cmocka_unit_test(author__may_write_cpp),
	};

	return cmocka_run_group_tests(tests, install, NULL);
}
