/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges and sets of ranges. */
#include "ranges.h"

#include "cleanup.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static void assert_ip(const struct cni_ip *actual, const char *expected)
{
	char text[CNI_IP_TEXT_SIZE];

	assert_string_equal(cni_ip_format(actual, text), expected);
}

static void assert_completed(const char *subnet, const char *first, const char *last,
			     const char *gateway)
{
	struct range made = range(subnet, "", "", "");
	struct cni_error err;

	assert_int_equal(range_complete(&made, &err), 0);
	assert_ip(&made.first, first);
	assert_ip(&made.last, last);
	assert_ip(&made.gateway, gateway);
}

static void range__fills_in_the_hosts_of_its_subnet(void **state)
{
	(void)state;
	assert_completed("10.1.0.0/24", "10.1.0.1", "10.1.0.254", "10.1.0.1");
	assert_completed("10.1.2.4/30", "10.1.2.5", "10.1.2.6", "10.1.2.5");
	assert_completed("0.0.0.0/0", "0.0.0.1", "255.255.255.254", "0.0.0.1");
	assert_completed("fd00:1::/64", "fd00:1::1", "fd00:1::ffff:ffff:ffff:ffff", "fd00:1::1");
	assert_completed("fd00::4/126", "fd00::5", "fd00::7", "fd00::5");
	assert_completed("2001:d00::/24", "2001:d00::1", "2001:dff:ffff:ffff:ffff:ffff:ffff:ffff",
			 "2001:d00::1");
}

static void range__keeps_what_was_configured(void **state)
{
	struct range made = range("10.1.0.0/16", "10.1.2.3", "10.1.2.9", "10.1.255.254");
	struct cni_error err;

	(void)state;
	assert_int_equal(range_complete(&made, &err), 0);
	assert_ip(&made.first, "10.1.2.3");
	assert_ip(&made.last, "10.1.2.9");
	assert_ip(&made.gateway, "10.1.255.254");
}

/* As for ptp; below the subnet and above it. */
static void range__may_have_its_gateway_outside(void **state)
{
	static const char *const outside[][2] = {{"10.1.0.0/24", "10.0.0.1"},
						 {"10.1.0.0/24", "192.168.0.1"},
						 {"fd00::/64", "fc00::1"},
						 {"fd00::/64", "fe80::1"}};
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++) {
		struct range made = range(outside[i][0], "", "", outside[i][1]);

		assert_int_equal(range_complete(&made, &err), 0);
		assert_ip(&made.gateway, outside[i][1]);
		/* The address that would be the gateway is one like any other. */
		assert_null(range_reserves(&made, &made.first));
	}
}

