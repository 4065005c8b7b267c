/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Qdiscs, the redirection and the ifb, ours and those of others, as tc(8) and ip(8) show them. */
#include "ifb.h"
#include "link.h"
#include "link_kind.h"
#include "qdisc.h"
#include "redirect.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "mem.h"
#include "part_calls.h"

#include <errno.h>
#include <string.h>

/* Fails the test unless it fails with this errno. */
#define must_fail_with(call_, errnum_)                                                             \
	do {                                                                                       \
		struct cni_error err = {.msg = ""};                                                \
		assert_int_equal((call_), -1);                                                     \
		assert_int_equal(err.code, CNI_EKERNEL);                                           \
		assert_int_equal(err.errnum, errnum_);                                             \
	} while (0)

/* A veth "va" and its other end "vb", both up. */
static struct cni_link make_veth(void)
{
	struct cni_link link;

	sandbox_must("ip link add va type veth peer name vb; ip link set va up; ip link set vb up");
	must(cni_link_get(&rtnl, "va", &link, &err));
	return link;
}

static bool has_fq_codel(void)
{
	bool known = false;

	must(cni_qdisc_is_known(&rtnl, "fq_codel", &known, &err));
	return known;
}

/* ---- qdiscs ---- */

/* The burst is a time to the kernel, in units of 64 ns, and tc(8) shows it in whole microseconds
 * of its own. */
static void assert_tbf(const char *rate, uint32_t burst)
{
	freeing char *found = NULL;

	assert_shown("tbf", "0.kind", "tc -j qdisc show dev va root");
	assert_shown("c41:", "0.handle", "tc -j qdisc show dev va root");
	assert_shown(rate, "0.options.rate", "tc -j qdisc show dev va root");
	found = shown("0.options.burst", "tc -j qdisc show dev va root");
	if (labs(strtol(found, NULL, 10) - (long)burst) > (long)burst / 1000 + 1)
		fail_msg("burst %s, expected %u", found, burst);
}

static void tbf__is_added_with_rates_of_64_bits(void **state)
{
	static const struct {
		struct cni_tbf tbf;
		const char *rate;
	} cases[] = {
		{{.rate = 100, .burst = 1522, .limit = 6088}, "100"},
		{{.rate = 1250000, .burst = 3044, .limit = 10000}, "1250000"},
		{{.rate = UINT32_MAX, .burst = 8589934, .limit = 1000000}, "4294967295"},
		{{.rate = 12500000000, .burst = 25000000, .limit = 100000000}, "12500000000"},
	};
	struct cni_link link = make_veth();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct cni_tbf *expected = &cases[i].tbf;
		struct cni_qdisc found;

		must(cni_qdisc_add_tbf(&rtnl, link.index, expected, &err));
		assert_tbf(cases[i].rate, expected->burst);
		must(cni_qdisc_get(&rtnl, link.index, TC_H_ROOT, &found, &err));
		assert_string_equal(found.kind, "tbf");
		assert_int_equal(found.handle, CNI_QDISC_HANDLE);
		assert_int_equal(found.tbf.rate, expected->rate);
		assert_int_equal(found.tbf.limit, expected->limit);
		assert_int_equal(found.tbf.peak_rate, 0);
		must(cni_qdisc_del(&rtnl, link.index, TC_H_ROOT, CNI_QDISC_HANDLE, &err));
		assert_shown("noqueue", "0.kind", "tc -j qdisc show dev va root");
	}
}

static void tbf__has_a_peak_rate(void **state)
{
	struct cni_tbf tbf = {.rate = 1250000,
			      .burst = 625000,
			      .limit = 10000,
			      .peak_rate = 12500000000,
			      .piece = 3044};
	struct cni_link link = make_veth();
	struct cni_qdisc found;

	(void)state;
	must(cni_qdisc_add_tbf(&rtnl, link.index, &tbf, &err));
	assert_tbf("1250000", 625000);
	sandbox_must("tc qdisc show dev va root | grep -q 'peakrate 100Gbit'");
	must(cni_qdisc_get(&rtnl, link.index, TC_H_ROOT, &found, &err));
	assert_int_equal(found.tbf.peak_rate, 12500000000);
	/* 243.52 ns */
	assert_in_range(found.piece_ticks, 3, 4);
	assert_in_range(found.burst_ticks, 7812490, 7812510);
}

