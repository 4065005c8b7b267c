/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include "test.h"

#include <errno.h>
#include <string.h>

static void error__is_filled_in_one_statement(void **state)
{
	struct cni_error err = {.errnum = 5, .details = "old"};

	(void)state;
	assert_int_equal(cni_fail(&err, CNI_ECONFIG, "'mtu' is %d, expected more", 3), -1);
	assert_int_equal(err.code, CNI_ECONFIG);
	assert_int_equal(err.errnum, 0);
	assert_string_equal(err.msg, "'mtu' is 3, expected more");
	assert_string_equal(err.details, "");
}

static void error__says_what_errno_means_and_keeps_it(void **state)
{
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_fail_errno(&err, CNI_EIO, ENOENT, "open '%s'", "/x"), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_int_equal(err.errnum, ENOENT);
	assert_string_equal(err.msg, "open '/x': No such file or directory");
}

static void error__gets_context_on_its_way_up(void **state)
{
	struct cni_error err;

	(void)state;
	cni_fail_errno(&err, CNI_EKERNEL, EEXIST, "add");
	cni_fail_details(&err, "said by %s", "another");
	assert_int_equal(cni_fail_within(&err, "link '%s'", "eth0"), -1);
	assert_string_equal(err.msg, "link 'eth0': add: File exists");
	assert_string_equal(err.details, "said by another");
	assert_int_equal(err.code, CNI_EKERNEL);
	assert_int_equal(err.errnum, EEXIST);
}

/* A message is one line of a log and one string of JSON. */
static void error__has_no_control_characters(void **state)
{
	struct cni_error err;

	(void)state;
	cni_fail(&err, CNI_EIO, "a%sb", "\n\t\x1b\x7f");
	assert_string_equal(err.msg, "a????b");
	cni_fail_within(&err, "c%s", "\r");
	assert_string_equal(err.msg, "c?: a????b");
	cni_fail_details(&err, "d%s", "\a");
	assert_string_equal(err.details, "d?");
	cni_fail(&err, CNI_EIO, "%s", "caf\xc3\xa9");
	assert_string_equal(err.msg, "caf\xc3\xa9");
}

static void error__cuts_what_does_not_fit(void **state)
{
	char text[4096];
	struct cni_error err;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	cni_fail(&err, CNI_EIO, "%s", text);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	cni_fail_within(&err, "outside");
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	assert_memory_equal(err.msg, "outside: xxx", 12);
	cni_fail_errno(&err, CNI_EIO, EIO, "%s", text);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	cni_fail_details(&err, "%s", text);
	assert_int_equal(strlen(err.details), sizeof(err.details) - 1);
}

static void error__keeps_the_first_of_several(void **state)
{
	struct cni_error first = {0};
	struct cni_error next;
	struct cni_error err = {.msg = "before"};

	(void)state;
	assert_int_equal(cni_fail_if_any(&first, &err), 0);
	assert_string_equal(err.msg, "before");
	cni_fail(&next, CNI_EKERNEL, "one");
	cni_fail_first(&first, &next);
	cni_fail(&next, CNI_EIO, "two");
	cni_fail_first(&first, &next);
	assert_int_equal(cni_fail_if_any(&first, &err), -1);
	assert_int_equal(err.code, CNI_EKERNEL);
	assert_string_equal(err.msg, "one");
}

static void error__names_what_is_missing(void **state)
{
	static const int missing[] = {ENODEV, ENOENT};
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		cni_fail_errno(&err, CNI_EKERNEL, missing[i], "get link");
		assert_int_equal(cni_fail_missing(&err, CNI_EMISMATCH, "no '%s'", "br0"), -1);
		assert_int_equal(err.code, CNI_EMISMATCH);
		assert_int_equal(err.errnum, 0);
		assert_string_equal(err.msg, "no 'br0'");
	}
	cni_fail_errno(&err, CNI_EKERNEL, EPERM, "get link");
	assert_int_equal(cni_fail_missing(&err, CNI_EMISMATCH, "no '%s'", "br0"), -1);
	assert_int_equal(err.code, CNI_EKERNEL);
	assert_string_equal(err.msg, "get link: Operation not permitted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error__is_filled_in_one_statement),
		cmocka_unit_test(error__says_what_errno_means_and_keeps_it),
		cmocka_unit_test(error__gets_context_on_its_way_up),
		cmocka_unit_test(error__has_no_control_characters),
		cmocka_unit_test(error__cuts_what_does_not_fit),
		cmocka_unit_test(error__keeps_the_first_of_several),
		cmocka_unit_test(error__names_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
