/* SPDX-License-Identifier: Apache-2.0 */
/* Routes over rtnetlink: added, found, compared. */
#include "route.h"

#include "bridge.h"
#include "kernel.h"
#include "test.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

static int index_of_va(void)
{
	sandbox_must("ip link add va type veth peer name vb; ip addr add 10.1.0.7/16 dev va; "
		     "ip addr add fd00::7/64 dev va nodad; ip link set va up; ip link set vb up");
	/* A worker of the kernel makes the address one of this host. */
	sandbox_await("ip -6 route show table local | grep -q fd00::7");
	return kernel_index_of(NULL, "va");
}

static struct cni_route route(const char *dst, const char *gw)
{
	return (struct cni_route){.dst = kernel_net(dst), .gw = kernel_ip(gw)};
}

static void add(int index, const struct cni_route *added)
{
	struct cni_error err;

	if (cni_route_add(&rtnl, index, added, &err) < 0)
		fail_msg("%s", err.msg);
}

static bool exists(int index, const struct cni_route *sought)
{
	struct cni_error err;
	bool found = false;

	if (cni_route_exists(&rtnl, index, sought, &found, &err) < 0)
		fail_msg("%s", err.msg);
	return found;
}

static void route__leads_through_a_gateway(void **state)
{
	struct cni_route nowhere = route("0.0.0.0/0", "10.1.0.1");
	/* With host bits, as people write it. */
	struct cni_route subnet = route("10.2.3.4/16", "10.1.0.2");
	int index = index_of_va();

	(void)state;
	add(index, &nowhere);
	add(index, &subnet);
	assert_shown("10.1.0.1", "0.gateway", "ip -j route show default");
	assert_shown("va", "0.dev", "ip -j route show default");
	assert_shown("boot", "0.protocol", "ip -j -d route show default");
	assert_shown("10.1.0.2", "0.gateway", "ip -j route show 10.2.0.0/16");
	assert_true(exists(index, &nowhere));
	assert_true(exists(index, &subnet));
}

static void route__of_ipv6_leads_through_a_gateway(void **state)
{
	struct cni_route nowhere = route("::/0", "fd00::1");
	struct cni_route subnet = route("fd01::/48", "fd00::2");
	int index = index_of_va();

	(void)state;
	add(index, &nowhere);
	add(index, &subnet);
	assert_shown("fd00::1", "0.gateway", "ip -6 -j route show default");
	assert_shown("fd00::2", "0.gateway", "ip -6 -j route show fd01::/48");
	assert_true(exists(index, &nowhere));
	assert_true(exists(index, &subnet));
}

static void route__without_a_gateway_is_the_links(void **state)
{
	struct cni_route made = route("10.2.0.0/16", "");
	struct cni_route through = route("10.2.0.0/16", "10.1.0.1");
	int index = index_of_va();

	(void)state;
	add(index, &made);
	assert_shown("link", "0.scope", "ip -j route show 10.2.0.0/16");
	assert_shown(NULL, "0.gateway", "ip -j route show 10.2.0.0/16");
	assert_true(exists(index, &made));
	assert_false(exists(index, &through));
}

static void route__has_metrics_table_priority_and_scope(void **state)
{
	struct cni_route made = route("10.2.0.0/16", "10.1.0.1");
	int index = index_of_va();

	(void)state;
	made.mtu = 1300;
	made.advmss = 1200;
	made.priority = 4000000000;
	made.table = 1000;
	made.has_table = true;
	add(index, &made);
	assert_shown("1300", "0.metrics.0.mtu", "ip -j route show table 1000");
	assert_shown("1200", "0.metrics.0.advmss", "ip -j route show table 1000");
	assert_shown("4000000000", "0.metric", "ip -j route show table 1000");
	assert_true(exists(index, &made));
	made.has_table = false;
	assert_false(exists(index, &made));
	made = route("10.3.0.0/16", "");
	made.scope = RT_SCOPE_SITE;
	made.has_scope = true;
	add(index, &made);
	assert_shown("site", "0.scope", "ip -j route show 10.3.0.0/16");
	made = route("10.4.0.0/16", "10.1.0.1");
	made.has_table = true;
	add(index, &made);
	assert_shown("10.1.0.1", "0.gateway", "ip -j route show 10.4.0.0/16 table main");
	assert_true(exists(index, &made));
}

static void route__is_another_with_other_metrics(void **state)
{
	static const char *const places[] = {"10.2.0.0/16", "fd02::/64"};
	int index = index_of_va();

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct cni_route plain = route(places[i], i ? "fd00::1" : "10.1.0.1");
		struct cni_route made = plain;
		struct cni_route other;

		made.mtu = 1300;
		made.advmss = 1200;
		add(index, &made);
		assert_true(exists(index, &made));
		/* An expectation of nothing is met by any value. */
		assert_true(exists(index, &plain));
		other = made;
		other.mtu = 1301;
		assert_false(exists(index, &other));
		other = made;
		other.advmss = 1201;
		assert_false(exists(index, &other));
	}
}