/* tc(8)'s own are read alike. */
static void qdisc__of_others_is_read(void **state)
{
	struct cni_link link = make_veth();
	struct cni_qdisc found;

	(void)state;
	must(cni_qdisc_get(&rtnl, link.index, TC_H_ROOT, &found, &err));
	assert_string_equal(found.kind, "noqueue");
	assert_int_equal(found.handle, 0);
	must(cni_qdisc_get(&rtnl, link.index, TC_H_INGRESS, &found, &err));
	assert_string_equal(found.kind, "");
	sandbox_must("tc qdisc add dev va handle 5: root tbf rate 80mbit burst 20000 limit 30000; "
		     "tc qdisc add dev va parent 5:1 handle 6: pfifo; tc qdisc add dev va clsact");
	must(cni_qdisc_get(&rtnl, link.index, TC_H_ROOT, &found, &err));
	assert_string_equal(found.kind, "tbf");
	assert_int_equal(found.handle, 0x50000);
	assert_int_equal(found.tbf.rate, 10000000);
	assert_int_equal(found.tbf.limit, 30000);
	/* 2 ms */
	assert_in_range(found.burst_ticks, 31240, 31260);
	must(cni_qdisc_get(&rtnl, link.index, 0x50001, &found, &err));
	assert_string_equal(found.kind, "pfifo");
	must(cni_qdisc_get(&rtnl, link.index, TC_H_INGRESS, &found, &err));
	assert_string_equal(found.kind, "clsact");
	must_fail_with(cni_qdisc_get(&rtnl, 4711, TC_H_ROOT, &found, &err), ENODEV);
}

/* A tbf's own queue is the kernel's secret. */
static void qdisc__under_a_tbf_is_not_reported(void **state)
{
	struct cni_tbf tbf = {.rate = 1250000, .burst = 3044, .limit = 10000};
	struct cni_link link = make_veth();
	struct cni_qdisc found;

	(void)state;
	must(cni_qdisc_add_tbf(&rtnl, link.index, &tbf, &err));
	must(cni_qdisc_get(&rtnl, link.index, CNI_QDISC_HANDLE | 1, &found, &err));
	assert_string_equal(found.kind, "");
}

static void qdisc__takes_no_place_that_is_taken(void **state)
{
	struct cni_tbf tbf = {.rate = 1250000, .burst = 3044, .limit = 10000};
	struct cni_link link = make_veth();
	freeing char *before = NULL;

	(void)state;
	sandbox_must("tc qdisc add dev va handle 5: root pfifo; tc qdisc add dev va clsact");
	before = sandbox_snapshot();
	must_fail_with(cni_qdisc_add_tbf(&rtnl, link.index, &tbf, &err), EEXIST);
	must_fail_with(cni_qdisc_add_ingress(&rtnl, link.index, &err), EEXIST);
	sandbox_assert_unchanged(before);
}

static void qdisc__is_deleted_only_by_its_handle(void **state)
{
	struct cni_link link = make_veth();

	(void)state;
	must_fail_with(cni_qdisc_del(&rtnl, link.index, TC_H_ROOT, CNI_QDISC_HANDLE, &err), EINVAL);
	must_fail_with(cni_qdisc_del(&rtnl, link.index, TC_H_INGRESS, TC_H_MAKE(TC_H_INGRESS, 0),
				     &err),
		       ENOENT);
	sandbox_must("tc qdisc add dev va handle 5: root pfifo");
	must_fail_with(cni_qdisc_del(&rtnl, link.index, TC_H_ROOT, CNI_QDISC_HANDLE, &err), EINVAL);
	assert_shown("pfifo", "0.kind", "tc -j qdisc show dev va root");
	must_fail_with(cni_qdisc_del(&rtnl, 4711, TC_H_ROOT, 0, &err), ENODEV);
}

static void qdisc__is_known_or_not_and_nothing_changes(void **state)
{
	freeing char *before = sandbox_snapshot();
	bool known = false;

	(void)state;
	must(cni_qdisc_is_known(&rtnl, "tbf", &known, &err));
	assert_true(known);
	must(cni_qdisc_is_known(&rtnl, "nonsense", &known, &err));
	assert_false(known);
	sandbox_assert_unchanged(before);
}

static void fq_codel__takes_the_place_of_the_queue(void **state)
{
	struct cni_tbf tbf = {.rate = 1250000, .burst = 3044, .limit = 10000};
	struct cni_link link = make_veth();
	struct cni_qdisc found;

	(void)state;
	must(cni_qdisc_add_tbf(&rtnl, link.index, &tbf, &err));
	if (!has_fq_codel()) {
		must_fail_with(cni_qdisc_add_fq_codel(&rtnl, link.index, 8000, &err), ENOENT);
		skip_because("this kernel has no fq_codel");
	}
	must(cni_qdisc_add_fq_codel(&rtnl, link.index, 8000, &err));
	must(cni_qdisc_get(&rtnl, link.index, CNI_QDISC_HANDLE | 1, &found, &err));
	assert_string_equal(found.kind, "fq_codel");
	assert_in_range(found.target, 7999, 8000);
	sandbox_must("tc qdisc show dev va | grep -q 'fq_codel.* parent c41:1 .*target 8'");
	sandbox_must("tc qdisc show dev va | grep -q 'interval 160'");
}

