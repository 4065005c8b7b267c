/* SPDX-License-Identifier: Apache-2.0 */
#include "range_sets.h"

#include "cleanup.h"
#include "decode.h"
#include "file.h"
#include "mem.h"

#include <fcntl.h>
#include <stdlib.h>

#define FILE_MAX ((size_t)1024 * 1024)

const struct cni_field range_fields[] = {
	CNI_FIELD(struct range, "subnet", subnet,
		  "The subnet, without host bits: at most /30 or /126, or smaller with "
		  "rangeStart and rangeEnd",
		  .unless = CNI_REQUIRED),
	CNI_FIELD(struct range, "rangeStart", first, "The first address of the range",
		  .unless = "the first usable of the subnet"),
	CNI_FIELD(struct range, "rangeEnd", last, "The last address of the range",
		  .unless = "the last usable of the subnet"),
	CNI_FIELD(struct range, "gateway", gateway,
		  "The gateway, which is never given out and may be outside of the subnet",
		  .unless = "the first of the subnet"),
	{0},
};

static int read_range(const cJSON *json, struct range *ret_range, struct cni_error *err)
{
	if (!cJSON_IsObject(json))
		return cni_fail(err, CNI_ECONFIG, "a range is %s, expected an object with 'subnet'",
				cni_json_show(json));
	return cni_decode(range_fields, json, ret_range, false, err);
}

static struct range_set *append_set(struct range_sets *sets, size_t room)
{
	struct range_set *set;

	sets->items = cni_realloc_array(sets->items, sets->count + 1, sizeof(*sets->items));
	set = &sets->items[sets->count++];
	*set = (struct range_set){.items = cni_alloc((room ? room : 1) * sizeof(*set->items))};
	return set;
}

static int read_set(const cJSON *json, struct range_sets *sets, struct cni_error *err)
{
	struct range_set *set;
	const cJSON *item;

	if (!cJSON_IsArray(json))
		return cni_fail(err, CNI_ECONFIG, "a range set is %s, expected a list of ranges",
				cni_json_show(json));
	set = append_set(sets, (size_t)cJSON_GetArraySize(json));
	cJSON_ArrayForEach (item, json) {
		if (read_range(item, &set->items[set->count], err) < 0)
			return -1;
		set->count++;
	}
	return 0;
}

int range_sets_decode(struct range_sets *sets, const cJSON *list, const char *what,
		      struct cni_error *err)
{
	const cJSON *item;
	size_t number = 0;

	if (cni_json_check_list(list, what, err) < 0)
		return -1;
	cJSON_ArrayForEach (item, list) {
		if (read_set(item, sets, err) < 0)
			return cni_fail_within(err, "'%s[%zu]'", what, number);
		number++;
	}
	return 0;
}

void range_sets_add(struct range_sets *sets, const struct range *range)
{
	struct range_set *set = append_set(sets, 1);

	set->items[set->count++] = *range;
}

int range_sets_read_file(struct range_sets *sets, const char *path, struct cni_error *err)
{
	freeing_json cJSON *json = NULL;
	freeing char *text = NULL;
	size_t size;

	if (*path != '/')
		return cni_fail(err, CNI_ECONFIG, "\"%.128s\" is not an absolute path", path);
	if (cni_file_read_at(AT_FDCWD, path, true, FILE_MAX, &text, &size, err) < 0 ||
	    cni_json_parse_object(text, size, path, &json, err) < 0)
		return -1;
	if (!cni_json_get(json, "ranges"))
		return cni_fail(err, CNI_ECONFIG, "'%s' has no key 'ranges'", path);
	if (range_sets_decode(sets, cni_json_get(json, "ranges"), "ranges", err) < 0)
		return cni_fail_within(err, "'%s'", path);
	return 0;
}

int range_sets_complete(struct range_sets *sets, struct cni_error *err)
{
	for (size_t i = 0; i < sets->count; i++)
		if (range_set_complete(&sets->items[i], err) < 0)
			return cni_fail_within(err, "invalid range set %zu", i);
	for (size_t i = 0; i < sets->count; i++)
		for (size_t j = i + 1; j < sets->count; j++) {
			freeing char *one = NULL;
			freeing char *other = NULL;

			if (!range_set_overlaps(&sets->items[i], &sets->items[j]))
				continue;
			one = range_set_format(&sets->items[i]);
			other = range_set_format(&sets->items[j]);
			return cni_fail(err, CNI_ECONFIG,
					"range set %zu overlaps with %zu: %.200s and %.200s", i, j,
					one, other);
		}
	return 0;
}

void range_sets_clear(struct range_sets *sets)
{
	for (size_t i = 0; i < sets->count; i++)
		free(sets->items[i].items);
	free(sets->items);
	*sets = (struct range_sets){0};
}