static void route__has_the_metrics_that_the_kernel_cuts(void **state)
{
	struct cni_route made = route("10.2.0.0/16", "10.1.0.1");
	int index = index_of_va();

	(void)state;
	made.mtu = 100000;
	made.advmss = 100000;
	add(index, &made);
	assert_shown("65520", "0.metrics.0.mtu", "ip -j route show 10.2.0.0/16");
	assert_shown("65495", "0.metrics.0.advmss", "ip -j route show 10.2.0.0/16");
	assert_true(exists(index, &made));
}

static void route__is_another_with_another_scope(void **state)
{
	struct cni_route made = route("10.3.0.0/16", "");
	int index = index_of_va();

	(void)state;
	made.scope = RT_SCOPE_SITE;
	made.has_scope = true;
	add(index, &made);
	assert_true(exists(index, &made));
	made.scope = RT_SCOPE_LINK;
	assert_false(exists(index, &made));
	/* The kernel gives a route of IPv6 no scope. */
	made = route("fd03::/64", "");
	made.scope = RT_SCOPE_LINK;
	made.has_scope = true;
	add(index, &made);
	assert_true(exists(index, &made));
}

/* The kernel merges two routes to the same place. */
static void route__may_be_one_of_several_ways(void **state)
{
	struct cni_route first = route("::/0", "fd00::1");
	struct cni_route second = route("::/0", "fd00::9");
	struct cni_route third = route("::/0", "fd00::a");
	int index = index_of_va();

	(void)state;
	sandbox_must("ip -6 route add default proto boot nexthop via fd00::1 dev va "
		     "nexthop via fd00::9 dev va");
	assert_true(exists(index, &first));
	assert_true(exists(index, &second));
	assert_true(exists(0, &second));
	assert_false(exists(index, &third));
	assert_false(exists(kernel_index_of(NULL, "vb"), &second));
}

static void route__is_told_apart_by_what_is_given(void **state)
{
	struct cni_route made = route("10.2.0.0/16", "10.1.0.1");
	struct cni_route shorter = route("10.2.0.0/15", "10.1.0.1");
	struct cni_route other = route("10.3.0.0/16", "10.1.0.1");
	struct cni_route gateway = route("10.2.0.0/16", "10.1.0.2");
	int index = index_of_va();

	(void)state;
	made.priority = 5;
	add(index, &made);
	assert_true(exists(index, &made));
	assert_false(exists(kernel_index_of(NULL, "vb"), &made));
	assert_false(exists(index, &shorter));
	assert_false(exists(index, &other));
	assert_false(exists(index, &gateway));
	/* Not given, any will do. */
	made.priority = 0;
	assert_true(exists(index, &made));
	made.priority = 6;
	assert_false(exists(index, &made));
}

static void route__says_what_the_kernel_says(void **state)
{
	struct cni_route unreachable = route("10.2.0.0/16", "10.9.0.1");
	struct cni_route twice = route("10.2.0.0/16", "10.1.0.1");
	int index = index_of_va();
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_route_add(&rtnl, index, &unreachable, &err), -1);
	assert_int_equal(err.code, CNI_EKERNEL);
	assert_int_equal(err.errnum, ENETUNREACH);
	assert_memory_equal(err.msg, "add route 10.2.0.0/16 via 10.9.0.1: ", 36);
	assert_non_null(strstr(err.msg, "(Nexthop has invalid gateway)"));
	add(index, &twice);
	assert_int_equal(cni_route_add(&rtnl, index, &twice, &err), -1);
	assert_int_equal(err.errnum, EEXIST);
}

static void assert_families_differ(int index, const struct cni_route *routes, size_t count)
{
	struct cni_error err;

	assert_int_equal(cni_route_add_ways(&rtnl, index, routes, count, &err), -1);
	assert_int_equal(err.code, CNI_ECONFIG);
	assert_non_null(strstr(err.msg, "different families"));
	assert_shown(NULL, "0", "ip -j route show 10.2.0.0/16");
}

/* The kernel would take the first bytes of fd00::1 for 253.0.0.0. */
static void route__has_a_gateway_of_its_family(void **state)
{
	const struct cni_route one = route("10.2.0.0/16", "fd00::1");
	const struct cni_route ways[] = {route("10.2.0.0/16", "10.1.0.1"),
					 route("10.2.0.0/16", "fd00::1")};
	const struct cni_route other = route("fd02::/64", "10.1.0.1");
	int index = index_of_va();

	(void)state;
	assert_families_differ(index, &one, 1);
	assert_families_differ(index, ways, 2);
	assert_families_differ(index, &other, 1);
}

