/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's wishes for host-local's addresses: exclude, cooldown, rangesFile. */
#include "cleanup.h"
#include "error.h"
#include "ledger.h"
#include "mem.h"
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

/* ---- exclude ---- */

static void exclude__is_never_handed_out(void **state)
{
	freeing char *text = host_local_config(
		"1.1.0",
		POOL ",\"exclude\":[\"10.1.0.3\",\"10.1.0.5/31\",\"10.9.0.0/16\",\"::/0\"]", "");

	(void)state;
	for (int round = 0; round < 3; round++) {
		host_local_assert_adds("c1", text, "10.1.0.2/29");
		host_local_assert_adds("c2", text, "10.1.0.6/29");
		host_local_fails("ADD", "c3", text, CNI_EEXHAUSTED, "no IP addresses available");
		host_local_fails("STATUS", NULL, text, CNI_EUNAVAILABLE, "no IP addresses");
		ledger_assert_addresses("10.1.0.2 10.1.0.6");
		host_local_succeeds("DEL", "c1", text);
		host_local_succeeds("DEL", "c2", text);
	}
}

static void exclude__leaves_what_is_reserved_already(void **state)
{
	freeing char *before = host_local_config("1.1.0", DUAL, "");
	freeing char *text =
		host_local_config("1.1.0", DUAL ",\"exclude\":[\"10.1.0.2\",\"fd00::/112\"]", "");

	(void)state;
	host_local_assert_adds("c1", before, "10.1.0.2/24");
	host_local_succeeds("CHECK", "c1", text);
	host_local_assert_adds("c2", text, "10.1.0.3/24");
	ledger_assert_addresses("10.1.0.2 10.1.0.3 fd00::1:0 fd00::2");
	host_local_succeeds("DEL", "c1", text);
	ledger_assert_addresses("10.1.0.3 fd00::1:0");
}

static void exclude__refuses_requests(void **state)
{
	static const char ipam[] = POOL ",\"exclude\":[\"10.1.0.4/31\"]";
	freeing char *text = host_local_config("1.1.0", ipam, "");
	freeing char *four = host_local_config("1.1.0", ipam, LEDGER_REQUEST("10.1.0.4"));
	freeing char *five = host_local_config("1.1.0", ipam, LEDGER_REQUEST("10.1.0.5/29"));
	freeing char *six = host_local_config("1.1.0", ipam, LEDGER_REQUEST("10.1.0.6"));
	freeing char *before = NULL;

	(void)state;
	host_local_assert_adds("c1", text, "10.1.0.2/29");
	before = ledger_state();
	host_local_fails("ADD", "c2", four, CNI_ECONFIG,
			 "requested ip 10.1.0.4 is excluded by 'ipam.exclude'");
	host_local_fails("ADD", "c2", five, CNI_ECONFIG,
			 "requested ip 10.1.0.5 is excluded by 'ipam.exclude'");
	ledger_assert_state(before);
	host_local_assert_adds("c2", six, "10.1.0.6/29");
}

static void exclude__may_leave_nothing(void **state)
{
	freeing char *text = host_local_config("1.1.0", POOL ",\"exclude\":[\"10.1.0.0/29\"]", "");
	freeing char *v6 = host_local_config(
		"1.1.0", "\"ranges\":[[{\"subnet\":\"fd00::/64\"}]],\"exclude\":[\"fd00::/16\"]",
		"");
	freeing char *network = host_local_path("");

	(void)state;
	host_local_fails("ADD", "c1", text, CNI_EEXHAUSTED,
			 "no IP addresses available in range set: 10.1.0.1-10.1.0.6");
	host_local_fails("ADD", "c1", v6, CNI_EEXHAUSTED, "no IP addresses available");
	host_local_fails("STATUS", NULL, text, CNI_EUNAVAILABLE, "no IP addresses available");
	assert_int_equal(access(network, F_OK), -1);
}

/* ---- cooldown ---- */

#define COOLDOWN(seconds) POOL ",\"cooldown\":" seconds

