/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include "cleanup.h"
#include "entries.h"
#include "hash.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits, a dot and a number. */
#define NAME_SIZE 64
/* The longest text, with an IPv6 address. */
#define TEXT_SIZE 192
/* Three numbers of 64 bits at their longest. */
#define NETNS_SIZE 64
/* Digits of the digest that a text ends with. */
#define SEAL_LENGTH 8
#define TEMPORARY   ".putting"

struct record_owner record_owner(const char *container, const char *ifname)
{
	freeing char *text = cni_format("%s/%s", container, ifname);
	char digits[CNI_HASH_TEXT_SIZE];
	struct record_owner owner;

	cni_hash_hex(text, strlen(text), digits);
	memcpy(owner.digits, digits, RECORD_OWNER_SIZE - 1);
	owner.digits[RECORD_OWNER_SIZE - 1] = '\0';
	return owner;
}

static const char *name_of(const struct record_owner *owner, size_t k, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "%s.%zu", owner->digits, k);
	return name;
}

/* ---- read ---- */

static bool take_text(char **rest, const char *separators, char *ret_text, size_t size)
{
	const char *word = strsep(rest, separators);

	if (!word || strlen(word) >= size)
		return false;
	memcpy(ret_text, word, strlen(word) + 1);
	return true;
}

static bool take_number(char **rest, const char *separators, uint64_t *ret_number)
{
	const char *word = strsep(rest, separators);
	char *end;

	if (!word || !*word)
		return false;
	*ret_number = strtoull(word, &end, 10);
	return !*end;
}

/* "4:4026532281:17", or without the cookie. */
static bool take_netns(char **rest, struct netns_id *ret_netns)
{
	char *numbers = strsep(rest, " ");

	return numbers && take_number(&numbers, ":", &ret_netns->dev) &&
	       take_number(&numbers, ":", &ret_netns->ino) &&
	       (!numbers || (take_number(&numbers, ":", &ret_netns->cookie) && !numbers));
}

static const char *format_netns(const struct netns_id *netns, char text[NETNS_SIZE])
{
	int used =
		snprintf(text, NETNS_SIZE, "%ju:%ju", (uintmax_t)netns->dev, (uintmax_t)netns->ino);

	if (netns->cookie)
		snprintf(text + used, NETNS_SIZE - (size_t)used, ":%ju", (uintmax_t)netns->cookie);
	return text;
}

/* Takes the digest off the end. A text that does not have its own is damaged. */
static bool take_seal(char *text)
{
	char *end = strrchr(text, ' ');
	char digits[CNI_HASH_TEXT_SIZE];

	if (!end || strlen(end + 1) != SEAL_LENGTH)
		return false;
	cni_hash_hex(text, (size_t)(end - text), digits);
	if (strncmp(end + 1, digits, SEAL_LENGTH) != 0)
		return false;
	*end = '\0';
	return true;
}

static bool parse(char *text, struct record *record)
{
	char ip[CNI_IP_TEXT_SIZE];

	return take_seal(text) && take_text(&text, " ", ip, sizeof(ip)) &&
	       cni_ip_parse(ip, &record->ip) == 0 &&
	       take_text(&text, " ", record->boot.digits, sizeof(record->boot.digits)) &&
	       take_netns(&text, &record->netns) &&
	       take_text(&text, " ", record->mark, sizeof(record->mark)) && !text;
}

int record_get(int dir, const struct record_owner *owner, size_t k, struct record *ret_record)
{
	char name[NAME_SIZE];
	char text[TEXT_SIZE];
	ssize_t size = readlinkat(dir, name_of(owner, k, name), text, sizeof(text) - 1);

	if (size < 0)
		return errno == ENOENT ? 0 : -1;
	text[size] = '\0';
	*ret_record = (struct record){0};
	if (parse(text, ret_record))
		return 1;
	errno = EINVAL;
	return -1;
}

/* The number of the address's record, or of the first one that is not there. `*ret_got` is what
 * record_get() said of it. */
static size_t number_of(int dir, const struct record_owner *owner, const struct cni_ip *ip,
			struct record *ret_record, int *ret_got)
{
	size_t k = 0;

	while ((*ret_got = record_get(dir, owner, k, ret_record)) > 0 &&
	       !cni_ip_equal(&ret_record->ip, ip))
		k++;
	return k;
}

bool record_find(int dir, const struct record_owner *owner, const struct cni_ip *ip,
		 struct record *ret_record)
{
	int got;

	number_of(dir, owner, ip, ret_record, &got);
	return got > 0;
}

void record_tell(const struct record *record, struct lease *lease)
{
	if (strcmp(record->mark, lease->mark) != 0)
		return;
	lease->boot = record->boot;
	lease->netns = record->netns;
}

/* ---- write ---- */

