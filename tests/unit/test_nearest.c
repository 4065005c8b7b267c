/* SPDX-License-Identifier: Apache-2.0 */
#include "nearest.h"

#include "test.h"

#include <limits.h>
#include <string.h>

static void distance__counts_changes(void **state)
{
	static const struct {
		const char *word;
		const char *other;
		unsigned int distance;
	} cases[] = {
		{"", "", 0},
		{"mtu", "mtu", 0},
		{"MTU", "mtu", 0},
		{"", "mtu", 3},
		{"mtu", "", 3},
		{"mut", "mtu", 1},
		{"isGatway", "isGateway", 1},
		{"isGatewayy", "isGateway", 1},
		{"brigde", "bridge", 1},
		{"ipmask", "ipMasq", 1},
		{"kitten", "sitting", 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (nearest_distance(cases[i].word, cases[i].other) != cases[i].distance)
			fail_msg("\"%s\" and \"%s\": %u, expected %u", cases[i].word,
				 cases[i].other, nearest_distance(cases[i].word, cases[i].other),
				 cases[i].distance);
}

static void distance__of_a_long_word_is_far(void **state)
{
	char word[65];

	(void)state;
	memset(word, 'a', sizeof(word) - 1);
	word[64] = '\0';
	assert_true(nearest_distance(word, "a") == UINT_MAX);
	word[63] = '\0';
	assert_int_equal(nearest_distance(word, ""), 63);
	assert_int_equal(nearest_distance("", word), 63);
}

static const char *const words[] = {"isGateway", "isDefaultGateway", "ipMasq", "mtu", NULL};

static void word__is_the_nearest(void **state)
{
	static const char *const none[] = {NULL};

	(void)state;
	assert_string_equal(nearest_word("isGatway", words), "isGateway");
	assert_string_equal(nearest_word("isDefaultGatway", words), "isDefaultGateway");
	assert_string_equal(nearest_word("ipmaq", words), "ipMasq");
	assert_string_equal(nearest_word("mut", words), "mtu");
	assert_null(nearest_word("mtu", none));
}

static void word__is_not_guessed(void **state)
{
	(void)state;
	assert_null(nearest_word("podman", words));
	assert_null(nearest_word("vlan", words));
	assert_null(nearest_word("x", words));
	assert_null(nearest_word("", words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance__counts_changes),
		cmocka_unit_test(distance__of_a_long_word_is_far),
		cmocka_unit_test(word__is_the_nearest),
		cmocka_unit_test(word__is_not_guessed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
