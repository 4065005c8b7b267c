/* SPDX-License-Identifier: Apache-2.0 */
/* host-local's stickyKey: a pod's return to its earlier address. */
#include "cleanup.h"
#include "error.h"
#include "ledger.h"
#include "mem.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define KEY    "\"stickyKey\":\"${K8S_POD_NAMESPACE}/${K8S_POD_NAME}\""
#define STICKY POOL "," KEY

/* CNI_ARGS as kubelet's runtimes write them. */
#define POD(name) "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=" name ";K8S_POD_UID=7"

/* The configuration of these tests. */
static char *text;

static int setup(void **state)
{
	int failed = host_local_setup(state);

	text = host_local_config("1.1.0", STICKY, "");
	return failed;
}

static int teardown(void **state)
{
	free(text);
	return host_local_teardown(state);
}

#define sticky_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void assert_adds(const char *container, const char *args, const char *expected)
{
	ledger_assert_adds(container, args, text, expected);
}

static void del(const char *container)
{
	host_local_succeeds("DEL", container, text);
}

/* ---- the key's own ---- */

static void sticky__gives_a_pod_its_address_back(void **state)
{
	static const char elsewhere[] = "IgnoreUnknown=1;K8S_POD_NAMESPACE=other;K8S_POD_NAME=a";

	(void)state;
	assert_adds("c1", POD("a"), "10.1.0.2/29");
	del("c1");
	assert_adds("c2", POD("b"), "10.1.0.3/29");
	assert_adds("c3", elsewhere, "10.1.0.4/29");
	/* In another container, over and over; whose turn it is does not matter. */
	assert_adds("c4", POD("a"), "10.1.0.2/29");
	del("c2");
	del("c4");
	assert_adds("c5", POD("b"), "10.1.0.3/29");
	assert_adds("c6", POD("a"), "10.1.0.2/29");
	ledger_assert_addresses("10.1.0.2 10.1.0.3 10.1.0.4");
	host_local_assert_file("10.1.0.2", "c6\r\neth0");
}

static void sticky__is_of_both_families(void **state)
{
	freeing char *dual = host_local_config("1.1.0", DUAL "," KEY, "");

	(void)state;
	ledger_assert_adds("c1", POD("a"), dual, "10.1.0.2/24");
	ledger_assert_adds("c2", POD("b"), dual, "10.1.0.3/24");
	host_local_succeeds("DEL", "c1", dual);
	host_local_succeeds("DEL", "c2", dual);
	ledger_assert_adds("c3", POD("b"), dual, "10.1.0.3/24");
	ledger_assert_adds("c4", POD("a"), dual, "10.1.0.2/24");
	host_local_assert_file("fd00::3", "c3\r\neth0");
	host_local_assert_file("fd00::2", "c4\r\neth0");
}

static void sticky__is_of_an_interface(void **state)
{
	struct plugin_call call = host_local_call("ADD", "c1", text);

	(void)state;
	call.args = POD("a");
	call.ifname = "net1";
	assert_adds("c1", POD("a"), "10.1.0.2/29");
	plugin_succeeds(&call);
	host_local_assert_file("10.1.0.3", "c1\r\nnet1");
	call.command = "DEL";
	plugin_succeeds(&call);
	del("c1");
	call.command = "ADD";
	call.container = "c2";
	plugin_succeeds(&call);
	host_local_assert_file("10.1.0.3", "c2\r\nnet1");
	assert_adds("c2", POD("a"), "10.1.0.2/29");
}

/* ---- taken meanwhile ---- */

static void sticky__yields_to_the_holder(void **state)
{
	freeing char *two = host_local_config("1.1.0", STICKY, LEDGER_REQUEST("10.1.0.2"));

	(void)state;
	assert_adds("c1", POD("a"), "10.1.0.2/29");
	del("c1");
	ledger_assert_adds("c2", NULL, two, "10.1.0.2/29");
	assert_adds("c3", POD("a"), "10.1.0.3/29");
	/* POD a gets back its new address, and the other one has no owner. */
	del("c2");
	del("c3");
	assert_adds("c4", POD("b"), "10.1.0.4/29");
	assert_adds("c5", POD("a"), "10.1.0.3/29");
	/* The same pod twice at a time. */
	assert_adds("c6", POD("a"), "10.1.0.5/29");
	del("c5");
	del("c6");
	assert_adds("c7", POD("a"), "10.1.0.5/29");
}

/* A key moves with what its pod asks for, and with what it may have. */
static void sticky__yields_to_requests_and_exclusion(void **state)
{
	freeing char *five = host_local_config("1.1.0", STICKY, LEDGER_REQUEST("10.1.0.5"));
	freeing char *without =
		host_local_config("1.1.0", STICKY ",\"exclude\":[\"10.1.0.5\"]", "");

	(void)state;
	assert_adds("c1", POD("a"), "10.1.0.2/29");
	del("c1");
	ledger_assert_adds("c2", POD("a"), five, "10.1.0.5/29");
	del("c2");
	assert_adds("c3", POD("a"), "10.1.0.5/29");
	del("c3");
	ledger_assert_adds("c4", POD("a"), without, "10.1.0.6/29");
	del("c4");
	ledger_assert_adds("c5", POD("a"), without, "10.1.0.6/29");
}