int record_put(int dir, const struct record_owner *owner, const struct record *record)
{
	char ip[CNI_IP_TEXT_SIZE];
	char name[NAME_SIZE];
	char digits[CNI_HASH_TEXT_SIZE];
	char netns[NETNS_SIZE];
	char text[TEXT_SIZE];
	struct record before;
	int size;
	int got;

	size = snprintf(text, sizeof(text), "%s %s %s %s", cni_ip_format(&record->ip, ip),
			record->boot.digits, format_netns(&record->netns, netns), record->mark);
	cni_hash_hex(text, (size_t)size, digits);
	snprintf(text + size, sizeof(text) - (size_t)size, " %.*s", SEAL_LENGTH, digits);
	/* Most owners have none yet. */
	if (symlinkat(text, dir, name_of(owner, 0, name)) == 0)
		return 0;
	name_of(owner, number_of(dir, owner, &record->ip, &before, &got), name);
	if (got < 0) {
		errno = EIO;
		return -1;
	}
	if (!got)
		return symlinkat(text, dir, name);
	unlinkat(dir, TEMPORARY, 0);
	if (symlinkat(text, dir, TEMPORARY) < 0)
		return -1;
	return renameat(dir, TEMPORARY, dir, name);
}

/* After record_get() returned -1: true if the record itself is the cause. */
static bool is_damaged(void)
{
	return errno == EINVAL;
}

/* Moves the last record to the removed one's place, to leave no gap. */
static int remove_at(int dir, const struct record_owner *owner, size_t k)
{
	struct record other;
	char name[NAME_SIZE];
	char last_name[NAME_SIZE];
	size_t last = k;
	int got;

	while ((got = record_get(dir, owner, last + 1, &other)) > 0)
		last++;
	if (got < 0 && !is_damaged())
		return -1;
	name_of(owner, k, name);
	if (last == k)
		return unlinkat(dir, name, 0);
	return renameat(dir, name_of(owner, last, last_name), dir, name);
}

int record_remove(int dir, const struct record_owner *owner, const struct cni_ip *ip)
{
	struct record record;
	int got;
	size_t k = number_of(dir, owner, ip, &record, &got);

	return got > 0 ? remove_at(dir, owner, k) : got;
}

/* ---- sweep ---- */

static bool is_any(const char *name)
{
	(void)name;
	return true;
}

/* Splits "<owner>.<k>". */
static bool read_name(const char *name, struct record_owner *ret_owner, size_t *ret_k)
{
	char *end;

	if (strlen(name) <= RECORD_OWNER_SIZE || name[RECORD_OWNER_SIZE - 1] != '.')
		return false;
	memcpy(ret_owner->digits, name, RECORD_OWNER_SIZE - 1);
	ret_owner->digits[RECORD_OWNER_SIZE - 1] = '\0';
	*ret_k = strtoul(name + RECORD_OWNER_SIZE, &end, 10);
	return !*end;
}

static int sweep_owner(int dir, const struct record_owner *owner, record_keeper *keep, void *data)
{
	struct record record;
	size_t k = 0;
	int got;

	while ((got = record_get(dir, owner, k, &record)) > 0)
		if (keep(owner, &record, data))
			k++;
		else if (remove_at(dir, owner, k) < 0)
			return -1;
	return got < 0 && !is_damaged() ? -1 : 0;
}

/* A record after a gap, or a malformed one, cannot be found. Returns 1 if the record can be
 * found, 0 if not, or -1 and errno if unknown. */
static int reach(int dir, const char *name)
{
	struct record_owner owner;
	struct record record;
	int got = 1;
	size_t k;

	if (!read_name(name, &owner, &k))
		return 0;
	for (size_t i = 0; i <= k && got > 0; i++)
		got = record_get(dir, &owner, i, &record);
	return got < 0 && is_damaged() ? 0 : got;
}

static void show(int dir, const char *name, record_visitor *visit, void *data)
{
	struct record_owner owner;
	struct record record;
	size_t k;

	if (reach(dir, name) > 0 && read_name(name, &owner, &k) &&
	    record_get(dir, &owner, k, &record) > 0)
		visit(name, &owner, &record, data);
	else
		visit(name, NULL, NULL, data);
}

int record_walk(int dir, record_visitor *visit, void *data)
{
	clearing_entries struct entries found = {0};

	if (entries_read(dir, is_any, &found) < 0)
		return -1;
	for (size_t i = 0; i < found.count; i++)
		show(dir, found.names[i], visit, data);
	return 0;
}

int record_sweep(int dir, record_keeper *keep, void *data)
{
	clearing_entries struct entries found = {0};
	struct record_owner owner;
	int failed = 0;
	size_t k;

	if (entries_read(dir, is_any, &found) < 0)
		return -1;
	for (size_t i = 0; i < found.count; i++)
		if (read_name(found.names[i], &owner, &k) && k == 0 &&
		    sweep_owner(dir, &owner, keep, data) < 0)
			failed = errno;
	for (size_t i = 0; i < found.count; i++) {
		int reached = reach(dir, found.names[i]);

		if (reached < 0 || (!reached && unlinkat(dir, found.names[i], 0) < 0 &&
				    errno != ENOENT && errno != EISDIR))
			failed = errno;
	}
	errno = failed;
	return failed ? -1 : 0;
}
