/* SPDX-License-Identifier: Apache-2.0 */
/* The file of earlier values, cut off or damaged: what it still says counts. */
#include "tuning_backup.h"

#include "backup.h"
#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <string.h>

static const struct cni_owner owner = {"blue", "c1", "eth0"};

/* As a full disk or a power cut leaves it. Each beginning has no value but those of the whole, and
 * has those that are followed by more. */
static void backup__that_is_cut_off_says_what_it_can(void **state)
{
	struct cni_tuning_backup backup = backup_of_some();
	freeing char *text = cni_tuning_backup_print(&owner, &backup);
	const char *mtu = strstr(text, "\"mtu\"");
	const char *second = strstr(text, "tcp_rmem");

	(void)state;
	for (size_t i = 0; i < strlen(text); i++) {
		freeing char *cut = cni_strndup(text, i);
		struct cni_tuning_backup found;
		bool is_one = cni_tuning_backup_parse(cut, &found);

		if (cni_link_settings_have(&found.earlier.link, CNI_LINK_MTU))
			assert_int_equal(found.earlier.link.mtu, 1500);
		if (cni_link_settings_have(&found.earlier.link, CNI_LINK_TXQLEN))
			assert_int_equal(found.earlier.link.txqlen, 1000);
		for (size_t j = 0; j < found.earlier.sysctl_count; j++) {
			const struct cni_tuning_sysctl *sysctl = &found.earlier.sysctls[j];

			assert_string_equal(sysctl->path, backup.earlier.sysctls[j].path);
			if (sysctl->value)
				assert_string_equal(sysctl->value, backup.earlier.sysctls[j].value);
		}
		if (i > (size_t)(strchr(mtu, ',') - text)) {
			assert_true(is_one);
			assert_true(cni_link_settings_have(&found.earlier.link, CNI_LINK_MTU));
		}
		if (i > (size_t)(second - text))
			assert_string_equal(found.earlier.sysctls[0].value, "4096");
		cni_tuning_backup_clear(&found);
	}
	cni_tuning_backup_clear(&backup);
}

/* The members before the damage count, and a comma in a string or a bracket is none. */
static void backup__that_is_damaged_says_what_it_can(void **state)
{
	static const struct {
		const char *text;
		unsigned int given;
	} cases[] = {
		{"{\"mtu\":1500,\"promisc\":true,x",
		 (1U << CNI_LINK_MTU) | (1U << CNI_LINK_PROMISC)},
		{"{\"mtu\":1500,\"promisc\":tru", 1U << CNI_LINK_MTU},
		{"{\"a,b\\\",\":[1,{\"c\":2}],\"mtu\":1500,\"x\":[1,{\"y\"", 1U << CNI_LINK_MTU},
		{"{\"mtu\":1500,,,,\"txQLen\":7}", 1U << CNI_LINK_MTU},
		{"{\"mtu\":1500", 0},
		{"{", 0},
		{",", 0},
		{"", 0},
		{"[[[[[[[[[[[[,", 0},
		{"{\"mtu\":1500,\"x\":[[[[[[[[[[1,2", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_tuning_backup found;

		cni_tuning_backup_parse(cases[i].text, &found);
		if (found.earlier.link.given != cases[i].given)
			fail_msg("'%s' gives %x, expected %x", cases[i].text,
				 found.earlier.link.given, cases[i].given);
		cni_tuning_backup_clear(&found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backup__that_is_cut_off_says_what_it_can),
		cmocka_unit_test(backup__that_is_damaged_says_what_it_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