static void range__refuses_what_cannot_be(void **state)
{
	static const struct {
		const char *subnet, *first, *last, *gateway, *message;
	} cases[] = {
		{"", "", "", "", "'subnet' is missing"},
		{"10.1.0.0/31", "", "", "", "Network 10.1.0.0/31 too small to allocate from"},
		{"10.1.0.1/32", "", "", "", "Network 10.1.0.1/32 too small to allocate from"},
		{"fd00::/127", "", "", "", "Network fd00::/127 too small to allocate from"},
		{"fd00::/128", "", "", "", "Network fd00::/128 too small to allocate from"},
		{"10.1.0.5/24", "", "", "", "host bits set, expected 10.1.0.0/24"},
		{"fd00::5/64", "", "", "", "host bits set, expected fd00::/64"},
		{"10.1.0.0/24", "10.2.0.1", "", "",
		 "'rangeStart' 10.2.0.1 is not in 'subnet' 10.1"},
		{"10.1.0.0/24", "", "10.1.1.0", "", "'rangeEnd' 10.1.1.0 is not in 'subnet'"},
		{"10.1.0.0/24", "", "", "fe80::1",
		 "'gateway' fe80::1 and 'subnet' 10.1.0.0/24 are of different families"},
		{"fd00::/64", "", "", "10.1.0.1",
		 "'gateway' 10.1.0.1 and 'subnet' fd00::/64 are of different families"},
		{"fd00::/64", "10.1.0.1", "", "", "'rangeStart' 10.1.0.1 is not in 'subnet'"},
		{"10.1.0.0/24", "10.1.0.9", "10.1.0.8", "",
		 "10.1.0.9 is after 'rangeEnd' 10.1.0.8"},
		{"10.1.0.0/24", "10.1.0.255", "", "", "10.1.0.255 is after 'rangeEnd' 10.1.0.254"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct range made =
			range(cases[i].subnet, cases[i].first, cases[i].last, cases[i].gateway);
		struct cni_error err = {0};

		assert_int_equal(range_complete(&made, &err), -1);
		assert_int_equal(err.code, CNI_ECONFIG);
		if (!strstr(err.msg, cases[i].message))
			fail_msg("\"%s\" does not say \"%s\"", err.msg, cases[i].message);
	}
}

static void range__takes_a_link_local_gateway_for_ipv6(void **state)
{
	struct range made = range("fd00::/64", "", "", "fe80::1");
	struct cni_error err;

	(void)state;
	assert_int_equal(range_complete(&made, &err), 0);
	assert_ip(&made.gateway, "fe80::1");
}

static void range__contains_its_ends_and_not_their_neighbours(void **state)
{
	struct range v4 = range("10.1.0.0/24", "10.1.0.10", "10.1.0.20", "");
	struct range v6 = range("fd00::/64", "fd00::ffff", "fd00::1:0", "");
	static const struct {
		const char *ip;
		bool in_v4, in_v6;
	} cases[] = {
		{"10.1.0.9", false, false},   {"10.1.0.10", true, false},
		{"10.1.0.20", true, false},   {"10.1.0.21", false, false},
		{"fd00::fffe", false, false}, {"fd00::ffff", false, true},
		{"fd00::1:0", false, true},   {"fd00::1:1", false, false},
	};
	struct cni_error err;

	(void)state;
	assert_int_equal(range_complete(&v4, &err), 0);
	assert_int_equal(range_complete(&v6, &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_ip asked = ip(cases[i].ip);

		assert_int_equal(range_contains(&v4, &asked), cases[i].in_v4);
		assert_int_equal(range_contains(&v6, &asked), cases[i].in_v6);
	}
}

static void range_set__refuses_overlaps_and_mixtures(void **state)
{
	static const struct {
		const char *a[3], *b[3], *message;
	} cases[] = {
		{{"10.1.0.0/24", "", ""},
		 {"10.1.0.0/24", "", ""},
		 "subnets 10.1.0.1-10.1.0.254 and 10.1.0.1-10.1.0.254 overlap"},
		{{"10.1.0.0/16", "", ""}, {"10.1.7.0/24", "", ""}, "overlap"},
		{{"10.1.7.0/24", "", ""}, {"10.1.0.0/16", "", ""}, "overlap"},
		{{"10.1.0.0/24", "", "10.1.0.9"}, {"10.1.0.0/24", "10.1.0.9", ""}, "overlap"},
		{{"fd00::/64", "", ""}, {"fd00::/56", "", ""}, "overlap"},
		{{"10.1.0.0/24", "", ""}, {"fd00::/64", "", ""}, "mixed address families"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct range items[] = {
			range(cases[i].a[0], cases[i].a[1], cases[i].a[2], ""),
			range(cases[i].b[0], cases[i].b[1], cases[i].b[2], ""),
		};
		struct range_set set = {.items = items, .count = 2};
		struct cni_error err = {0};

		assert_int_equal(range_set_complete(&set, &err), -1);
		assert_int_equal(err.code, CNI_ECONFIG);
		if (!strstr(err.msg, cases[i].message))
			fail_msg("\"%s\" does not say \"%s\"", err.msg, cases[i].message);
	}
}

static void range_set__refuses_to_be_empty(void **state)
{
	struct range_set set = {0};
	struct cni_error err = {0};

	(void)state;
	assert_int_equal(range_set_complete(&set, &err), -1);
	assert_string_equal(err.msg, "empty range set");
}

static void range_set__may_share_a_subnet(void **state)
{
	struct range items[] = {range("10.1.0.0/24", "", "10.1.0.9", ""),
				range("10.1.0.0/24", "10.1.0.10", "", "")};
	struct range_set set = set_of(items, 2);
	freeing char *text = range_set_format(&set);

	(void)state;
	assert_string_equal(text, "10.1.0.1-10.1.0.9,10.1.0.10-10.1.0.254");
}

static void range_sets__overlap_if_any_two_ranges_do(void **state)
{
	struct range a[] = {range("10.1.0.0/24", "", "", ""), range("10.2.0.0/24", "", "", "")};
	struct range b[] = {range("10.3.0.0/24", "", "", ""), range("10.2.0.128/25", "", "", "")};
	struct range c[] = {range("10.4.0.0/24", "", "", "")};
	struct range d[] = {range("fd00::/64", "", "", "")};
	struct range_set sets[] = {set_of(a, 2), set_of(b, 2), set_of(c, 1), set_of(d, 1)};

	(void)state;
	assert_true(range_set_overlaps(&sets[0], &sets[1]));
	assert_true(range_set_overlaps(&sets[1], &sets[0]));
	assert_false(range_set_overlaps(&sets[0], &sets[2]));
	assert_false(range_set_overlaps(&sets[0], &sets[3]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(range__fills_in_the_hosts_of_its_subnet),
		cmocka_unit_test(range__keeps_what_was_configured),
		cmocka_unit_test(range__may_have_its_gateway_outside),
		cmocka_unit_test(range__refuses_what_cannot_be),
		cmocka_unit_test(range__takes_a_link_local_gateway_for_ipv6),
		cmocka_unit_test(range__contains_its_ends_and_not_their_neighbours),
		cmocka_unit_test(range_set__refuses_overlaps_and_mixtures),
		cmocka_unit_test(range_set__refuses_to_be_empty),
		cmocka_unit_test(range_set__may_share_a_subnet),
		cmocka_unit_test(range_sets__overlap_if_any_two_ranges_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
