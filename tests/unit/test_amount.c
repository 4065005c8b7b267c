/* SPDX-License-Identifier: Apache-2.0 */
/* How many addresses a range set has, to the last one. */
#include "amount.h"
#include "ranges.h"

#include "test.h"

/* `excluded`: one prefix; "": none. */
static struct amount amount_without_net(const struct range_set *set, const char *excluded)
{
	struct cni_net net = {0};
	struct span_list list;
	struct amount amount;

	if (*excluded)
		assert_int_equal(cni_net_parse(excluded, &net), 0);
	span_list_make(set, &net, *excluded ? 1 : 0, &list);
	amount = amount_of_spans(&list);
	span_list_clear(&list);
	return amount;
}

static void assert_text(struct amount amount, const char *expected)
{
	char text[AMOUNT_TEXT_SIZE];

	assert_string_equal(amount_format(&amount, text), expected);
}

/* bc(1) has computed the differences. */
static void amount__is_exact(void **state)
{
	static const struct {
		const char *subnet, *first, *last, *excluded, *expected;
	} cases[] = {
		{"10.1.0.0/29", "", "", "", "5"},
		{"10.1.0.0/29", "", "", "10.1.0.4/30", "2"},
		{"10.1.0.0/29", "", "", "10.1.0.0/24", "0"},
		{"10.1.0.0/24", "10.1.0.9", "10.1.0.9", "", "1"},
		{"10.1.0.6/31", "10.1.0.6", "10.1.0.7", "", "2"},
		{"0.0.0.0/0", "", "", "", "4294967293"},
		{"fd00::/96", "", "", "", "4294967294"},
		{"fd00::/64", "", "", "", "18446744073709551614"},
		{"fd00::/64", "", "", "fd00::/65", "9223372036854775808"},
		/* A carry through all words, and a difference that borrows through all. */
		{"fd00::/16", "fd00:0:ffff:ffff:ffff:ffff:ffff:ffff",
		 "fd00:1:ffff:ffff:ffff:ffff:ffff:fffe", "", "79228162514264337593543950336"},
		{"fd00::/16", "fd00:0:ffff:ffff:ffff:ffff:ffff:fffe", "fd00:1::1", "", "4"},
		{"fd00::/8", "", "", "", "1329227995784915872903807060280344574"},
		{"::/0", "", "", "", "340282366920938463463374607431768211454"},
		{"::/0", "::", "", "::1/128", "340282366920938463463374607431768211454"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct range items[] = {range(cases[i].subnet, cases[i].first, cases[i].last, "")};
		struct range_set set = set_of(items, 1);

		assert_text(amount_without_net(&set, cases[i].excluded), cases[i].expected);
	}
}

static void amount__is_the_sum_of_all_ranges(void **state)
{
	struct range items[] = {
		range("fd00::/64", "", "", ""),
		range("fd01::/64", "", "", ""),
		range("fd02::/120", "", "", ""),
	};
	struct range_set set = set_of(items, 3);

	(void)state;
	/* 2 (2^64 - 2) + 254 */
	assert_text(amount_without_net(&set, ""), "36893488147419103482");
}

static void amount__becomes_less(void **state)
{
	static const struct {
		struct amount from;
		uint64_t taken;
		const char *expected;
	} cases[] = {
		{{{0}}, 0, "0"},
		{{{7}}, 7, "0"},
		{{{0, 1}}, 1, "4294967295"},
		{{{0, 0, 1}}, 1, "18446744073709551615"},
		{{{0, 0, 0, 1}}, 1, "79228162514264337593543950335"},
		{{{0, 0, 1}}, UINT64_MAX, "1"},
		{{{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}},
		 65536,
		 "340282366920938463463374607431768145919"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_text(amount_without(&cases[i].from, cases[i].taken), cases[i].expected);
}

static void amount__is_a_number_while_that_is_exact(void **state)
{
	static const struct {
		struct amount amount;
		bool is;
	} cases[] = {
		{{{0}}, true},
		{{{UINT32_MAX}}, true},
		{{{0, 1U << 21}}, true}, /* 2^53 */
		{{{1, 1U << 21}}, false},
		{{{0, 0, 1}}, false},
		{{{0, 0, 0, 1}}, false},
	};
	double number;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(amount_to_double(&cases[i].amount, &number), cases[i].is);
	assert_true(amount_to_double(&cases[2].amount, &number));
	assert_true(number == 9007199254740992.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(amount__is_exact),
		cmocka_unit_test(amount__is_the_sum_of_all_ranges),
		cmocka_unit_test(amount__becomes_less),
		cmocka_unit_test(amount__is_a_number_while_that_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
