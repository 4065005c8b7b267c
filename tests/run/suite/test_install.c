/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test runs it once: sanitizers have nothing to find here. */
/* The files of `cmake --install`, and a plugin of another author that is built with them. */
#include "cleanup.h"
#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#include <string.h>

#define PREFIX	SANDBOX_DIR "/usr"
#define ROOT	SANDBOX_DIR "/root"
#define BIN	"/opt/cni/bin"
#define EXAMPLE CNI_C_SOURCE_DIR "/docs/example"

/* The shell's words before pkg-config: they lead to this installation, and to the archives that Debian
 * lacks. */
#define PKG_CONFIG "export PKG_CONFIG_PATH=" PREFIX "/lib/pkgconfig; "
#define ARCHIVES                                                                                   \
	"export PKG_CONFIG_PATH=" PREFIX "/lib/pkgconfig:" CNI_C_SOURCE_DIR                        \
	"/build/archives/lib/pkgconfig; "

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

#define DESCRIBE(more)                                                                             \
	"{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"type\":\"describe\","                       \
	"\"directory\":\"" SANDBOX_DIR "/describe\"" more "}"
#define PREV_RESULT                                                                                \
	",\"prevResult\":{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.2/24\"}]}"
#define VALID(container)                                                                           \
	",\"cni.dev/valid-attachments\":[{\"containerID\":\"" container "\",\"ifname\":\"eth0\"}]"

static void assert_described(const char *expected)
{
	freeing char *text = sandbox_read("cat " SANDBOX_DIR "/describe/* 2>/dev/null || true");

	assert_string_equal(text, expected);
}

/* All verbs of the example. */
static void use(const char *plugin)
{
	struct plugin_call call = {.plugin = plugin,
				   .container = "c1",
				   .netns = "/run/netns/c1",
				   .ifname = "eth0",
				   .config = DESCRIBE(PREV_RESULT)};
	struct plugin_answer answer;

	call.command = "ADD";
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.out, "10.1.0.2/24"));
	plugin_answer_clear(&answer);
	assert_described("blue/c1/eth0");
	call.command = "CHECK";
	plugin_succeeds(&call);
	call.command = "GC";
	call.config = DESCRIBE(VALID("c1"));
	plugin_succeeds(&call);
	assert_described("blue/c1/eth0");
	call.config = DESCRIBE(VALID("c2"));
	plugin_succeeds(&call);
	assert_described("");
	call.command = "CHECK";
	call.config = DESCRIBE(PREV_RESULT);
	plugin_fails(&call, CNI_EMISMATCH, "is missing");
	call.command = "ADD";
	plugin_succeeds(&call);
	call.command = "DEL";
	plugin_succeeds(&call);
	plugin_succeeds(&call);
	assert_described("");
	call.command = "STATUS";
	call.config = DESCRIBE();
	plugin_succeeds(&call);
	call.config = "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"type\":\"describe\","
		      "\"directory\":\"/dev/null/describe\"}";
	plugin_fails(&call, CNI_EUNAVAILABLE, "/dev/null");
}

static void install__puts_executables_where_runtimes_look(void **state)
{
	(void)state;
	sandbox_must("cd " ROOT BIN " && test -x bridge -a -x host-local");
	/* cnitool knows ours by the version that they print. */
	sandbox_must("for each in " ROOT BIN "/*; do CNI_COMMAND= $each 2>&1 | "
		     "grep -q '^CNI .* plugin v[0-9.]*+cni-c[.]' || exit 1; done");
	sandbox_must("test -x " PREFIX "/bin/cnitool");
	sandbox_must("test -f " PREFIX "/share/bash-completion/completions/cnitool");
	sandbox_must("test -f " PREFIX "/share/zsh/site-functions/_cnitool");
	sandbox_must("test -f " PREFIX "/share/fish/vendor_completions.d/cnitool.fish");
	sandbox_must("cd " PREFIX "/share && test -f man/man8/cnitool.8 -a -f man/man5/cni-conf.5 "
		     "-a -f cni-c/conflist.schema.json");
	sandbox_must("cd " PREFIX
		     "/share && test -f man/man5/conflist.5 -a -L man/man8/cnitool-purge.8 "
		     "-a -f man/man8/cnitool-purge.8 -a -f doc/cni-c/html/index.html "
		     "-a -f doc/cni-c/html/manual.css");
	sandbox_must("cd " ROOT
		     "/usr/local/share/man && test -f man8/cni-bridge.8 -a -f man5/cni-c.conf.5");
}

static void install__has_the_script_for_other_directories(void **state)
{
	(void)state;
	sandbox_must(PREFIX "/share/cni-c/install --from " ROOT BIN " --dir " SANDBOX_DIR
			    "/bin >" SANDBOX_DIR "/said && grep -q '18 new' " SANDBOX_DIR
			    "/said && cd " SANDBOX_DIR "/bin && for each in *; do "
			    "cmp $each " ROOT BIN "/$each || exit 1; done && "
			    "test \"$(ls)\" = \"$(ls " ROOT BIN ")\"");
}

