/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include "cleanup.h"
#include "mem.h"
#include "store_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOT "0123456789abcdef"

static struct record record_of(const char *address, const char *mark)
{
	struct record record = {
		.ip = parsed_ip(address), .boot = {BOOT}, .netns = {.dev = 4, .ino = 4026532281}};

	snprintf(record.mark, sizeof(record.mark), "%s", mark);
	return record;
}

static void put(int dir, const struct record_owner *owner, const char *address)
{
	struct record record = record_of(address, "00112233");

	assert_int_equal(record_put(dir, owner, &record), 0);
}

/* The addresses of an owner's records in their order, then what ended them: "10.1.0.2 10.1.0.3 0".
 * The caller frees. */
static char *list(int dir, const struct record_owner *owner)
{
	char *text = cni_strdup("");
	struct record record;
	char *longer;
	int got;

	for (size_t k = 0; (got = record_get(dir, owner, k, &record)) > 0; k++) {
		char ip[CNI_IP_TEXT_SIZE];

		longer = cni_format("%s%s ", text, cni_ip_format(&record.ip, ip));
		free(text);
		text = longer;
	}
	longer = cni_format("%s%d", text, got);
	free(text);
	return longer;
}

static void assert_list(int dir, const struct record_owner *owner, const char *expected)
{
	freeing char *text = list(dir, owner);

	assert_string_equal(text, expected);
}

/* The name of an owner's k-th record; the caller frees. */
static char *name_of(const struct record_owner *owner, const char *k)
{
	return cni_format("%s.%s", owner->digits, k);
}

