/* SPDX-License-Identifier: Apache-2.0 */
#include "hash.h"

#include "test.h"

#include <string.h>

/* The witness is FIPS 180-4's own example, and that of the empty text. */
static void hash__is_sha512(void **state)
{
	char digits[CNI_HASH_TEXT_SIZE];

	(void)state;
	cni_hash_hex("abc", 3, digits);
	assert_string_equal(digits,
			    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
			    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
	cni_hash_hex("", 0, digits);
	assert_string_equal(digits,
			    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
			    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash__is_sha512),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