static int add_ifb(const char *name, const uint8_t *mac, uint32_t mtu, struct cni_error *err)
{
	const struct cni_link_new ifb = {
		.kind = &cni_link_ifb, .name = name, .netns = -1, .mac = mac, .mtu = mtu};

	return cni_link_add(&rtnl, &ifb, err);
}

/* ---- the redirection and the ifb ---- */

static void redirect__leads_to_a_link(void **state)
{
	struct cni_link link = make_veth();
	struct cni_redirect found;
	uint8_t mac[] = {2, 0, 0, 0, 0, 1};
	struct cni_link ifb;

	(void)state;
	must(cni_redirect_get(&rtnl, link.index, &found, &err));
	assert_false(found.found);
	must(add_ifb("ifbtest", mac, 1400, &err));
	must(cni_link_get(&rtnl, "ifbtest", &ifb, &err));
	assert_string_equal(ifb.kind, "ifb");
	assert_int_equal(ifb.mtu, 1400);
	assert_memory_equal(ifb.mac, mac, sizeof(mac));
	must_fail_with(cni_redirect_add(&rtnl, link.index, ifb.index, &err), EINVAL);
	must(cni_qdisc_add_ingress(&rtnl, link.index, &err));
	must(cni_redirect_get(&rtnl, link.index, &found, &err));
	assert_false(found.found);
	must(cni_redirect_add(&rtnl, link.index, ifb.index, &err));
	must(cni_redirect_get(&rtnl, link.index, &found, &err));
	assert_true(found.found);
	assert_int_equal(found.to, ifb.index);
	sandbox_must("tc filter show dev va ingress | grep -q "
		     "'mirred (Egress Redirect to device ifbtest) stolen'");
	sandbox_must("tc filter show dev va ingress | grep -q 'match 00000000/00000000 at 0'");
	/* And what comes in is really sent there. */
	sandbox_must("ip link set ifbtest up; ip addr add 10.9.0.1/24 dev vb; "
		     "ping -q -c1 -W1 10.9.0.2 >/run/out; "
		     "tc -s filter show dev va ingress | grep -q 'Sent [1-9]'");
	must(cni_link_del(&rtnl, ifb.index, &err));
	must(cni_redirect_get(&rtnl, link.index, &found, &err));
	assert_true(found.found);
	assert_int_equal(found.to, 0);
	must(cni_qdisc_del(&rtnl, link.index, TC_H_INGRESS, TC_H_MAKE(TC_H_INGRESS, 0), &err));
	must(cni_redirect_get(&rtnl, link.index, &found, &err));
	assert_false(found.found);
}

static void redirect__of_others_is_told_apart(void **state)
{
	struct cni_link link = make_veth();
	struct cni_redirect found;

	(void)state;
	/* Neither drops nor mirrors are redirections. */
	sandbox_must("tc qdisc add dev va ingress; tc filter add dev va ingress pref 5 u32 match "
		     "ip src 10.0.0.1/32 action mirred egress mirror dev lo");
	must(cni_redirect_get(&rtnl, link.index, &found, &err));
	assert_false(found.found);
	sandbox_must("tc filter add dev va ingress pref 6 u32 match u32 0 0 action mirred egress "
		     "redirect dev vb");
	must(cni_redirect_get(&rtnl, link.index, &found, &err));
	assert_true(found.found);
	assert_int_equal(found.to, kernel_index_of(NULL, "vb"));
}

static void ifb__has_a_second_name(void **state)
{
	uint8_t mac[] = {2, 0, 0, 0, 0, 1};
	struct cni_link ifb;

	(void)state;
	must(add_ifb("ifbone", mac, 1500, &err));
	must_fail_with(add_ifb("ifbone", mac, 1500, &err), EEXIST);
	must(cni_link_get(&rtnl, "ifbone", &ifb, &err));
	must(cni_ifb_add_name(&rtnl, ifb.index, "bwp0123456789ab", &err));
	assert_shown("ifbone", "0.ifname", "ip -j link show dev bwp0123456789ab");
	must_fail_with(cni_ifb_add_name(&rtnl, ifb.index, "bwp0123456789ab", &err), EEXIST);
	must(cni_link_get(&rtnl, "bwp0123456789ab", &ifb, &err));
	assert_string_equal(ifb.name, "ifbone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(tbf__is_added_with_rates_of_64_bits),
		kernel_test(tbf__has_a_peak_rate),
		kernel_test(qdisc__of_others_is_read),
		kernel_test(qdisc__under_a_tbf_is_not_reported),
		kernel_test(qdisc__takes_no_place_that_is_taken),
		kernel_test(qdisc__is_deleted_only_by_its_handle),
		kernel_test(qdisc__is_known_or_not_and_nothing_changes),
		kernel_test(fq_codel__takes_the_place_of_the_queue),
		kernel_test(redirect__leads_to_a_link),
		kernel_test(redirect__of_others_is_told_apart),
		kernel_test(ifb__has_a_second_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
