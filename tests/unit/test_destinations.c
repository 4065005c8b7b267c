/* SPDX-License-Identifier: Apache-2.0 */
#include "kept_destinations.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

/* Reads lines and compares what they become. */
static void assert_becomes(const char *lines, const char *expected)
{
	clearing_destinations struct cni_destinations destinations;
	freeing char *text = cni_strdup(lines);
	freeing char *back = NULL;

	cni_destinations_parse(text, &destinations);
	back = cni_destinations_format(&destinations);
	assert_string_equal(back, expected);
}

static void destinations__are_sorted_and_merged(void **state)
{
	(void)state;
	assert_becomes("", "");
	assert_becomes("fd00::/16\n10.0.0.0/8\n", "10.0.0.0/8\nfd00::/16\n");
	assert_becomes("10.1.0.0/16\n10.0.0.0/8\n10.0.0.0/8\n10.0.0.0/24\n11.0.0.0/8\n",
		       "10.0.0.0/8\n11.0.0.0/8\n");
	assert_becomes("10.0.0.0/8\n0.0.0.0/0\n::/0\n255.255.255.255/32\nffff::/16\n",
		       "0.0.0.0/0\n::/0\n");
	/* Neighbours are not one. */
	assert_becomes("10.128.0.0/9\n10.0.0.0/9\n", "10.0.0.0/9\n10.128.0.0/9\n");
}

static void destinations__of_a_damaged_file_are_the_readable_lines(void **state)
{
	(void)state;
	assert_becomes("10.0.0.0/8\nnonsense\n\n11.0.0.0/8\n12.0.0.0/8",
		       "10.0.0.0/8\n11.0.0.0/8\n");
	assert_becomes("10.1.2.3/8\n", "10.0.0.0/8\n");
	assert_becomes("12.0.0.0/8", "");
}

static void destinations__of_a_family_stand_together(void **state)
{
	clearing_destinations struct cni_destinations destinations;
	struct cni_destinations none = {.nets = NULL};
	char text[] = "fd00::/16\n10.0.0.0/8\n11.0.0.0/8\n";
	char digest[CNI_DESTINATIONS_DIGEST_SIZE];
	char other[CNI_DESTINATIONS_DIGEST_SIZE];
	size_t count;

	(void)state;
	cni_destinations_parse(text, &destinations);
	assert_ptr_equal(cni_destinations_of(&destinations, AF_INET, &count), destinations.nets);
	assert_int_equal(count, 2);
	assert_ptr_equal(cni_destinations_of(&destinations, AF_INET6, &count),
			 destinations.nets + 2);
	assert_int_equal(count, 1);
	cni_destinations_of(&none, AF_INET, &count);
	assert_int_equal(count, 0);
	assert_true(cni_destinations_equal(&destinations, &destinations));
	assert_false(cni_destinations_equal(&destinations, &none));
	assert_string_not_equal(cni_destinations_digest(&destinations, digest),
				cni_destinations_digest(&none, other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(destinations__are_sorted_and_merged),
		cmocka_unit_test(destinations__of_a_damaged_file_are_the_readable_lines),
		cmocka_unit_test(destinations__of_a_family_stand_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