static void sticky__never_gives_two_pods_the_same(void **state)
{
	static const char *const pods[] = {POD("a"), POD("b"), POD("c"), POD("d"), POD("e")};
	static const char *const expected[] = {"10.1.0.2/29", "10.1.0.3/29", "10.1.0.4/29",
					       "10.1.0.5/29", "10.1.0.6/29"};
	/* Once in the order in which they came, then in others. */
	static const size_t orders[][5] = {
		{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {2, 0, 4, 1, 3}, {1, 4, 0, 3, 2}};

	(void)state;
	for (size_t round = 0; round < 4; round++) {
		for (size_t i = 0; i < 5; i++) {
			freeing char *container = cni_format("c%zu-%zu", round, orders[round][i]);

			assert_adds(container, pods[orders[round][i]], expected[orders[round][i]]);
		}
		host_local_fails("ADD", "c9", text, CNI_EEXHAUSTED, NULL);
		for (size_t i = 0; i < 5; i++) {
			freeing char *container = cni_format("c%zu-%zu", round, i);

			del(container);
		}
	}
}

/* More pods than addresses: the last pod had the address. */
static void sticky__forgets_a_displaced_pod(void **state)
{
	freeing char *small =
		host_local_config("1.1.0", "\"ranges\":[[{\"subnet\":\"10.1.0.0/30\"}]]," KEY, "");

	(void)state;
	ledger_assert_adds("c1", POD("a"), small, "10.1.0.2/30");
	host_local_succeeds("DEL", "c1", small);
	ledger_assert_adds("c2", POD("b"), small, "10.1.0.2/30");
	host_local_succeeds("DEL", "c2", small);
	/* With more addresses .2 is b's, and a takes its turn. */
	assert_adds("c3", POD("a"), "10.1.0.3/29");
	assert_adds("c4", POD("b"), "10.1.0.2/29");
}

/* ---- no key ---- */

static void sticky__needs_the_arguments(void **state)
{
	static const char *const args[] = {
		NULL,
		"IgnoreUnknown=1",
		"K8S_POD_NAME=a",
		"K8S_POD_NAMESPACE=default;K8S_POD_NAME=",
	};
	static const char *const expected[] = {"10.1.0.3/29", "10.1.0.4/29", "10.1.0.5/29",
					       "10.1.0.6/29"};
	freeing char *two = host_local_config("1.1.0", STICKY, LEDGER_REQUEST("10.1.0.2"));

	(void)state;
	assert_adds("c1", POD("a"), "10.1.0.2/29");
	for (size_t i = 0; i < 4; i++) {
		assert_adds("c2", args[i], expected[i]);
		del("c2");
	}
	/* Calls without a key do not take over a's address, not even when given it. */
	del("c1");
	ledger_assert_adds("c2", NULL, two, "10.1.0.2/29");
	del("c2");
	assert_adds("c3", POD("a"), "10.1.0.2/29");
}

static void sticky__loses_its_memory_with_the_sidecar(void **state)
{
	(void)state;
	assert_adds("c1", POD("a"), "10.1.0.2/29");
	del("c1");
	ledger_run("rm -r .cni-c");
	assert_adds("c2", POD("a"), "10.1.0.3/29");
	del("c2");
	assert_adds("c3", POD("a"), "10.1.0.3/29");
}

/* ---- reboots ---- */

static void sticky__lasts_over_reboots(void **state)
{
	(void)state;
	assert_adds("c1", POD("a"), "10.1.0.2/29");
	assert_adds("c2", POD("b"), "10.1.0.3/29");
	del("c1");
	del("c2");
	ledger_reboot();
	assert_adds("c3", POD("b"), "10.1.0.3/29");
	ledger_reboot();
	assert_adds("c4", POD("a"), "10.1.0.2/29");
}

/* A power cut: no DEL came for earlier containers, and the runtime has new ids. */
static void sticky__takes_what_an_earlier_boot_reserved(void **state)
{
	freeing char *never = host_local_config("1.1.0", STICKY ",\"reclaim\":\"never\"", "");

	(void)state;
	assert_adds("c1", POD("a"), "10.1.0.2/29");
	assert_adds("c2", POD("b"), "10.1.0.3/29");
	ledger_reboot();
	assert_adds("c3", POD("b"), "10.1.0.3/29");
	host_local_assert_file("10.1.0.3", "c3\r\neth0");
	/* The DEL that comes late is for another container. */
	del("c2");
	host_local_succeeds("CHECK", "c3", text);
	assert_adds("c4", POD("a"), "10.1.0.2/29");
	ledger_assert_addresses("10.1.0.2 10.1.0.3");
	/* Not in this boot, nor if it may not. */
	assert_adds("c5", POD("a"), "10.1.0.4/29");
	ledger_reboot();
	ledger_assert_adds("c6", POD("b"), never, "10.1.0.5/29");
	host_local_assert_file("10.1.0.3", "c3\r\neth0");
}

static void sticky__does_not_wait_for_its_own_cooldown(void **state)
{
	freeing char *cooling = host_local_config("1.1.0", STICKY ",\"cooldown\":1000", "");

	(void)state;
	ledger_assert_adds("c1", POD("a"), cooling, "10.1.0.2/29");
	host_local_succeeds("DEL", "c1", cooling);
	ledger_assert_adds("c2", POD("a"), cooling, "10.1.0.2/29");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sticky_test(sticky__gives_a_pod_its_address_back),
		sticky_test(sticky__is_of_both_families),
		sticky_test(sticky__is_of_an_interface),
		sticky_test(sticky__yields_to_the_holder),
		sticky_test(sticky__yields_to_requests_and_exclusion),
		sticky_test(sticky__never_gives_two_pods_the_same),
		sticky_test(sticky__forgets_a_displaced_pod),
		sticky_test(sticky__needs_the_arguments),
		sticky_test(sticky__loses_its_memory_with_the_sidecar),
		sticky_test(sticky__lasts_over_reboots),
		sticky_test(sticky__takes_what_an_earlier_boot_reserved),
		sticky_test(sticky__does_not_wait_for_its_own_cooldown),
	};

	return cmocka_run_group_tests(tests, ledger_setup, NULL);
}