/* Off: no directory of wants has them. */
static void install__puts_units_where_systemd_looks(void **state)
{
	(void)state;
	sandbox_must("cd " PREFIX "/lib/systemd/system && "
		     "grep -q '^ExecStart=/.*/cnitool reconcile --all$' cni-reconcile.service && "
		     "grep -q '^ExecStart=/.*/cnitool doctor$' cni-doctor.service && "
		     "grep -q '^ExecStart=/.*/cnitool metrics --textfile /.*[.]prom$' "
		     "cni-metrics.service && test -f cni-doctor.timer -a -f cni-metrics.timer && "
		     "! grep -l @ *.service && ! ls -d *.wants 2>/dev/null");
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
	if (sandbox_run("readelf -d " ROOT BIN "/bridge | grep -q NEEDED") == 0)
		skip_because("this build links shared libraries");
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
}

/* See docs/install.md. The start of a static executable has to apply PT_GNU_RELRO itself: strace sees it. */
static void install__executables_are_hardened(void **state)
{
	(void)state;
	if (*FLAGS)
		skip_because("this build is the sanitizers'");
	sandbox_must("for each in " ROOT BIN "/*; do "
		     "readelf -hW $each | grep -q 'Type: *DYN' && "
		     "readelf -dW $each | grep -q 'FLAGS_1.*NOW.*PIE' && "
		     "readelf -lW $each | grep -q 'GNU_STACK.* RW ' && "
		     "readelf -lW $each | grep -q GNU_RELRO && "
		     "! readelf -dW $each | grep -q TEXTREL && "
		     "! readelf -lW $each | grep -qE 'LOAD.* RWE' && "
		     "CNI_COMMAND=VERSION strace -o " SANDBOX_DIR "/protected -e trace=mprotect "
		     "$each </dev/null >/dev/null && "
		     "grep -q 'PROT_READ) *= 0' " SANDBOX_DIR "/protected || exit 1; done");
}

static void install__puts_headers_in_a_directory_of_their_own(void **state)
{
	(void)state;
	sandbox_must("test \"$(ls " PREFIX "/include)\" = cni-c");
	/* No installed header includes a private one. */
	sandbox_must("cd " PREFIX "/include/cni-c && for each in *.h; do "
		     "cc -Wall -Werror -fsyntax-only -x c $each || exit 1; done");
}

static void install__lets_others_build_by_pkg_config(void **state)
{
	(void)state;
	sandbox_must(PKG_CONFIG "cc " FLAGS " -Wall -Werror -o " SANDBOX_DIR "/describe1 " EXAMPLE
				"/describe.c $(pkg-config --cflags --libs libcni-c)");
	use(SANDBOX_DIR "/describe1");
}

static void install__lets_others_build_without_shared_libraries(void **state)
{
	(void)state;
	if (*FLAGS)
		skip_because("the sanitizers' library cannot be linked statically");
	if (sandbox_run(ARCHIVES
			"pkg-config --exists libcjson && "
			"test -e $(pkg-config --variable=libdir libcjson)/libcjson.a") != 0)
		skip_because("there is no libcjson.a: see scripts/archives");
	sandbox_must(ARCHIVES "cc -static -o " SANDBOX_DIR "/describe3 " EXAMPLE
			      "/describe.c $(pkg-config --static --cflags --libs libcni-c)");
	sandbox_must("! readelf -d " SANDBOX_DIR "/describe3 | grep NEEDED");
	use(SANDBOX_DIR "/describe3");
	sandbox_must(ARCHIVES "cc -static -o " SANDBOX_DIR "/macvlan3 " EXAMPLE
			      "/macvlan.c $(pkg-config --static --cflags --libs libcni-c-plan)");
	sandbox_must("CNI_COMMAND=VERSION " SANDBOX_DIR "/macvlan3 </dev/null | grep -q 1.1.0");
}

static void install__lets_others_build_by_cmake(void **state)
{
	(void)state;
	sandbox_must("cmake -G Ninja -S " EXAMPLE " -B " SANDBOX_DIR
		     "/describe2 -DCMAKE_PREFIX_PATH=" PREFIX
		     " -DCMAKE_C_FLAGS='-Wall -Werror " FLAGS
		     "' >/dev/null && cmake --build " SANDBOX_DIR "/describe2 >/dev/null");
	use(SANDBOX_DIR "/describe2/describe");
	sandbox_must("CNI_COMMAND= " SANDBOX_DIR "/describe2/macvlan 2>&1 | "
		     "grep -qx 'CNI macvlan plugin v1.0.0'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(install__puts_executables_where_runtimes_look),
		cmocka_unit_test(install__puts_units_where_systemd_looks),
		cmocka_unit_test(install__has_the_script_for_other_directories),
		cmocka_unit_test(install__stripped_bridge_knows_its_host_local),
		cmocka_unit_test(install__static_executables_need_nothing_of_the_host),
		cmocka_unit_test(install__executables_are_hardened),
		cmocka_unit_test(install__puts_headers_in_a_directory_of_their_own),
		cmocka_unit_test(install__lets_others_build_by_pkg_config),
		cmocka_unit_test(install__lets_others_build_without_shared_libraries),
		cmocka_unit_test(install__lets_others_build_by_cmake),
	};

	return cmocka_run_group_tests(tests, install, NULL);
}