static void cooldown__keeps_a_released_address_back(void **state)
{
	freeing char *text = host_local_config("1.1.0", COOLDOWN("1000"), "");
	freeing char *last =
		host_local_config("1.1.0", COOLDOWN("1000"), LEDGER_REQUEST("10.1.0.6"));
	freeing char *none = host_local_config("1.1.0", POOL, LEDGER_REQUEST("10.1.0.6"));
	freeing char *turn = host_local_config("1.1.0", POOL, "");

	(void)state;
	host_local_assert_adds("c1", last, "10.1.0.6/29");
	host_local_assert_adds("c2", text, "10.1.0.2/29");
	host_local_succeeds("DEL", "c2", text);
	host_local_assert_adds("c3", text, "10.1.0.3/29");
	/* A request by name gets it, and the turn is at .2 again. */
	host_local_succeeds("DEL", "c1", text);
	host_local_assert_adds("c4", last, "10.1.0.6/29");
	host_local_assert_adds("c5", text, "10.1.0.4/29");
	/* It is the one who adds who has to wait. */
	host_local_succeeds("DEL", "c4", text);
	host_local_assert_adds("c6", none, "10.1.0.6/29");
	host_local_assert_adds("c7", turn, "10.1.0.2/29");
}

static void cooldown__ends(void **state)
{
	freeing char *text = host_local_config("1.1.0", COOLDOWN("1000"), "");
	freeing char *brief = host_local_config("1.1.0", COOLDOWN("1"), "");
	freeing char *last =
		host_local_config("1.1.0", COOLDOWN("1000"), LEDGER_REQUEST("10.1.0.6"));

	(void)state;
	host_local_assert_adds("c1", text, "10.1.0.2/29");
	host_local_succeeds("DEL", "c1", text);
	usleep(1100000);
	host_local_assert_adds("c2", last, "10.1.0.6/29");
	host_local_assert_adds("c3", text, "10.1.0.3/29");
	host_local_succeeds("DEL", "c2", text);
	host_local_assert_adds("c4", last, "10.1.0.6/29");
	host_local_assert_adds("c5", brief, "10.1.0.2/29");
}

static void cooldown__gives_in_where_all_are_resting(void **state)
{
	freeing char *text = host_local_config("1.1.0", COOLDOWN("1000"), "");

	(void)state;
	for (int i = 2; i <= 6; i++) {
		freeing char *container = cni_format("c%d", i);
		freeing char *expected = cni_format("10.1.0.%d/29", i);

		host_local_assert_adds(container, text, expected);
	}
	host_local_fails("ADD", "c7", text, CNI_EEXHAUSTED, NULL);
	/* .5 goes a second before the others, whose turn it would be. */
	host_local_succeeds("DEL", "c5", text);
	usleep(1100000);
	host_local_succeeds("DEL", "c2", text);
	host_local_succeeds("DEL", "c3", text);
	host_local_succeeds("STATUS", NULL, text);
	host_local_assert_adds("c8", text, "10.1.0.5/29");
	host_local_assert_adds("c9", text, "10.1.0.2/29");
	host_local_assert_adds("c10", text, "10.1.0.3/29");
	host_local_fails("ADD", "c11", text, CNI_EEXHAUSTED, NULL);
}

static void cooldown__is_over_after_a_reboot(void **state)
{
	freeing char *text = host_local_config("1.1.0", COOLDOWN("1000"), "");
	freeing char *last =
		host_local_config("1.1.0", COOLDOWN("1000"), LEDGER_REQUEST("10.1.0.6"));

	(void)state;
	host_local_assert_adds("c1", text, "10.1.0.2/29");
	host_local_assert_adds("c2", text, "10.1.0.3/29");
	host_local_succeeds("DEL", "c1", text);
	host_local_assert_adds("c3", last, "10.1.0.6/29");
	ledger_reboot();
	host_local_assert_adds("c4", text, "10.1.0.2/29");
	/* And begins anew. */
	host_local_succeeds("DEL", "c4", text);
	host_local_succeeds("DEL", "c3", text);
	host_local_assert_adds("c5", last, "10.1.0.6/29");
	host_local_assert_adds("c6", text, "10.1.0.4/29");
}

