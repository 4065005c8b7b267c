/* SPDX-License-Identifier: Apache-2.0 */
/* A limit on a link: made, compared, removed; tc(8) is the witness and does the damage. */
#include "shaper.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "part_calls.h"

#include <string.h>

/* A veth "va" and its other end "vb", both up. */
static struct cni_link make_veth(void)
{
	struct cni_link link;

	sandbox_must("ip link add va type veth peer name vb; ip link set va up; ip link set vb up");
	must(cni_link_get(&rtnl, "va", &link, &err));
	return link;
}

static const struct cni_limit limit = {10000000, UINT32_MAX, 8, false};

static void shaper__is_added_checked_and_deleted(void **state)
{
	struct cni_link link = make_veth();
	freeing char *before = sandbox_snapshot();

	(void)state;
	must(cni_shaper_add(&rtnl, &link, &limit, &err));
	assert_shown("1250000", "0.options.rate", "tc -j qdisc show dev va root");
	assert_shown("c41:", "0.handle", "tc -j qdisc show dev va root");
	must(cni_shaper_check(&rtnl, &link, &limit, &err));
	/* A stale limit is replaced. */
	must(cni_shaper_add(&rtnl, &link, &limit, &err));
	must(cni_shaper_check(&rtnl, &link, &limit, &err));
	for (int i = 0; i < 2; i++) {
		must(cni_shaper_del(&rtnl, link.index, &err));
		sandbox_assert_unchanged(before);
	}
	must(cni_shaper_del(&rtnl, 4711, &err));
}

/* Every limit that can be is one that is as it should be, afterwards. */
static void shaper__agrees_with_itself(void **state)
{
	struct cni_link link = make_veth();

	(void)state;
	for (uint64_t rate = 1; rate < UINT64_C(1) << 62; rate *= 7)
		for (int i = 0; i < 4; i++) {
			struct cni_limit any = {.rate = rate,
						.burst = i == 0	  ? UINT32_MAX
							 : i == 1 ? rate
							 : i == 2 ? rate / 2 + 1
								  : UINT64_C(30000000000),
						.latency = i == 2 ? 1000 : 1,
						.exact_burst = i == 3};

			must(cni_shaper_add(&rtnl, &link, &any, &err));
			must(cni_shaper_check(&rtnl, &link, &any, &err));
		}
}

static void shaper__leaves_others_alone(void **state)
{
	struct cni_link link = make_veth();
	freeing char *before = NULL;

	(void)state;
	sandbox_must("tc qdisc add dev va handle 5: root tbf rate 80mbit burst 20000 limit 30000");
	before = sandbox_snapshot();
	must_fail(cni_shaper_add(&rtnl, &link, &limit, &err), CNI_ETAKEN,
		  "limit 'va' to 10000000 bit/s: 'va' has a qdisc 'tbf' as its root already, "
		  "expected "
		  "none");
	must(cni_shaper_del(&rtnl, link.index, &err));
	sandbox_assert_unchanged(before);
}

static void shaper__of_the_go_plugin_goes_as_well(void **state)
{
	struct cni_link link = make_veth();

	(void)state;
	sandbox_must("tc qdisc add dev va handle 1: root tbf rate 10mbit burst 20000 limit 30000");
	must(cni_shaper_check(&rtnl, &link, &limit, &err));
	must(cni_shaper_del(&rtnl, link.index, &err));
	assert_shown("noqueue", "0.kind", "tc -j qdisc show dev va root");
}

#define PEAK "peakrate 100gbit mtu 3044"

static void shaper__names_what_is_wrong(void **state)
{
	static const struct {
		const char *command;
		const char *message;
	} cases[] = {
		{"tc qdisc del dev va root",
		 "'va' has a qdisc noqueue as its root, expected a tbf of 10000000 bit/s"},
		{"tc qdisc replace dev va root handle 7: pfifo",
		 "'va' has a qdisc pfifo as its root, expected a tbf of 10000000 bit/s"},
		{"tc qdisc change dev va root handle c41: tbf rate 11mbit burst 27500 limit 10000",
		 "'va' is limited to 11000000 bit/s, expected 10000000"},
		{"tc qdisc change dev va root handle c41: tbf rate 10mbit burst 31250 limit "
		 "10000 " PEAK,
		 "'va' lets bursts of 31250 bytes pass, expected 25000"},
		{"tc qdisc change dev va root handle c41: tbf rate 10mbit burst 25000 limit "
		 "10001 " PEAK,
		 "'va' queues up to 10001 bytes, expected 10000"},
		{"tc qdisc change dev va root handle c41: tbf rate 10mbit burst 25000 limit 10000",
		 "'va' has a peak rate of 0 bit/s, expected 100000000000"},
		{"tc qdisc change dev va root handle c41: tbf rate 10mbit burst 25000 limit 10000 "
		 "peakrate 20mbit mtu 3044",
		 "'va' has a peak rate of 20000000 bit/s, expected 100000000000"},
		{"tc qdisc change dev va root handle c41: tbf rate 10mbit burst 25000 limit 10000 "
		 "peakrate 100gbit mtu 25000",
		 "'va' lets pieces of 24800 bytes pass, expected 3044"},
		{"tc qdisc add dev va parent c41:1 handle 9: pfifo limit 5 2>/dev/null || "
		 "tc qdisc replace dev va parent c41:1 handle 9: pfifo limit 5",
		 "'va' has a qdisc 'pfifo' beneath its limit, expected fq_codel"},
	};
	struct cni_link link = make_veth();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		must(cni_shaper_add(&rtnl, &link, &limit, &err));
		sandbox_must("%s", cases[i].command);
		must_fail(cni_shaper_check(&rtnl, &link, &limit, &err), CNI_EMISMATCH,
			  cases[i].message);
		sandbox_run("tc qdisc del dev va root 2>/dev/null");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(shaper__is_added_checked_and_deleted),
		kernel_test(shaper__agrees_with_itself),
		kernel_test(shaper__leaves_others_alone),
		kernel_test(shaper__of_the_go_plugin_goes_as_well),
		kernel_test(shaper__names_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
