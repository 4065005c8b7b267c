/* SPDX-License-Identifier: Apache-2.0 */
/* Names of networks, containers, interfaces and plugins. */
#include "names.h"

#include "test.h"

#include <string.h>

static void name__of_a_network_is_plain(void **state)
{
	static const char *const good[] = {"a", "0", "blue", "Blue_1.2-x", "a..b"};
	static const char *const wrong[] = {"",	    "-a",  ".a",  "_a",	      "a/b",
					    "../x", "a b", "a\n", "\xc3\xa9", "a:b"};
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(cni_name_check_network(good[i], &err), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(cni_name_check_network(wrong[i], &err), -1);
		assert_int_equal(err.code, CNI_ECONFIG);
	}
	cni_name_check_network("a b", &err);
	assert_string_equal(err.msg, "'name' 'a b' must start with a letter or digit and hold only "
				     "letters, digits, '_', '.' and '-'");
}

static void name__has_room_in_a_file_name(void **state)
{
	struct cni_error err;
	char name[202];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[200] = '\0';
	assert_int_equal(cni_name_check_network(name, &err), 0);
	name[200] = 'n';
	name[201] = '\0';
	assert_int_equal(cni_name_check_network(name, &err), -1);
	assert_non_null(strstr(err.msg, "has 201 characters, at most 200 are allowed"));
}

static void name__of_a_container_is_the_environments(void **state)
{
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_name_check_container("4f1c", &err), 0);
	assert_int_equal(cni_name_check_container("../4f1c", &err), -1);
	assert_int_equal(err.code, CNI_EENV);
	assert_non_null(strstr(err.msg, "CNI_CONTAINERID '../4f1c'"));
}

static void name__of_an_interface_is_the_kernels(void **state)
{
	static const char *const good[] = {"eth0",    "a", "...", "cni0.5", "abcdefghijklmno",
					   "\xc3\xa9"};
	static const struct {
		const char *name, *message;
	} wrong[] = {
		{"", "'bridge' is empty, expected the name of an interface"},
		{"abcdefghijklmnop", "'bridge' 'abcdefghijklmnop' is too long: an interface name "
				     "has at most 15 characters"},
		{".", "'bridge' '.' is not the name of an interface"},
		{"..", "'bridge' '..' is not the name of an interface"},
		{"a/b", "'bridge' 'a/b' holds '/', ':', '%', white space or a control character"},
		{"a:b", "'bridge' 'a:b' holds '/', ':', '%', white space or a control character"},
		{"a%d", "'bridge' 'a%d' holds '/', ':', '%', white space or a control character"},
		{"a b", "'bridge' 'a b' holds '/', ':', '%', white space or a control character"},
		{"a\x01", "'bridge' 'a?' holds '/', ':', '%', white space or a control character"},
	};
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(cni_name_check_interface(good[i], "'bridge'", CNI_ECONFIG, &err),
				 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(
			cni_name_check_interface(wrong[i].name, "'bridge'", CNI_ECONFIG, &err), -1);
		assert_int_equal(err.code, CNI_ECONFIG);
		assert_string_equal(err.msg, wrong[i].message);
	}
}

/* Second names of links (ip-link(8), "altname") have up to 127 bytes. */
static void name__of_a_link_that_exists_may_be_longer(void **state)
{
	struct cni_error err;
	char name[129];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[127] = '\0';
	assert_int_equal(cni_name_check_existing(name, "'master'", &err), 0);
	assert_int_equal(cni_name_check_existing("enp130s0f1np1d2", "'master'", &err), 0);
	assert_int_equal(cni_name_check_existing("enp130s0f1np1d2v17", "'master'", &err), 0);
	name[127] = 'n';
	name[128] = '\0';
	assert_int_equal(cni_name_check_existing(name, "'master'", &err), -1);
	assert_int_equal(err.code, CNI_ECONFIG);
	assert_non_null(strstr(err.msg, "an interface name has at most 127 characters"));
	assert_int_equal(cni_name_check_existing("enp130s0f1np1/d2v17", "'master'", &err), -1);
	assert_int_equal(cni_name_check_existing("", "'master'", &err), -1);
	assert_int_equal(cni_name_check_existing("..", "'master'", &err), -1);
}

/* CVE-2021-20206: a configuration must not choose what is run outside of CNI_PATH. */
static void name__of_a_plugin_leads_nowhere_else(void **state)
{
	static const char *const wrong[] = {"", "/bin/sh", "../sh", "a/b", "a\\b", ".", ".."};
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_name_check_plugin("host-local", "'ipam.type'", &err), 0);
	assert_int_equal(cni_name_check_plugin("...", "'ipam.type'", &err), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(cni_name_check_plugin(wrong[i], "'ipam.type'", &err), -1);
		assert_int_equal(err.code, CNI_ECONFIG);
	}
	cni_name_check_plugin("../sh", "'ipam.type'", &err);
	assert_string_equal(err.msg, "'ipam.type' '../sh' must be the name of an executable on "
				     "CNI_PATH, without '/'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name__of_a_network_is_plain),
		cmocka_unit_test(name__has_room_in_a_file_name),
		cmocka_unit_test(name__of_a_container_is_the_environments),
		cmocka_unit_test(name__of_an_interface_is_the_kernels),
		cmocka_unit_test(name__of_a_link_that_exists_may_be_longer),
		cmocka_unit_test(name__of_a_plugin_leads_nowhere_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
