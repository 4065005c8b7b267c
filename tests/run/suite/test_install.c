/* SPDX-License-Identifier: Apache-2.0 */
/* What `cmake --install` puts where, and whether a plugin of somebody else can be built with it. */
#include "cleanup.h"
#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#include <string.h>

#define PREFIX	SANDBOX_DIR "/usr"
#define ROOT	SANDBOX_DIR "/root"
#define BIN	"/opt/cni/bin"
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
	return sandbox_run("DESTDIR=" ROOT " cmake --install " CNI_C_BINARY_DIR
			   " --strip --component plugins >/dev/null && "
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
	sandbox_must("cd " ROOT BIN " && test -x bridge -a -x host-local");
	sandbox_must("test -x " PREFIX "/bin/cnitool");
	sandbox_must("test -f " PREFIX "/share/bash-completion/completions/cnitool");
}

static const char pod_network[] =
	"{\"cniVersion\":\"1.0.0\",\"name\":\"blue\",\"type\":\"bridge\",\"bridge\":\"blue0\","
	"\"isGateway\":true,\"ipMasq\":true,\"ipam\":{\"type\":\"host-local\","
	"\"dataDir\":\"/run/data\",\"subnet\":\"10.1.0.0/24\"}}";

/* By its build id, which is still in it: see exec_find.h. */
static void install__stripped_bridge_knows_its_host_local(void **state)
{
	static const char *const no_leaks[] = {"ASAN_OPTIONS=detect_leaks=0", NULL};
	static const char *const traced[] = {
		"-f", "-e", "trace=execve", "-o", SANDBOX_DIR "/started", ROOT BIN "/bridge", NULL};
	struct plugin_call call = {.plugin = "/usr/bin/strace",
				   .arguments = traced,
				   .environment = no_leaks,
				   .command = "ADD",
				   .container = "c1",
				   .netns = "/run/netns/c1",
				   .ifname = "eth0",
				   .path = ROOT BIN,
				   .config = pod_network};
	freeing char *started = NULL;

	(void)state;
	sandbox_add_netns("c1");
	plugin_succeeds(&call);
	started = sandbox_read("grep -c execve " SANDBOX_DIR "/started");
	assert_string_equal(started, "1\n");
	call.command = "DEL";
	plugin_succeeds(&call);
	sandbox_del_netns("c1");
}

/* In a root in which there is nothing but they and what the kernel shows. */
static void install__static_executables_need_nothing_of_the_host(void **state)
{
#ifdef CNI_C_STATIC
	static const char *const inside[] = {ROOT, BIN "/bridge", NULL};
	struct plugin_call call = {.plugin = "/usr/sbin/chroot",
				   .arguments = inside,
				   .command = "ADD",
				   .container = "c1",
				   .netns = "/run/netns/c1",
				   .ifname = "eth0",
				   .path = BIN,
				   .config = pod_network};

	(void)state;
	sandbox_add_netns("c1");
	sandbox_must("cd " ROOT " && mkdir proc sys run && mount --rbind /proc proc && "
		     "mount --rbind /sys sys && mount --rbind /run run");
	sandbox_must("for each in " ROOT BIN "/*; do CNI_COMMAND=VERSION chroot " ROOT " " BIN
		     "/${each##*/} </dev/null | grep -q 1.1.0 || exit 1; done");
	plugin_succeeds(&call);
	sandbox_must("ip netns exec c1 ping -c1 -W5 10.1.0.1 >/dev/null");
	call.command = "DEL";
	plugin_succeeds(&call);
	sandbox_must("cd " ROOT " && umount -l proc sys run");
	sandbox_del_netns("c1");
#else
	(void)state;
	skip_because("this build links shared libraries");
#endif
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
		cmocka_unit_test(install__stripped_bridge_knows_its_host_local),
		cmocka_unit_test(install__static_executables_need_nothing_of_the_host),
		cmocka_unit_test(install__lets_others_build_by_pkg_config),
		cmocka_unit_test(install__lets_others_build_by_cmake),
	};

	return cmocka_run_group_tests(tests, install, NULL);
}
