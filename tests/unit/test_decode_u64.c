/* SPDX-License-Identifier: Apache-2.0 */
/* Whole numbers of 64 bits, out of JSON whose numbers are doubles. */
#include "decode.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"
#include "test.h"

#include <inttypes.h>
#include <string.h>

struct conf {
	uint64_t number;
	uint64_t small;
};

static const struct cni_field fields[] = {
	CNI_MEMBER(struct conf, "number", number),
	CNI_MEMBER(struct conf, "small", small, .min = 1, .max = 4000000000),
	{0},
};

static int decode(const char *key, const char *value, uint64_t *ret_number, struct cni_error *err)
{
	freeing char *text = cni_format("{'%s': %s}", key, value);
	freeing_json cJSON *json = json_of(text);
	struct conf conf = {.number = 77, .small = 77};
	int failed = cni_decode(fields, json, &conf, false, err);

	*ret_number = *key == 'n' ? conf.number : conf.small;
	return failed;
}

static void decode_u64__reads_whole_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t number;
	} cases[] = {
		{"0", 0},
		{"-0", 0},
		{"1", 1},
		{"1e7", 10000000},
		{"2147483647", INT32_MAX},
		{"2147483648", UINT64_C(2147483648)},
		/* containerd's and CRI-O's bursts */
		{"4294967295", UINT32_MAX},
		{"34359738359", UINT64_C(34359738359)},
		{"100000000000", UINT64_C(100000000000)},
		{"9007199254740991", UINT64_C(9007199254740991)},
		{"9007199254740992", UINT64_C(9007199254740992)},
		/* From here on not each number has a double of its own. */
		{"9007199254740993", UINT64_C(9007199254740992)},
		{"9223372036854774784", UINT64_C(9223372036854774784)},
		{"9223372036854775807", INT64_MAX},
		{"9223372036854775808", INT64_MAX},
		{"null", 77},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_error err = {.msg = ""};
		uint64_t number;

		if (decode("number", cases[i].text, &number, &err) < 0)
			fail_msg("%s: %s", cases[i].text, err.msg);
		if (number != cases[i].number)
			fail_msg("%s became %" PRIu64, cases[i].text, number);
	}
}

static void decode_u64__refuses_everything_else(void **state)
{
	static const char *const texts[] = {
		"-1",
		"0.5",
		"1e-3",
		"4294967295.5",
		"9223372036854777856",
		"18446744073709551615",
		"1e300",
		"-9223372036854775808",
		"'5'",
		"''",
		"true",
		"[]",
		"[5]",
		"{}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct cni_error err = {.msg = ""};
		uint64_t number;

		if (decode("number", texts[i], &number, &err) == 0)
			fail_msg("%s was taken as %" PRIu64, texts[i], number);
		assert_int_equal(err.code, CNI_ECONFIG);
		assert_non_null(strstr(err.msg, "'number' is "));
		assert_non_null(
			strstr(err.msg, ", expected a whole number from 0 to 9223372036854775807"));
		assert_int_equal(number, 77);
	}
}

static void decode_u64__keeps_to_the_fields_bounds(void **state)
{
	struct cni_error err = {.msg = ""};
	uint64_t number;

	(void)state;
	assert_int_equal(decode("small", "1", &number, &err), 0);
	assert_int_equal(decode("small", "4000000000", &number, &err), 0);
	assert_int_equal(number, 4000000000);
	assert_int_equal(decode("small", "0", &number, &err), -1);
	assert_string_equal(err.msg, "'small' is 0, expected a whole number from 1 to 4000000000");
	assert_int_equal(decode("small", "4000000001", &number, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode_u64__reads_whole_numbers),
		cmocka_unit_test(decode_u64__refuses_everything_else),
		cmocka_unit_test(decode_u64__keeps_to_the_fields_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
