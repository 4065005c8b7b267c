/* SPDX-License-Identifier: Apache-2.0 */
#include "owner.h"

#include "cleanup.h"
#include "hash.h"
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two parts of this length, two slashes and an ifname of 15 fit. */
#define PART_LENGTH 54
#define HASH_DIGITS 16

#define KEY_PREFIX "veth"
#define KEY_DIGITS 11

/* Copies `text`, or its beginning, '~' and its hash if it is longer than PART_LENGTH. */
static void format_part(const char *text, char part[PART_LENGTH + 1])
{
	char digits[CNI_HASH_TEXT_SIZE];

	if (strlen(text) <= PART_LENGTH) {
		snprintf(part, PART_LENGTH + 1, "%s", text);
		return;
	}
	cni_hash_hex(text, strlen(text), digits);
	snprintf(part, PART_LENGTH + 1, "%.*s~%.*s", PART_LENGTH - 1 - HASH_DIGITS, text,
		 HASH_DIGITS, digits);
}

const char *cni_owner_format_network(const char *network, char text[CNI_OWNER_TEXT_SIZE])
{
	char part[PART_LENGTH + 1];

	format_part(network, part);
	snprintf(text, CNI_OWNER_TEXT_SIZE, "%s/", part);
	return text;
}

const char *cni_owner_format(const struct cni_owner *owner, char text[CNI_OWNER_TEXT_SIZE])
{
	char container[PART_LENGTH + 1];
	char network[PART_LENGTH + 1];

	if (*owner->text) {
		memcpy(text, owner->text, CNI_OWNER_TEXT_SIZE);
		return text;
	}
	format_part(owner->network, network);
	format_part(owner->container, container);
	snprintf(text, CNI_OWNER_TEXT_SIZE, "%s/%s/%.15s", network, container, owner->ifname);
	return text;
}

static void format_key(const char *text, char key[CNI_IFNAME_SIZE])
{
	char digits[CNI_HASH_TEXT_SIZE];

	cni_hash_hex(text, strlen(text), digits);
	snprintf(key, CNI_IFNAME_SIZE, KEY_PREFIX "%.*s", KEY_DIGITS, digits);
}

struct cni_owner cni_owner_make(const char *network, const char *container, const char *ifname)
{
	struct cni_owner owner = {network, container, ifname};

	cni_owner_format(&owner, owner.text);
	format_key(owner.text, owner.key);
	return owner;
}

struct cni_owner cni_owner_of_text(const char *text)
{
	struct cni_owner owner = {.network = NULL};

	snprintf(owner.text, sizeof(owner.text), "%s", text);
	format_key(owner.text, owner.key);
	return owner;
}

bool cni_owner_text_is_of(const char *text, const char *network)
{
	char prefix[CNI_OWNER_TEXT_SIZE];

	if (!text)
		return false;
	cni_owner_format_network(network, prefix);
	return !strncmp(text, prefix, strlen(prefix));
}

const char *cni_owner_ifname(const struct cni_owner *owner, const char *prefix,
			     char name[CNI_IFNAME_SIZE])
{
	char text[CNI_OWNER_TEXT_SIZE];
	char key[CNI_IFNAME_SIZE];

	if (*owner->key)
		memcpy(key, owner->key, sizeof(key));
	else
		format_key(cni_owner_format(owner, text), key);
	snprintf(name, CNI_IFNAME_SIZE, "%.4s%s", prefix, key + strlen(KEY_PREFIX));
	return name;
}

char *cni_owner_text_container(const char *text)
{
	const char *begin = strchr(text, '/');
	const char *end = begin ? strchr(begin + 1, '/') : NULL;

	return end ? cni_strndup(begin + 1, (size_t)(end - begin) - 1) : cni_strdup("");
}

bool cni_owner_is_ifname(const char *name, const char *prefix)
{
	size_t length = strlen(prefix);

	return !strncmp(name, prefix, length) && strlen(name) == length + KEY_DIGITS &&
	       strspn(name + length, "0123456789abcdef") == KEY_DIGITS;
}

bool cni_owner_is_key(const char *name)
{
	return cni_owner_is_ifname(name, KEY_PREFIX);
}

static int compare_owners(const void *a, const void *b)
{
	const struct cni_owner *left = a;
	const struct cni_owner *right = b;
	int order = strcmp(left->container, right->container);

	return order ? order : strcmp(left->ifname, right->ifname);
}

void cni_owners_sort(struct cni_owners *owners)
{
	if (owners->count)
		qsort(owners->items, owners->count, sizeof(*owners->items), compare_owners);
}

bool cni_owners_has(const struct cni_owners *owners, const char *container, const char *ifname)
{
	struct cni_owner key = {.container = container, .ifname = ifname};

	return owners->count &&
	       bsearch(&key, owners->items, owners->count, sizeof(*owners->items), compare_owners);
}

bool cni_owners_has_container(const struct cni_owners *owners, const char *container)
{
	for (size_t i = 0; i < owners->count; i++)
		if (!strcmp(owners->items[i].container, container))
			return true;
	return false;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct cni_stale cni_stale_make(const char *network, const struct cni_owners *valid)
{
	struct cni_stale stale = {.network = network, .count = valid->count};

	stale.valid = cni_realloc_array(NULL, valid->count, sizeof(*stale.valid));
	for (size_t i = 0; i < valid->count; i++) {
		char text[CNI_OWNER_TEXT_SIZE];

		stale.valid[i] = cni_strdup(cni_owner_format(&valid->items[i], text));
	}
	if (valid->count)
		qsort(stale.valid, valid->count, sizeof(*stale.valid), compare_texts);
	return stale;
}

void cni_stale_clear(struct cni_stale *stale)
{
	for (size_t i = 0; i < stale->count; i++)
		free(stale->valid[i]);
	free(stale->valid);
	*stale = (struct cni_stale){0};
}

bool cni_stale_has(const struct cni_stale *stale, const char *text)
{
	return cni_owner_text_is_of(text, stale->network) &&
	       !(stale->count &&
		 bsearch(&text, stale->valid, stale->count, sizeof(*stale->valid), compare_texts));
}
