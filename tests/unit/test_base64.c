/* SPDX-License-Identifier: Apache-2.0 */
/* Base64, beside the test vectors of RFC 4648, section 10, and base64(1). */
#include "base64.h"

#include "cleanup.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *data;
	const char *text;
} vectors[] = {
	{"", ""},
	{"f", "Zg=="},
	{"fo", "Zm8="},
	{"foo", "Zm9v"},
	{"foob", "Zm9vYg=="},
	{"fooba", "Zm9vYmE="},
	{"foobar", "Zm9vYmFy"},
};

static void base64__has_the_texts_of_the_rfc(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		freeing char *text = cni_base64_encode(vectors[i].data, strlen(vectors[i].data));
		freeing char *data = NULL;
		size_t size;

		assert_string_equal(text, vectors[i].text);
		assert_int_equal(cni_base64_decode(vectors[i].text, &data, &size), 0);
		assert_int_equal(size, strlen(vectors[i].data));
		assert_string_equal(data, vectors[i].data);
	}
}

/* All values of a byte, at each place of a group. */
static void base64__writes_and_reads_what_base64_does(void **state)
{
	char bytes[256 * 3 + 2];
	char theirs[2048] = "";
	freeing char *ours = NULL;
	freeing char *data = NULL;
	size_t size;
	FILE *pipe;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 85);
	ours = cni_base64_encode(bytes, sizeof(bytes));
	pipe = popen("perl -e 'print map { chr($_ * 85 % 256) } 0 .. 769' | base64 -w 76", "r");
	assert_non_null(pipe);
	size = fread(theirs, 1, sizeof(theirs) - 1, pipe);
	assert_int_equal(pclose(pipe), 0);
	assert_true(size > strlen(ours));
	/* With its line breaks. */
	assert_int_equal(cni_base64_decode(theirs, &data, &size), 0);
	assert_int_equal(size, sizeof(bytes));
	assert_memory_equal(data, bytes, size);
	for (char *end; (end = strchr(theirs, '\n'));)
		memmove(end, end + 1, strlen(end));
	assert_string_equal(ours, theirs);
}

static void base64__refuses_what_is_none(void **state)
{
	static const char *const texts[] = {
		"Z",	"Zg",	"Zg=", "Zg===", "====", "Z===", "Zg==Zg==", "Zm9v!",   "Zm 9v",
		"Zm9-", "Zm9_", "=",   "Zh==",	"Zm9=", "Zm=v", "Z=9v",	    "\x80m9v", "Zm9vYg"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char *data = NULL;
		size_t size = 7;

		if (cni_base64_decode(texts[i], &data, &size) != -1)
			fail_msg("'%s' was read", texts[i]);
		assert_null(data);
		assert_int_equal(size, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64__has_the_texts_of_the_rfc),
		cmocka_unit_test(base64__writes_and_reads_what_base64_does),
		cmocka_unit_test(base64__refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
