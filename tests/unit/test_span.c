/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of a range set that may be given out, and their order. */
#include "ranges.h"
#include "span.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <string.h>

/* "10.1.0.2-10.1.0.6 10.2.0.4", from the address after `last`. The caller frees. */
static char *walk_text(const struct span_list *list, const char *last)
{
	struct cni_ip from = ip(last);
	struct span_walk walk = span_walk_from(list, *last ? &from : NULL);
	char *text = cni_strdup("");
	struct span span;

	while (span_walk_next(&walk, &span)) {
		char first[CNI_IP_TEXT_SIZE];
		char end[CNI_IP_TEXT_SIZE];
		bool single = cni_ip_equal(&span.first, &span.last);
		char *longer;

		assert_true(range_contains(span.range, &span.first));
		assert_true(range_contains(span.range, &span.last));
		longer = cni_format("%s%s%s%s%s", text, *text ? " " : "",
				    cni_ip_format(&span.first, first), single ? "" : "-",
				    single ? "" : cni_ip_format(&span.last, end));
		free(text);
		text = longer;
	}
	return text;
}

/* `excluded` is a list of prefixes, separated by blanks. */
static void assert_parts_without(const struct range_set *set, const char *excluded,
				 const char *last, const char *expected)
{
	freeing char *copy = cni_strdup(excluded);
	char *rest = *copy ? copy : NULL;
	struct cni_net nets[16];
	struct span_list list;
	size_t count = 0;
	char *text;

	for (const char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
		assert_int_equal(cni_net_parse(word, &nets[count++]), 0);
	span_list_make(set, nets, count, &list);
	text = walk_text(&list, last);
	assert_string_equal(text, expected);
	free(text);
	span_list_clear(&list);
}

static void assert_parts(const struct range_set *set, const char *last, const char *expected)
{
	assert_parts_without(set, "", last, expected);
}

static void span__leaves_out_gateway_network_and_broadcast(void **state)
{
	struct range plain[] = {range("10.1.0.0/29", "", "", "")};
	struct range wide[] = {range("10.1.0.0/29", "10.1.0.0", "10.1.0.7", "10.1.0.4")};
	struct range v6[] = {range("fd00::/125", "fd00::", "", "fd00::3")};
	struct range_set sets[] = {set_of(plain, 1), set_of(wide, 1), set_of(v6, 1)};

	(void)state;
	assert_parts(&sets[0], "", "10.1.0.2-10.1.0.6");
	assert_parts(&sets[1], "", "10.1.0.1-10.1.0.3 10.1.0.5-10.1.0.6");
	assert_parts(&sets[2], "", "fd00::1-fd00::2 fd00::4-fd00::7");
}

static void span__goes_round_from_the_last_one(void **state)
{
	struct range items[] = {range("10.1.0.0/29", "", "", ""),
				range("10.2.0.0/29", "10.2.0.4", "10.2.0.5", "")};
	struct range_set set = set_of(items, 2);

	(void)state;
	assert_parts(&set, "10.1.0.4", "10.1.0.5-10.1.0.6 10.2.0.4-10.2.0.5 10.1.0.2-10.1.0.4");
	assert_parts(&set, "10.2.0.4", "10.2.0.5 10.1.0.2-10.1.0.6 10.2.0.4");
	assert_parts(&set, "10.2.0.5", "10.1.0.2-10.1.0.6 10.2.0.4-10.2.0.5");
	/* The gateway, which some version has noted: the one behind it. */
	assert_parts(&set, "10.1.0.1", "10.1.0.2-10.1.0.6 10.2.0.4-10.2.0.5");
	/* Not from here: as if nothing had been given out. */
	assert_parts(&set, "10.9.0.1", "10.1.0.2-10.1.0.6 10.2.0.4-10.2.0.5");
	assert_parts(&set, "fd00::1", "10.1.0.2-10.1.0.6 10.2.0.4-10.2.0.5");
}

static void span__takes_out_what_is_excluded(void **state)
{
	struct range items[] = {range("10.1.0.0/24", "", "", "")};
	struct range_set set = set_of(items, 1);

	(void)state;
	assert_parts_without(&set, "10.1.0.5/32", "", "10.1.0.2-10.1.0.4 10.1.0.6-10.1.0.254");
	assert_parts_without(&set, "10.1.0.128/25", "", "10.1.0.2-10.1.0.127");
	assert_parts_without(&set, "10.1.0.77/25", "", "10.1.0.128-10.1.0.254");
	/* In any order, one in another, side by side, from elsewhere, of the other family. */
	assert_parts_without(
		&set, "10.1.0.192/26 10.1.0.16/28 10.1.0.18/31 10.1.0.32/28 10.9.0.0/16 fd00::/8",
		"", "10.1.0.2-10.1.0.15 10.1.0.48-10.1.0.191");
	assert_parts_without(&set, "0.0.0.0/0", "", "");
	assert_parts_without(&set, "10.1.0.0/23", "10.1.0.7", "");
	/* The last one given out was excluded since: the next one behind it. */
	assert_parts_without(&set, "10.1.0.8/29", "10.1.0.10",
			     "10.1.0.16-10.1.0.254 10.1.0.2-10.1.0.7");
	assert_parts_without(&set, "10.1.0.128/25", "10.1.0.200", "10.1.0.2-10.1.0.127");
}

static void span__may_be_empty_or_one_address(void **state)
{
	struct range gateway[] = {range("10.1.0.0/24", "10.1.0.1", "10.1.0.1", "")};
	struct range one[] = {range("10.1.0.0/24", "10.1.0.9", "10.1.0.9", "")};
	struct range_set none = set_of(gateway, 1);
	struct range_set single = set_of(one, 1);

	(void)state;
	assert_parts(&none, "", "");
	assert_parts(&none, "10.1.0.1", "");
	assert_parts(&single, "", "10.1.0.9");
	assert_parts(&single, "10.1.0.9", "10.1.0.9");
}

static void span__has_all_of_a_subnet_of_one_or_two(void **state)
{
	struct range two[] = {range("10.1.0.6/31", "10.1.0.6", "10.1.0.7", "")};
	struct range far[] = {range("10.1.0.6/31", "10.1.0.6", "10.1.0.7", "10.1.0.6")};
	struct range one[] = {range("10.1.0.7/32", "10.1.0.7", "10.1.0.7", "")};
	struct range v6[] = {range("fd00::6/127", "fd00::6", "fd00::7", "")};
	struct range v6_one[] = {range("fd00::/128", "fd00::", "fd00::", "")};
	struct range_set sets[] = {set_of(two, 1), set_of(far, 1), set_of(one, 1), set_of(v6, 1),
				   set_of(v6_one, 1)};

	(void)state;
	assert_parts(&sets[0], "10.1.0.6", "10.1.0.7 10.1.0.6");
	assert_parts(&sets[1], "", "10.1.0.7");
	assert_parts(&sets[2], "10.1.0.7", "10.1.0.7");
	assert_parts(&sets[3], "", "fd00::6-fd00::7");
	assert_parts(&sets[4], "", "fd00::");
}

static void span__counts_in_128_bits(void **state)
{
	struct range carry[] = {
		range("fd00::/16", "fd00:0:ffff:ffff:ffff:ffff:ffff:fffe", "fd00:1::1", "")};
	struct range huge[] = {range("fd00::/8", "", "", "")};
	struct range v6_end[] = {range("ff00::/8", "ffff::", "", "ff00::9")};
	struct range v4_end[] = {
		range("255.255.255.248/29", "255.255.255.253", "255.255.255.255", "")};
	struct range_set sets[] = {set_of(carry, 1), set_of(huge, 1), set_of(v6_end, 1),
				   set_of(v4_end, 1)};

	(void)state;
	assert_parts(&sets[0], "fd00:0:ffff:ffff:ffff:ffff:ffff:ffff",
		     "fd00:1::-fd00:1::1 "
		     "fd00:0:ffff:ffff:ffff:ffff:ffff:fffe-fd00:0:ffff:ffff:ffff:ffff:ffff:ffff");
	assert_parts(&sets[1], "fd7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		     "fd80::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		     "fd00::2-fd7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	/* Up to the last address there is. */
	assert_parts(&sets[2], "", "ffff::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	assert_parts_without(&sets[2], "ffff:8000::/17", "",
			     "ffff::-ffff:7fff:ffff:ffff:ffff:ffff:ffff:ffff");
	assert_parts(&sets[3], "", "255.255.255.253-255.255.255.254");
}

static void span__goes_through_many_ranges(void **state)
{
	enum { COUNT = 500 };
	struct range *items = cni_alloc(COUNT * sizeof(*items));
	struct span_list list;
	struct cni_ip last = ip("10.0.249.2");
	struct range_set set;
	struct span_walk walk;
	struct span span;
	size_t seen = 0;

	(void)state;
	for (unsigned int i = 0; i < COUNT; i++) {
		freeing char *subnet = cni_format("10.%u.%u.0/30", i / 250, i % 250);

		items[i] = range(subnet, "", "", "");
	}
	set = set_of(items, COUNT);
	span_list_make(&set, NULL, 0, &list);
	walk = span_walk_from(&list, &last);
	while (span_walk_next(&walk, &span)) {
		char text[CNI_IP_TEXT_SIZE];
		size_t number = (250 + seen++) % COUNT;
		freeing char *expected = cni_format("10.%zu.%zu.2", number / 250, number % 250);

		assert_string_equal(cni_ip_format(&span.first, text), expected);
		assert_true(cni_ip_equal(&span.first, &span.last));
	}
	assert_int_equal(seen, COUNT);
	span_list_clear(&list);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(span__leaves_out_gateway_network_and_broadcast),
		cmocka_unit_test(span__goes_round_from_the_last_one),
		cmocka_unit_test(span__takes_out_what_is_excluded),
		cmocka_unit_test(span__may_be_empty_or_one_address),
		cmocka_unit_test(span__has_all_of_a_subnet_of_one_or_two),
		cmocka_unit_test(span__counts_in_128_bits),
		cmocka_unit_test(span__goes_through_many_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
