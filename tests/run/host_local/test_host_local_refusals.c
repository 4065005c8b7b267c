/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals of host-local that leave its ledger untouched, sizes, times and the sidecar included.
 * Wrong types and ranges are in test_bridge_bad_ipam.c. */
#include "cleanup.h"
#include "error.h"
#include "ledger.h"
#include "mem.h"
#include "test.h"

#include <string.h>

/* c1 has .2 and fd00::2. */
static char *reserve_first(void)
{
	freeing char *text = host_local_config("1.1.0", DUAL, "");

	host_local_assert_adds("c1", text, "10.1.0.2/24");
	return ledger_state();
}

/* ---- requests ---- */

static void requests__are_refused_by_what_is_wrong(void **state)
{
	static const struct {
		const char *args, *more;
		int code;
		const char *message;
	} cases[] = {
		{"IP=ten", "", CNI_ECONFIG, "ARGS: IP is \"ten\", expected an IP address"},
		{"IP=10.1.0.300", "", CNI_ECONFIG, "\"10.1.0.300\""},
		{"IP=10.1.0.5/33", "", CNI_ECONFIG, "\"10.1.0.5/33\""},
		{"IP=10.1.0.5,10.1.0.6", "", CNI_ECONFIG, "\"10.1.0.5,10.1.0.6\""},
		{"IP=10.1.0.5 ", "", CNI_ECONFIG, "\"10.1.0.5 \""},
		{"", "\"runtimeConfig\":{\"ips\":[\"10.1.0.5\",\"ten\"]}", CNI_ECONFIG,
		 "an entry of 'runtimeConfig.ips' is \"ten\""},
		{"", "\"args\":{\"cni\":{\"ips\":[\"fd00::g\"]}}", CNI_ECONFIG,
		 "an entry of 'args.cni.ips' is \"fd00::g\""},
		{"", "\"runtimeConfig\":{\"ips\":[\"\"]}", CNI_ECONFIG,
		 "'runtimeConfig.ips' is \"\""},
		/* Addresses of each range set, and together too many for one. */
		{"IP=10.1.0.2", "", CNI_ETAKEN, "it is reserved for container c1, interface eth0"},
		{"", "\"args\":{\"cni\":{\"ips\":[\"fd00::2\"]}}", CNI_ETAKEN,
		 "requested IP address fd00::2 is not available in range set "
		 "fd00::1-fd00::ffff:ffff:ffff:ffff: it is reserved for container c1"},
		{"IP=10.1.0.0", "", CNI_ECONFIG, "failed to allocate all requested IPs: 10.1.0.0"},
		{"IP=10.1.0.255", "", CNI_ECONFIG,
		 "failed to allocate all requested IPs: 10.1.0.255"},
		{"IP=fd00::1", "", CNI_ECONFIG, "requested ip fd00::1 is subnet's gateway"},
		{"IP=fd01::5", "", CNI_ECONFIG, "failed to allocate all requested IPs: fd01::5"},
		{"IP=10.1.0.5", "\"runtimeConfig\":{\"ips\":[\"10.1.0.6\"]}", CNI_ECONFIG,
		 "failed to allocate all requested IPs: 10.1.0.6"},
		{"IP=10.1.0.5",
		 "\"args\":{\"cni\":{\"ips\":[\"10.1.0.7/24\",\"fd00::5\"]}},"
		 "\"runtimeConfig\":{\"ips\":[\"fd00::6\",\"10.1.0.5\"]}",
		 CNI_ECONFIG, "failed to allocate all requested IPs: 10.1.0.7 fd00::6"},
	};
	freeing char *before = reserve_first();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *text = host_local_config("1.1.0", DUAL, cases[i].more);
		struct plugin_call call = host_local_call("ADD", "c2", text);

		call.args = cases[i].args;
		plugin_fails(&call, cases[i].code, cases[i].message);
		ledger_assert_state(before);
	}
}

static void wishes__are_refused_by_what_is_wrong(void **state)
{
	static const struct {
		const char *wish, *message;
	} cases[] = {
		{"\"exclude\":[\"all\"]", "an entry of 'ipam.exclude' is \"all\""},
		{"\"exclude\":\"10.1.0.5\"", "'ipam.exclude' is \"10.1.0.5\""},
		{"\"cooldown\":\"1h\"", "'ipam.cooldown' is \"1h\""},
		{"\"cooldown\":-1", "'ipam.cooldown' is -1"},
		{"\"stickyKey\":\"pod\"", "'ipam.stickyKey' is \"pod\""},
		{"\"reclaim\":\"sometimes\"", "'ipam.reclaim' is \"sometimes\""},
		{"\"lockTimeout\":0", "'ipam.lockTimeout' is 0"},
	};
	freeing char *before = reserve_first();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *ipam = cni_format(DUAL ",%s", cases[i].wish);
		freeing char *text = host_local_config("1.1.0", ipam, "");

		host_local_fails("ADD", "c2", text, CNI_ECONFIG, cases[i].message);
		host_local_fails("CHECK", "c1", text, CNI_ECONFIG, cases[i].message);
		host_local_fails("STATUS", NULL, text, CNI_ECONFIG, cases[i].message);
		ledger_assert_state(before);
	}
}

/* DEL needs none of them. */
static void wishes__that_are_wrong_do_not_keep_addresses(void **state)
{
	freeing char *text = host_local_config("1.1.0", DUAL, "");
	freeing char *wrong = host_local_config("1.1.0",
						"\"exclude\":5,\"cooldown\":-1,\"stickyKey\":"
						"\"\\u00e4\",\"reclaim\":[],\"lockTimeout\":0,"
						"\"rangesFile\":\"x\"",
						"");

	(void)state;
	host_local_succeeds("ADD", "c1", text);
	host_local_succeeds("DEL", "c1", wrong);
	ledger_assert_addresses("");
}