static bool is_there(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* ---- one ---- */

static void record__is_one_link(void **state)
{
	struct record_owner owner = record_owner("c1", "eth0");
	struct record record = record_of("10.1.0.7", "00112233");
	freeing char *first = store_dir_sealed("10.1.0.7 " BOOT " 4:4026532281 00112233");
	freeing char *second = store_dir_sealed("10.1.0.7 " BOOT " 4:4026532281:17 00112233");
	freeing char *name = name_of(&owner, "0");
	closing int dir = store_dir_fd();
	char text[160] = "";

	(void)state;
	assert_int_equal(strlen(owner.digits), RECORD_OWNER_SIZE - 1);
	assert_int_equal(strspn(owner.digits, "0123456789abcdef"), RECORD_OWNER_SIZE - 1);
	assert_int_equal(record_put(dir, &owner, &record), 0);
	assert_true(readlinkat(dir, name, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, first);
	record.netns.cookie = 17;
	memset(text, 0, sizeof(text));
	assert_int_equal(record_put(dir, &owner, &record), 0);
	assert_true(readlinkat(dir, name, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, second);
}

static void record__comes_back_as_it_was(void **state)
{
	struct record records[] = {
		record_of("10.1.0.7", "00112233"),
		record_of("1111:2222:3333:4444:5555:6666:7777:8888", "ffffffff"),
		{.ip = parsed_ip("::1")}, /* nothing known but the address */
	};
	struct record_owner owner = record_owner("c1", "eth0");
	closing int dir = store_dir_fd();
	struct record found;

	(void)state;
	records[1].netns =
		(struct netns_id){.dev = UINT64_MAX, .ino = UINT64_MAX, .cookie = UINT64_MAX};
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(record_put(dir, &owner, &records[i]), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(record_get(dir, &owner, i, &found), 1);
		assert_true(cni_ip_equal(&found.ip, &records[i].ip));
		assert_string_equal(found.boot.digits, records[i].boot.digits);
		assert_true(found.netns.dev == records[i].netns.dev &&
			    found.netns.ino == records[i].netns.ino &&
			    found.netns.cookie == records[i].netns.cookie);
		assert_string_equal(found.mark, records[i].mark);
		assert_true(record_find(dir, &owner, &records[i].ip, &found));
		assert_string_equal(found.mark, records[i].mark);
	}
	assert_int_equal(record_get(dir, &owner, 3, &found), 0);
}

static void record__is_its_owners_alone(void **state)
{
	static const char *const others[][2] = {{"c1", "net1"}, {"c2", "eth0"}, {"c1", ""}};
	struct record_owner owner = record_owner("c1", "eth0");
	struct cni_ip ip = parsed_ip("10.1.0.7");
	closing int dir = store_dir_fd();
	struct record found;

	(void)state;
	put(dir, &owner, "10.1.0.7");
	for (size_t i = 0; i < 3; i++) {
		struct record_owner other = record_owner(others[i][0], others[i][1]);

		assert_false(record_find(dir, &other, &ip, &found));
		assert_int_equal(record_remove(dir, &other, &ip), 0);
	}
	assert_list(dir, &owner, "10.1.0.7 0");
}

static void record__replaces_that_of_the_same_address(void **state)
{
	struct record later = record_of("10.1.0.3", "44556677");
	struct record_owner owner = record_owner("c1", "eth0");
	closing int dir = store_dir_fd();
	struct record found;

	(void)state;
	put(dir, &owner, "10.1.0.2");
	put(dir, &owner, "10.1.0.3");
	put(dir, &owner, "10.1.0.4");
	/* Something that one who was killed has left does not matter. */
	assert_int_equal(symlinkat("left", dir, ".putting"), 0);
	assert_int_equal(record_put(dir, &owner, &later), 0);
	assert_list(dir, &owner, "10.1.0.2 10.1.0.3 10.1.0.4 0");
	assert_int_equal(record_get(dir, &owner, 1, &found), 1);
	assert_string_equal(found.mark, "44556677");
	assert_false(is_there(dir, ".putting"));
}

static void record__leaves_no_gap_when_it_goes(void **state)
{
	static const struct {
		const char *goes, *expected;
	} cases[] = {
		{"10.1.0.3", "10.1.0.2 10.1.0.5 10.1.0.4 0"}, /* from the middle */
		{"10.1.0.2", "10.1.0.4 10.1.0.5 0"},	      /* the first */
		{"10.1.0.9", "10.1.0.4 10.1.0.5 0"},	      /* one that is not there */
		{"10.1.0.5", "10.1.0.4 0"},		      /* the last */
		{"10.1.0.4", "0"},			      /* the only one */
		{"10.1.0.4", "0"},
	};
	struct record_owner owner = record_owner("c1", "eth0");
	closing int dir = store_dir_fd();

	(void)state;
	for (int i = 2; i <= 5; i++) {
		freeing char *address = cni_format("10.1.0.%d", i);

		put(dir, &owner, address);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_ip ip = parsed_ip(cases[i].goes);

		assert_int_equal(record_remove(dir, &owner, &ip), 0);
		assert_list(dir, &owner, cases[i].expected);
	}
}

/* ---- unreadable ---- */

static void record__must_say_what_it_should(void **state)
{
	static const char *const garbage[] = {
		"x",
		"10.1.0.7",
		"10.1.0.7 " BOOT,
		"10.1.0.7 " BOOT " 4:5",
		"10.1.0.7 " BOOT " 45 00112233",
		"10.1.0.7 " BOOT " 4:5 00112233 more",
		"10.1.0.7 " BOOT " 4:5 001122334",
		"10.1.0.7 " BOOT "0 4:5 00112233",
		"10.1.0.7 " BOOT " :5 00112233",
		"10.1.0.7 " BOOT " x:5 00112233",
		"10.1.0.7 " BOOT " 4:5x 00112233",
		"10.1.0.700 " BOOT " 4:5 00112233",
		" " BOOT " 4:5 00112233",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb " BOOT " 4:5 00112233",
	};
	struct record_owner owner = record_owner("c1", "eth0");
	freeing char *name = name_of(&owner, "0");
	struct cni_ip ip = parsed_ip("10.1.0.7");
	closing int dir = store_dir_fd();
	struct record found;

	(void)state;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
		freeing char *sealed = store_dir_sealed(garbage[i]);

		assert_int_equal(symlinkat(sealed, dir, name), 0);
		errno = 0;
		if (record_get(dir, &owner, 0, &found) != -1 || errno != EINVAL)
			fail_msg("\"%s\" was read, or is not said to be wrong", sealed);
		assert_false(record_find(dir, &owner, &ip, &found));
		assert_int_equal(unlinkat(dir, name, 0), 0);
	}
}

/* Damage to any character is found, also where the rest can be read. */
static void record__tells_any_damage(void **state)
{
	freeing char *whole = store_dir_sealed("10.1.0.7 " BOOT " 4:5:17 00112233");
	struct record_owner owner = record_owner("c1", "eth0");
	freeing char *name = name_of(&owner, "0");
	closing int dir = store_dir_fd();
	size_t size = strlen(whole);
	struct record found;

	(void)state;
	assert_int_equal(symlinkat(whole, dir, name), 0);
	assert_int_equal(record_get(dir, &owner, 0, &found), 1);
	for (size_t i = 0; i < 2 * size; i++) {
		freeing char *text = cni_strdup(whole);

		/* Another character, or the end. */
		text[i % size] = i < size ? (char)(text[i % size] ^ 1) : '\0';
		if (!*text)
			continue;
		assert_int_equal(unlinkat(dir, name, 0), 0);
		assert_int_equal(symlinkat(text, dir, name), 0);
		if (record_get(dir, &owner, 0, &found) != -1)
			fail_msg("\"%s\" was read", text);
	}
}

static void make_entry(int dir, const char *name, int kind)
{
	if (kind == 0)
		assert_int_equal(symlinkat("garbage", dir, name), 0);
	else if (kind == 1)
		assert_int_equal(mkdirat(dir, name, 0700), 0);
	else
		assert_int_equal(mknodat(dir, name, (kind == 2 ? S_IFIFO : S_IFREG) | 0600, 0), 0);
}

/* A record behind an unreadable one would never be found. */
static void record__is_not_put_behind_one_that_is_unreadable(void **state)
{
	struct record_owner owner = record_owner("c1", "eth0");
	struct record other = record_of("10.1.0.3", "00112233");
	struct record first = record_of("10.1.0.2", "44556677");
	freeing char *second = name_of(&owner, "1");
	freeing char *third = name_of(&owner, "2");
	closing int dir = store_dir_fd();

	(void)state;
	put(dir, &owner, "10.1.0.2");
	for (int kind = 0; kind < 4; kind++) {
		make_entry(dir, second, kind);
		assert_list(dir, &owner, "10.1.0.2 -1");
		errno = 0;
		assert_int_equal(record_put(dir, &owner, &other), -1);
		assert_int_equal(errno, EIO);
		assert_false(is_there(dir, third));
		/* The record before it can be replaced. */
		assert_int_equal(record_put(dir, &owner, &first), 0);
		assert_list(dir, &owner, "10.1.0.2 -1");
		assert_int_equal(unlinkat(dir, second, kind == 1 ? AT_REMOVEDIR : 0), 0);
	}
}

/* ---- sweep ---- */

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

		put(dir, &keeping.owner, address);
	}
	assert_int_equal(record_sweep(dir, keeps, &keeping), 0);
	assert_int_equal(keeping.asked, 6);
	assert_list(dir, &keeping.owner, "10.1.0.6 10.1.0.3 0");
	keeping.keep = "";
	assert_int_equal(record_sweep(dir, keeps, &keeping), 0);
	assert_list(dir, &keeping.owner, "0");
}

