/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of elements: an index finds what the list has, and the first of two equal elements stays. */
#include "nft_items.h"
#include "test.h"

#include "cleanup.h"

#include <string.h>

static const char *const sets[] = {"ports4", "ports6"};

static struct cni_nft_bytes key_of(uint32_t number)
{
	struct cni_nft_bytes key = {.size = 0};

	cni_nft_bytes_add(&key, &number, number % 3 ? sizeof(number) : 2);
	return key;
}

static void put(struct cni_nft_items *items, uint32_t number)
{
	const struct cni_nft_element element = {.key = key_of(number)};

	cni_nft_items_put(items, sets[number % 2], &element);
}

static void assert_has(const struct cni_nft_index *index, uint32_t number, bool expected)
{
	const struct cni_nft_bytes key = key_of(number);

	assert_int_equal(cni_nft_index_has(index, sets[number % 2], &key), expected);
	assert_int_equal(cni_nft_items_has(index->items, sets[number % 2], &key), expected);
	assert_false(cni_nft_index_has(index, sets[!(number % 2)], &key));
}

/* Numbers with a remainder of 1 are put, in no order; the others are not. */
static void index__has_what_the_list_has(void **state)
{
	clearing_items struct cni_nft_items items = {0};
	clearing_index struct cni_nft_index index = {.items = NULL};

	(void)state;
	for (uint32_t i = 0; i < 500; i++)
		put(&items, i * 7919 % 500 * 3 + 1);
	index = cni_nft_index_make(&items);
	for (uint32_t i = 0; i < 1500; i++)
		if (i % 3)
			assert_has(&index, i, i % 3 == 1);
}

static void index__finds_items_that_came_later(void **state)
{
	clearing_items struct cni_nft_items items = {0};
	clearing_index struct cni_nft_index index = cni_nft_index_make(&items);

	(void)state;
	assert_has(&index, 7, false);
	for (uint32_t i = 1; i < 200; i += 3)
		put(&items, i);
	assert_has(&index, 7, true);
	assert_has(&index, 8, false);
}

/* A key that begins as another one is another key. */
static void index__compares_sizes(void **state)
{
	clearing_items struct cni_nft_items items = {0};
	clearing_index struct cni_nft_index index = {.items = NULL};
	struct cni_nft_element element = {.key = {.size = 2}};
	struct cni_nft_bytes longer = {.size = 4};

	(void)state;
	cni_nft_items_put(&items, sets[0], &element);
	index = cni_nft_index_make(&items);
	assert_true(cni_nft_index_has(&index, sets[0], &element.key));
	assert_false(cni_nft_index_has(&index, sets[0], &longer));
}

static void items__keep_the_first_of_equal_ones(void **state)
{
	clearing_items struct cni_nft_items items = {0};

	(void)state;
	for (uint32_t round = 0; round < 3; round++)
		for (uint32_t i = 1; i < 300; i += 3) {
			put(&items, i);
			items.items[items.count - 1].element.key.data[40] = (uint8_t)round;
		}
	cni_nft_items_unique(&items);
	assert_int_equal(items.count, 100);
	for (uint32_t i = 0; i < 100; i++) {
		const struct cni_nft_bytes key = key_of(3 * i + 1);

		assert_true(cni_nft_bytes_equal(&items.items[i].element.key, &key));
		assert_int_equal(items.items[i].element.key.data[40], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(index__has_what_the_list_has),
		cmocka_unit_test(index__finds_items_that_came_later),
		cmocka_unit_test(index__compares_sizes),
		cmocka_unit_test(items__keep_the_first_of_equal_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
