/* SPDX-License-Identifier: Apache-2.0 */
/* A sweep keeps some records and removes others. */
#include "records.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct keeping {
	struct record_owner owner; /* of all that is seen */
	const char *keep;	   /* addresses, each in blanks */
	size_t asked;
};

static bool keeps(const struct record_owner *owner, const struct record *record, void *data)
{
	struct keeping *keeping = data;
	char ip[CNI_IP_TEXT_SIZE];
	freeing char *word = cni_format(" %s ", cni_ip_format(&record->ip, ip));

	assert_string_equal(owner->digits, keeping->owner.digits);
	keeping->asked++;
	return strstr(keeping->keep, word) != NULL;
}

static void record__is_swept_unless_it_is_kept(void **state)
{
	struct keeping keeping = {.owner = record_owner("c1", "eth0"),
				  .keep = " 10.1.0.3 10.1.0.6 "};
	closing int dir = store_dir_fd();

	(void)state;
	for (int i = 2; i <= 7; i++) {
		freeing char *address = cni_format("10.1.0.%d", i);

		records_put(dir, &keeping.owner, address);
	}
	assert_int_equal(record_sweep(dir, keeps, &keeping), 0);
	assert_int_equal(keeping.asked, 6);
	records_assert(dir, &keeping.owner, "10.1.0.6 10.1.0.3 0");
	keeping.keep = "";
	assert_int_equal(record_sweep(dir, keeps, &keeping), 0);
	records_assert(dir, &keeping.owner, "0");
}

static void record__is_swept_with_unreachable_ones(void **state)
{
	static const char *const foreign[] = {"notes", ".putting", "0", ".0", "c1.0"};
	static const char *const behind[] = {"2", "10", "x", "0x", "1 "};
	struct keeping keeping = {.owner = record_owner("c1", "eth0"), .keep = " 10.1.0.2 "};
	struct record_owner gap = record_owner("c2", "eth0");
	freeing char *good = store_dir_sealed("10.1.0.9 " RECORDS_BOOT " 4:5 00112233");
	freeing char *of_gap = records_name(&gap, "1");
	closing int dir = store_dir_fd();

	(void)state;
	records_put(dir, &keeping.owner, "10.1.0.2");
	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
		records_make_entry(dir, foreign[i], i % 2 ? 0 : 3);
	/* Good ones, but behind a gap, or under a name that is not quite one. */
	for (size_t i = 0; i < sizeof(behind) / sizeof(*behind); i++) {
		freeing char *name = records_name(&keeping.owner, behind[i]);

		assert_int_equal(symlinkat(good, dir, name), 0);
	}
	assert_int_equal(symlinkat(good, dir, of_gap), 0);
	assert_int_equal(record_sweep(dir, keeps, &keeping), 0);
	assert_int_equal(keeping.asked, 1);
	records_assert(dir, &keeping.owner, "10.1.0.2 0");
	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
		assert_false(records_has_entry(dir, foreign[i]));
	for (size_t i = 0; i < sizeof(behind) / sizeof(*behind); i++) {
		freeing char *name = records_name(&keeping.owner, behind[i]);

		assert_false(records_has_entry(dir, name));
	}
	assert_false(records_has_entry(dir, of_gap));
}

/* Not for ever, that is: the lock is held meanwhile. */
static void record__sweep_ends_where_nothing_can_be_removed(void **state)
{
	struct keeping keeping = {.owner = record_owner("c1", "eth0"), .keep = ""};
	closing int dir = store_dir_fd();
	uid_t before = geteuid();
	int swept;
	int errnum;

	(void)state;
	records_put(dir, &keeping.owner, "10.1.0.2");
	records_put(dir, &keeping.owner, "10.1.0.3");
	assert_int_equal(fchmod(dir, 0555), 0);
	if (before == 0)
		assert_int_equal(seteuid(65534), 0);
	alarm(20); /* ends the test if it does not end */
	swept = record_sweep(dir, keeps, &keeping);
	errnum = errno;
	alarm(0);
	assert_int_equal(seteuid(before), 0);
	assert_int_equal(fchmod(dir, 0700), 0);
	assert_int_equal(swept, -1);
	assert_int_equal(errnum, EACCES);
	records_assert(dir, &keeping.owner, "10.1.0.2 10.1.0.3 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(record__is_swept_unless_it_is_kept),
		store_test(record__is_swept_with_unreachable_ones),
		store_test(record__sweep_ends_where_nothing_can_be_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