static void record__is_swept_with_unreachable_ones(void **state)
{
	static const char *const foreign[] = {"notes", ".putting", "0", ".0", "c1.0"};
	static const char *const behind[] = {"2", "10", "x", "0x", "1 "};
	struct keeping keeping = {.owner = record_owner("c1", "eth0"), .keep = " 10.1.0.2 "};
	struct record_owner gap = record_owner("c2", "eth0");
	freeing char *good = store_dir_sealed("10.1.0.9 " BOOT " 4:5 00112233");
	freeing char *of_gap = name_of(&gap, "1");
	closing int dir = store_dir_fd();

	(void)state;
	put(dir, &keeping.owner, "10.1.0.2");
	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
		make_entry(dir, foreign[i], i % 2 ? 0 : 3);
	/* Good ones, but behind a gap, or under a name that is not quite one. */
	for (size_t i = 0; i < sizeof(behind) / sizeof(*behind); i++) {
		freeing char *name = name_of(&keeping.owner, behind[i]);

		assert_int_equal(symlinkat(good, dir, name), 0);
	}
	assert_int_equal(symlinkat(good, dir, of_gap), 0);
	assert_int_equal(record_sweep(dir, keeps, &keeping), 0);
	assert_int_equal(keeping.asked, 1);
	assert_list(dir, &keeping.owner, "10.1.0.2 0");
	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
		assert_false(is_there(dir, foreign[i]));
	for (size_t i = 0; i < sizeof(behind) / sizeof(*behind); i++) {
		freeing char *name = name_of(&keeping.owner, behind[i]);

		assert_false(is_there(dir, name));
	}
	assert_false(is_there(dir, of_gap));
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
	put(dir, &keeping.owner, "10.1.0.2");
	put(dir, &keeping.owner, "10.1.0.3");
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
	assert_list(dir, &keeping.owner, "10.1.0.2 10.1.0.3 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(record__is_one_link),
		store_test(record__comes_back_as_it_was),
		store_test(record__is_its_owners_alone),
		store_test(record__replaces_that_of_the_same_address),
		store_test(record__leaves_no_gap_when_it_goes),
		store_test(record__must_say_what_it_should),
		store_test(record__tells_any_damage),
		store_test(record__is_not_put_behind_one_that_is_unreadable),
		store_test(record__is_swept_unless_it_is_kept),
		store_test(record__is_swept_with_unreachable_ones),
		store_test(record__sweep_ends_where_nothing_can_be_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
