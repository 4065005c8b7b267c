/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* DEL of tap however little is known, and GC. */
#include "tap_scene.h"

#include "cleanup.h"
#include "mem.h"
#include "pod_snapshot.h"

#define BROKEN "'owner':-1,'mtu':'much','mac':7,'bridge':[],'selinuxContext':{}"

enum missing {
	NETNS_GONE = 1,
	NETNS_IS_A_FILE = 2,
	NO_PREV_RESULT = 4,
	BROKEN_CONFIG = 8,
	TAP_REMOVED = 16,
	ALL = 32,
};

static void assert_goes_without(const char *before, unsigned int missing)
{
	freeing char *config = tap_config("1.0.0", "'owner':7," IPAM46);
	freeing char *broken = tap_config("1.0.0", BROKEN "," IPAM46);
	const char *base = missing & BROKEN_CONFIG ? broken : config;
	freeing char *inside = NULL;
	freeing char *asking = NULL;
	struct plugin_call call;
	struct pod red;

	pod_open(&red, "red");
	inside = pod_snapshot("red");
	tap_add(&red, config);
	asking = missing & NO_PREV_RESULT ? cni_strdup(base) : pod_config(&red, base);
	call = tap_call(&red, "DEL", asking);
	if (missing & TAP_REMOVED)
		sandbox_must("ip -n red link del eth0");
	if (missing & NETNS_GONE)
		sandbox_del_netns("red");
	if (missing & NETNS_IS_A_FILE)
		call.netns = "/run/a-file";
	for (int i = 0; i < 2; i++) {
		struct plugin_answer answer = plugin_run(&call);

		if (answer.exit_code != 0)
			fail_msg("subset %u, DEL %d: %s", missing, i, answer.out);
		plugin_answer_clear(&answer);
		if (!(missing & NETNS_IS_A_FILE))
			bridge_assert_unchanged(before);
	}
	if (!(missing & (NETNS_GONE | NETNS_IS_A_FILE)))
		pod_assert_unchanged("red", inside, "DEL");
	sandbox_must("! ls /var/lib/cni/networks/blue/10.1.0.* 2>/dev/null");
	pod_close(&red);
}

static void del__goes_without_all_that_may_be_missing(void **state)
{
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	sandbox_must("touch /run/a-file");
	before = bridge_snapshot();
	pod_close(&red);
	for (unsigned int missing = 0; missing < ALL; missing++)
		assert_goes_without(before, missing);
}

static void del__leaves_links_that_are_no_taps(void **state)
{
	static const char *const others[] = {
		"ip -n red link add eth0 type veth peer name v",
		"ip -n red link add eth0 type bridge",
		"ip -n red tuntap add eth0 mode tun",
	};
	freeing char *config = tap_config("1.0.0", "");

	(void)state;
	needs_taps();
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct plugin_call call;
		struct pod red;

		pod_open(&red, "red");
		sandbox_must("%s", others[i]);
		call = tap_call(&red, "DEL", config);
		plugin_succeeds(&call);
		sandbox_must("ip -n red link show eth0 >/dev/null");
		pod_close(&red);
	}
}

/* A tap of the Go plugin, whose helper is ip(8). */
static void del__removes_the_tap_of_another_suite(void **state)
{
	freeing char *config = tap_config("1.0.0", "");
	struct plugin_call call;
	struct pod red;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	sandbox_must("ip -n red tuntap add eth0 mode tap user 7");
	call = tap_call(&red, "DEL", config);
	plugin_succeeds(&call);
	sandbox_must("! ip -n red link show eth0 2>/dev/null");
	pod_close(&red);
}

/* Taps go with their namespaces. */
int main(void)
{
	const struct CMUnitTest tests[] = {
		tap_test(del__goes_without_all_that_may_be_missing),
		tap_test(del__leaves_links_that_are_no_taps),
		tap_test(del__removes_the_tap_of_another_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
