/* SPDX-License-Identifier: Apache-2.0 */
#include "short_id.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define LEAST 8
#define OURS  "cnitool-"

/* In an error. */
#define CANDIDATES 8

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

/* ---- the other way ---- */

/* "a, b, c and 4 more": those that begin with the prefix, sorted, each once; the caller frees. */
static char *format_candidates(const char *const *ids, size_t count, const char *prefix,
			       size_t length, size_t *ret_count)
{
	freeing const char **sorted = cni_alloc((count + 1) * sizeof(*sorted));
	char *text = cni_strdup("");
	size_t found = 0;

	memcpy(sorted, ids, count * sizeof(*sorted));
	short_id_sort(sorted, count);
	for (size_t i = 0; i < count; i++) {
		char *longer;

		if (strncmp(sorted[i], prefix, length) != 0 ||
		    (i && !strcmp(sorted[i], sorted[i - 1])) || found++ >= CANDIDATES)
			continue;
		longer = cni_format("%s%s%s", text, *text ? ", " : "", sorted[i]);
		free(text);
		text = longer;
	}
	*ret_count = found;
	return text;
}

int short_id_resolve(const char *const *ids, size_t count, const char *prefix, const char *where,
		     const char **ret_id, struct cni_error *err)
{
	const char *more = strstr(prefix, "…");
	size_t length = more ? (size_t)(more - prefix) : strlen(prefix);
	freeing char *candidates = NULL;
	size_t found;

	*ret_id = NULL;
	for (size_t i = 0; i < count; i++) {
		if (strncmp(ids[i], prefix, length) != 0)
			continue;
		if (!ids[i][length] || !*ret_id)
			*ret_id = ids[i];
		if (!ids[i][length])
			return 0;
	}
	if (!*ret_id || !length)
		return cni_fail(err, CNI_ECONTAINER,
				"no container of %s has an id that begins with '%.*s'", where,
				(int)length, prefix);
	candidates = format_candidates(ids, count, prefix, length, &found);
	if (found == 1)
		return 0;
	return cni_fail(err, CNI_ECONTAINER,
			"%zu containers of %s have ids that begin with '%.*s': %s%s", found, where,
			(int)length, prefix, candidates, found > CANDIDATES ? ", …" : "");
}
