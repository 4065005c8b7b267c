/* SPDX-License-Identifier: Apache-2.0 */
/* What `cmake --install` puts where, and whether a plugin of somebody else can be built with it. */
#include "cleanup.h"
#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#include <string.h>

#define PREFIX	SANDBOX_DIR "/usr"
#define EXAMPLE CNI_C_SOURCE_DIR "/docs/example"

/* A library built with sanitizers wants them in who links it. */
#ifdef __SANITIZE_ADDRESS__
#define FLAGS "-fsanitize=address,undefined"
#else
#define FLAGS ""
#endif

static int install(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	return sandbox_run("DESTDIR=" SANDBOX_DIR "/root cmake --install " CNI_C_BINARY_DIR
			   " --component plugins >/dev/null && "
			   "cmake --install " CNI_C_BINARY_DIR " --prefix " PREFIX
			   " --component development >/dev/null && "
			   "cmake --install " CNI_C_BINARY_DIR " --prefix " PREFIX
			   " --component tools >/dev/null");
}

static void use(const char *plugin)
{
	const char config[] = "{\"cniVersion\":\"1.0.0\",\"name\":\"blue\",\"type\":\"describe\","
			      "\"directory\":\"" SANDBOX_DIR
			      "/describe\",\"prevResult\":{\"cniVersion\":\"1.0.0\","
			      "\"ips\":[{\"address\":\"10.1.0.2/24\"}]}}";
	struct plugin_call call = {.plugin = plugin,
				   .command = "ADD",
				   .container = "c1",
				   .netns = "/run/netns/c1",
				   .ifname = "eth0",
				   .config = config};
	struct plugin_answer answer = plugin_run(&call);
	freeing char *text = NULL;

	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.out, "10.1.0.2/24"));
	plugin_answer_clear(&answer);
	text = sandbox_read("cat " SANDBOX_DIR "/describe/c1-eth0");
	assert_string_equal(text, "blue/c1/eth0");
	call.command = "DEL";
	plugin_succeeds(&call);
	plugin_succeeds(&call);
	sandbox_must("test ! -e " SANDBOX_DIR "/describe/c1-eth0");
}

static void install__puts_executables_where_runtimes_look(void **state)
{
	(void)state;
	sandbox_must("cd " SANDBOX_DIR "/root/opt/cni/bin && test -x bridge -a -x host-local");
	sandbox_must("test -x " PREFIX "/bin/cnitool");
	sandbox_must("test -f " PREFIX "/share/bash-completion/completions/cnitool");
}

static void install__lets_others_build_by_pkg_config(void **state)
{
	(void)state;
	sandbox_must("export PKG_CONFIG_PATH=$(dirname $(find " PREFIX " -name libcni-c.pc)) && "
		     "cc " FLAGS " -D_GNU_SOURCE -o " SANDBOX_DIR "/describe1 " EXAMPLE
		     "/describe.c $(pkg-config --cflags --libs libcni-c)");
	use(SANDBOX_DIR "/describe1");
}

static void install__lets_others_build_by_cmake(void **state)
{
	(void)state;
	sandbox_must("cmake -G Ninja -S " EXAMPLE " -B " SANDBOX_DIR
		     "/describe2 -DCMAKE_PREFIX_PATH=" PREFIX
		     " -DCMAKE_C_FLAGS='-D_GNU_SOURCE " FLAGS "' >/dev/null && "
		     "cmake --build " SANDBOX_DIR "/describe2 >/dev/null");
	use(SANDBOX_DIR "/describe2/describe");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(install__puts_executables_where_runtimes_look),
		cmocka_unit_test(install__lets_others_build_by_pkg_config),
		cmocka_unit_test(install__lets_others_build_by_cmake),
	};

	return cmocka_run_group_tests(tests, install, NULL);
}
