/* SPDX-License-Identifier: Apache-2.0 */
#include "short_id.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define LEAST 8
#define OURS  "cnitool-"

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void short_id_sort(const char **ids, size_t count)
{
	if (count)
		qsort(ids, count, sizeof(*ids), compare);
}

static size_t common(const char *a, const char *b)
{
	size_t length = 0;

	while (a[length] && a[length] == b[length])
		length++;
	return length;
}

/* Only its neighbours in the order can have more of its prefix than others have. */
char *short_id_of(const char *const *ids, size_t count, const char *id)
{
	size_t length = LEAST + (strncmp(id, OURS, strlen(OURS)) ? 0 : strlen(OURS));
	size_t first = 0;

	for (size_t end = count; first < end;) {
		size_t middle = first + (end - first) / 2;

		if (strcmp(ids[middle], id) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	if (first && common(ids[first - 1], id) >= length)
		length = common(ids[first - 1], id) + 1;
	while (first < count && !strcmp(ids[first], id))
		first++;
	if (first < count && common(ids[first], id) >= length)
		length = common(ids[first], id) + 1;
	return cni_strndup(id, strnlen(id, length));
}
