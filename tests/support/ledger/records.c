/* SPDX-License-Identifier: Apache-2.0 */
#include "records.h"

#include "cleanup.h"
#include "mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct record records_of(const char *address, const char *mark)
{
	struct record record = {.ip = parsed_ip(address),
				.boot = {RECORDS_BOOT},
				.netns = {.dev = 4, .ino = 4026532281}};

	snprintf(record.mark, sizeof(record.mark), "%s", mark);
	return record;
}

void records_put(int dir, const struct record_owner *owner, const char *address)
{
	struct record record = records_of(address, "00112233");

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

void records_assert(int dir, const struct record_owner *owner, const char *expected)
{
	freeing char *text = list(dir, owner);

	assert_string_equal(text, expected);
}

/* The name of an owner's k-th record; the caller frees. */
char *records_name(const struct record_owner *owner, const char *k)
{
	return cni_format("%s.%s", owner->digits, k);
}

bool records_has_entry(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void records_make_entry(int dir, const char *name, int kind)
{
	if (kind == 0)
		assert_int_equal(symlinkat("garbage", dir, name), 0);
	else if (kind == 1)
		assert_int_equal(mkdirat(dir, name, 0700), 0);
	else
		assert_int_equal(mknodat(dir, name, (kind == 2 ? S_IFIFO : S_IFREG) | 0600, 0), 0);
}
