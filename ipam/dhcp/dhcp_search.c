/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_search.h"

#include "cleanup.h"
#include "mem.h"

#include <ctype.h>
#include <string.h>

#define NAME_MAX_SIZE 254 /* RFC 1035, section 3.1, as text */
#define POINTER	      0xc0

char *dhcp_domain_read(const uint8_t *bytes, size_t size)
{
	/* Some servers send a NUL behind the text. */
	while (size && !bytes[size - 1])
		size--;
	if (!size || size >= NAME_MAX_SIZE)
		return NULL;
	for (size_t i = 0; i < size; i++)
		if (!bytes[i] || bytes[i] >= 0x80 ||
		    (!isalnum(bytes[i]) && !strchr("-_.", bytes[i])))
			return NULL;
	return cni_strndup((const char *)bytes, size);
}

/* The place of the next label, behind pointers, which lead backwards alone: each is below the one before. `*end`
 * becomes the place behind the first pointer. False if the list is damaged. */
static bool follow(const uint8_t *bytes, size_t size, size_t *at, size_t *end)
{
	size_t bound = *at;

	while (*at < size && (bytes[*at] & POINTER) == POINTER) {
		size_t target;

		if (size - *at < 2)
			return false;
		target = (size_t)(bytes[*at] & ~POINTER) << 8 | bytes[*at + 1];
		if (!*end)
			*end = *at + 2;
		if (target >= bound)
			return false;
		bound = target;
		*at = target;
	}
	return *at < size && !(bytes[*at] & POINTER);
}

/* Appends a label to the name. */
static bool append(char name[NAME_MAX_SIZE], size_t *length, const uint8_t *label, size_t size)
{
	if (*length + (*length > 0) + size >= NAME_MAX_SIZE)
		return false;
	if (*length)
		name[(*length)++] = '.';
	memcpy(name + *length, label, size);
	*length += size;
	return true;
}

/* Reads a name at `at`, and returns the place behind it; 0 if it is damaged. */
static size_t read_name(const uint8_t *bytes, size_t size, size_t at, char name[NAME_MAX_SIZE],
			size_t *length)
{
	size_t end = 0;

	*length = 0;
	while (follow(bytes, size, &at, &end)) {
		uint8_t label = bytes[at];

		if (!label)
			return end ? end : at + 1;
		if (label >= size - at || !append(name, length, bytes + at + 1, label))
			return 0;
		at += 1U + label;
	}
	return 0;
}

void dhcp_search_read(const uint8_t *bytes, size_t size, struct cni_dns *dns)
{
	size_t at = 0;

	while (at < size && dns->search_count < DHCP_SEARCH_MAX) {
		char name[NAME_MAX_SIZE];
		size_t length;
		freeing char *text = NULL;

		at = read_name(bytes, size, at, name, &length);
		if (!at)
			return;
		text = dhcp_domain_read((const uint8_t *)name, length);
		if (text)
			cni_dns_add(&dns->search, &dns->search_count, text);
	}
}
