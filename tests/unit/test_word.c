/* SPDX-License-Identifier: Apache-2.0 */
#include "word.h"

#include "test.h"

static const struct cni_word words[] = {{"", 0}, {"open", 0}, {"shut", 7}, {0}};

static void word__is_read_exactly(void **state)
{
	uint32_t number = 99;

	(void)state;
	assert_false(cni_word_parse(words, "Shut", &number));
	assert_false(cni_word_parse(words, "shu", &number));
	assert_false(cni_word_parse(NULL, "shut", &number));
	assert_int_equal(number, 99);
	assert_true(cni_word_parse(words, "shut", &number));
	assert_int_equal(number, 7);
	assert_true(cni_word_parse(words, "", &number));
	assert_int_equal(number, 0);
}

static void word__is_the_first_of_its_number(void **state)
{
	(void)state;
	assert_string_equal(cni_word_text(words, 7), "shut");
	assert_string_equal(cni_word_text(words, 0), "");
	assert_null(cni_word_text(words, 1));
	assert_null(cni_word_text(NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(word__is_read_exactly),
		cmocka_unit_test(word__is_the_first_of_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