static void route__has_a_text(void **state)
{
	struct cni_route plain = route("10.2.0.0/16", "");
	struct cni_route via = route("::/0", "fd00::1");
	char text[CNI_ROUTE_TEXT_SIZE];

	(void)state;
	assert_string_equal(cni_route_format(&plain, text), "10.2.0.0/16");
	assert_string_equal(cni_route_format(&via, text), "::/0 via fd00::1");
}

/* ---- the way to an address ---- */

static void assert_way(const char *to, int index, bool is_local)
{
	struct cni_ip ip = kernel_ip(to);
	struct cni_route_way way;
	struct cni_error err;

	if (cni_route_get(&rtnl, &ip, &way, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(way.is_local, is_local);
	/* Where what is for this host goes does not matter. */
	if (!is_local)
		assert_int_equal(way.index, index);
}

static void assert_no_way(const char *to, int errnum, const char *message)
{
	struct cni_ip ip = kernel_ip(to);
	struct cni_error err = {.msg = ""};
	struct cni_route_way way;

	assert_int_equal(cni_route_get(&rtnl, &ip, &way, &err), -1);
	assert_int_equal(err.errnum, errnum);
	assert_int_equal(err.code, CNI_EKERNEL);
	assert_string_equal(err.msg, message);
}

static void route__is_the_way_to_an_address(void **state)
{
	int index = index_of_va();

	(void)state;
	assert_no_way("192.0.2.1", ENETUNREACH,
		      "look up the route to 192.0.2.1: Network is unreachable");
	assert_no_way("2001:db8::1", ENETUNREACH,
		      "look up the route to 2001:db8::1: Network is unreachable");
	sandbox_must("ip route add default via 10.1.0.1; ip route add unreachable 192.0.2.9");
	assert_way("10.1.0.9", index, false);
	assert_way("192.0.2.1", index, false);
	assert_way("fd00::9", index, false);
	assert_way("10.1.0.7", 0, true);
	assert_way("127.0.0.1", 0, true);
	assert_way("127.9.9.9", 0, true);
	assert_way("fd00::7", 0, true);
	assert_way("::1", 0, true);
	assert_no_way("192.0.2.9", EHOSTUNREACH,
		      "look up the route to 192.0.2.9: No route to host");
}

static void route__has_a_source(void **state)
{
	struct cni_route four = route("10.2.0.0/16", "10.1.0.1");
	struct cni_route six = route("fd01::/48", "fd00::1");
	struct cni_route other = four;
	int index = index_of_va();

	(void)state;
	sandbox_must("ip addr add 10.1.0.8/16 dev va; ip addr add fd00::8/64 dev va nodad");
	four.src = kernel_ip("10.1.0.8");
	six.src = kernel_ip("fd00::8");
	other.src = kernel_ip("10.1.0.7");
	add(index, &four);
	add(index, &six);
	assert_shown("10.1.0.8", "0.prefsrc", "ip -j route show 10.2.0.0/16");
	assert_shown("fd00::8", "0.prefsrc", "ip -j -6 route show fd01::/48");
	assert_true(exists(index, &four));
	assert_true(exists(index, &six));
	assert_false(exists(index, &other));
	other.src = (struct cni_ip){0};
	assert_true(exists(index, &other));
}

static void route__is_claimed_once(void **state)
{
	struct cni_route routes[2] = {route("10.2.0.7/32", ""), route("fd02::7/128", "")};
	int index = index_of_va();
	int other = kernel_index_of(NULL, "vb");
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(cni_route_claim(&rtnl, index, &routes[i], &err), 0);
		assert_int_equal(cni_route_claim(&rtnl, other, &routes[i], &err), -1);
		assert_int_equal(err.errnum, EEXIST);
		assert_true(exists(index, &routes[i]));
		assert_false(exists(other, &routes[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(route__leads_through_a_gateway),
		kernel_test(route__of_ipv6_leads_through_a_gateway),
		kernel_test(route__without_a_gateway_is_the_links),
		kernel_test(route__has_metrics_table_priority_and_scope),
		kernel_test(route__is_another_with_other_metrics),
		kernel_test(route__has_the_metrics_that_the_kernel_cuts),
		kernel_test(route__is_another_with_another_scope),
		kernel_test(route__may_be_one_of_several_ways),
		kernel_test(route__is_told_apart_by_what_is_given),
		kernel_test(route__says_what_the_kernel_says),
		kernel_test(route__has_a_gateway_of_its_family),
		cmocka_unit_test(route__has_a_text),
		kernel_test(route__is_the_way_to_an_address),
		kernel_test(route__has_a_source),
		kernel_test(route__is_claimed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