/* ---- dataDir ---- */

/* <data dir>/<name> as dataDir. The caller frees. */
static char *config_in(const char *name)
{
	return cni_format(
		"{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"type\":\"bridge\",\"ipam\":"
		"{\"type\":\"host-local\"," POOL ",\"dataDir\":\"%s/%s\"}}",
		host_local_data_dir, name);
}

static void data_dir__is_refused_if_it_is_none(void **state)
{
	static const struct {
		const char *name, *message;
	} cases[] = {
		{"file", "file' is not a directory"},
		{"file/deep", "Not a directory"},
		{"fifo", "fifo' is not a directory"},
		{"dangling", "No such file or directory"},
		{"dangling/deep", "No such file or directory"},
		{"loop", "Too many levels of symbolic links"},
	};
	freeing char *before = NULL;

	(void)state;
	ledger_run("echo precious >file; mkfifo fifo; ln -s nowhere dangling; ln -s loop loop");
	before = ledger_state();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *text = config_in(cases[i].name);

		host_local_fails("ADD", "c1", text, CNI_EIO, cases[i].message);
		host_local_fails("ADD", "c1", text, CNI_EIO, "'dataDir'");
		host_local_fails("STATUS", NULL, text, CNI_EUNAVAILABLE, "'dataDir'");
		if (strcmp(cases[i].name, "loop") != 0)
			host_local_succeeds("DEL", "c1", text);
		ledger_assert_state(before);
	}
}

/* The administrator may put it on another disk; what is in it is ours alone. */
static void data_dir__may_be_a_link_and_the_network_in_it_not(void **state)
{
	freeing char *linked = config_in("link");
	freeing char *outside = config_in("outer");
	freeing char *before = NULL;

	(void)state;
	ledger_run("mkdir real outer theirs && ln -s real link && ln -s ../theirs outer/blue && "
		   "printf 'c1\\r\\neth0' >theirs/10.1.0.2 && echo 10.1.0.2 >theirs/precious");
	host_local_assert_adds("c1", linked, "10.1.0.2/29");
	host_local_succeeds("CHECK", "c1", linked);
	ledger_run("test -f real/blue/10.1.0.2 && test -d real/.cni-c/blue");
	before = ledger_state();
	host_local_fails("ADD", "c2", outside, CNI_EIO, "blue' is a link, expected a directory");
	host_local_fails("STATUS", NULL, outside, CNI_EUNAVAILABLE, "blue' is a link");
	ledger_assert_state(before);
}

static void data_dir__is_left_as_it_was_if_it_is_read_only(void **state)
{
	freeing char *text = host_local_config("1.1.0", DUAL, "");
	freeing char *gc = host_local_config("1.1.0", "", "\"cni.dev/valid-attachments\":[]");
	freeing char *before = reserve_first();

	(void)state;
	ledger_run("mount --bind . . && mount -o remount,bind,ro .");
	host_local_fails("ADD", "c2", text, CNI_EIO, "Read-only file system");
	host_local_fails("DEL", "c1", text, CNI_EIO, "Read-only file system");
	host_local_fails("GC", NULL, gc, CNI_EIO, "Read-only file system");
	host_local_fails("STATUS", NULL, text, CNI_EUNAVAILABLE, "Read-only file system");
	host_local_succeeds("CHECK", "c1", text);
	ledger_reboot();
	host_local_fails("ADD", "c2", text, CNI_EIO, "Read-only file system");
	host_local_succeeds("CHECK", "c1", text);
	ledger_assert_state(before);
}

/* ---- resolvConf ---- */

static void resolv_conf__is_refused_before_anything_is_reserved(void **state)
{
	static const struct {
		const char *command, *message;
		int code;
	} cases[] = {
		{"true", "No such file or directory", CNI_EIO},
		{"ln -s nowhere resolv", "No such file or directory", CNI_EIO},
		{"mkdir resolv", "is not a regular file", CNI_EIO},
		{"mkfifo resolv", "is not a regular file", CNI_EIO},
		{"yes nameserver 10.0.0.1 | head -c 65537 >resolv", "more than 65536 bytes",
		 CNI_ECONFIG},
		{"head -c 100 /dev/zero >resolv", "NUL", CNI_ECONFIG},
		{"head -c 4096 /bin/true >resolv", "NUL", CNI_ECONFIG},
	};
	freeing char *path = cni_format("%s/resolv", host_local_data_dir);
	freeing char *ipam = cni_format(DUAL ",\"resolvConf\":\"%s\"", path);
	freeing char *text = host_local_config("1.1.0", ipam, "");

	(void)state;
	free(reserve_first());
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *before = NULL;

		ledger_run(cases[i].command);
		before = ledger_state();
		host_local_fails("ADD", "c2", text, cases[i].code, cases[i].message);
		host_local_fails("ADD", "c2", text, cases[i].code, path);
		ledger_assert_state(before);
		ledger_run("rm -rf resolv");
	}
	/* It is no matter of DEL. */
	host_local_succeeds("DEL", "c1", text);
	ledger_assert_addresses("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_local_test(requests__are_refused_by_what_is_wrong),
		host_local_test(wishes__are_refused_by_what_is_wrong),
		host_local_test(wishes__that_are_wrong_do_not_keep_addresses),
		host_local_test(data_dir__is_refused_if_it_is_none),
		host_local_test(data_dir__may_be_a_link_and_the_network_in_it_not),
		host_local_test(data_dir__is_left_as_it_was_if_it_is_read_only),
		host_local_test(resolv_conf__is_refused_before_anything_is_reserved),
	};

	return cmocka_run_group_tests(tests, ledger_setup, NULL);
}