/* ---- rangesFile ---- */

static void put_ranges(const char *name, const char *subnet)
{
	freeing char *command =
		cni_format("echo '{\"ranges\":[[{\"subnet\":\"%s\"}]]}' >%s", subnet, name);

	ledger_run(command);
}

/* The caller frees. */
static char *config_of_file(const char *name)
{
	freeing char *ipam =
		cni_format("\"rangesFile\":\"%s%s%s\"", *name == '.' ? "" : host_local_data_dir,
			   *name == '.' ? "" : "/", name);

	return host_local_config("1.1.0", ipam, "");
}

static void ranges_file__is_read_by_each_call(void **state)
{
	freeing char *text = config_of_file("ranges");
	freeing char *linked = config_of_file("link");

	(void)state;
	put_ranges("ranges", "10.1.0.0/29");
	put_ranges("other", "10.2.0.0/29");
	ledger_run("ln -s ranges data && ln -s data link");
	host_local_succeeds("STATUS", NULL, text);
	host_local_assert_adds("c1", text, "10.1.0.2/29");
	host_local_assert_adds("c2", linked, "10.1.0.3/29");
	host_local_succeeds("CHECK", "c2", linked);
	/* As kubelet does when a ConfigMap is edited. */
	ledger_run("ln -s other new && mv -T new data");
	host_local_assert_adds("c3", linked, "10.2.0.2/29");
	ledger_assert_addresses("10.1.0.2 10.1.0.3 10.2.0.2");
}

static void ranges_file__that_cannot_be_read_changes_nothing(void **state)
{
	static const struct {
		const char *command; /* that makes it so */
		const char *name;
		int code;
		const char *message;
	} cases[] = {
		{"true", "missing", CNI_EIO, "missing': No such file or directory"},
		{"ln -s missing dangling", "dangling", CNI_EIO, "dangling': No such file"},
		{"mkdir directory", "directory", CNI_EIO, "directory' is not a regular file"},
		{"mkfifo fifo", "fifo", CNI_EIO, "fifo' is not a regular file"},
		{"echo ranges >garbage", "garbage", CNI_EDECODE, "garbage"},
		{"head -c 4096 /dev/urandom >binary", "binary", CNI_EDECODE, "binary"},
		{"head -c 2097152 /dev/zero >huge", "huge", CNI_EDECODE, "more than 1048576 bytes"},
		{"echo '{\"ranges\":[[{\"subnet\":\"10.2.0.0/31\"}]]}' >small", "small",
		 CNI_ECONFIG, "10.2.0.0/31 too small"},
		{"true", "./ranges", CNI_ECONFIG, "\"./ranges\" is not an absolute path"},
	};
	freeing char *text = config_of_file("ranges");

	(void)state;
	put_ranges("ranges", "10.1.0.0/29");
	host_local_assert_adds("c1", text, "10.1.0.2/29");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *wrong = config_of_file(cases[i].name);
		freeing char *before = NULL;

		ledger_run(cases[i].command);
		before = ledger_state();
		host_local_fails("ADD", "c2", wrong, cases[i].code, cases[i].message);
		ledger_assert_state(before);
	}
	/* DEL must not need it. */
	ledger_run("rm ranges");
	host_local_succeeds("DEL", "c1", text);
	ledger_assert_addresses("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_local_test(exclude__is_never_handed_out),
		host_local_test(exclude__leaves_what_is_reserved_already),
		host_local_test(exclude__refuses_requests),
		host_local_test(exclude__may_leave_nothing),
		host_local_test(cooldown__keeps_a_released_address_back),
		host_local_test(cooldown__ends),
		host_local_test(cooldown__gives_in_where_all_are_resting),
		host_local_test(cooldown__is_over_after_a_reboot),
		host_local_test(ranges_file__is_read_by_each_call),
		host_local_test(ranges_file__that_cannot_be_read_changes_nothing),
	};

	return cmocka_run_group_tests(tests, ledger_setup, NULL);
}
