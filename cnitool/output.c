/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include "cleanup.h"

void print_json(const cJSON *json)
{
	freeing char *text = cni_json_print(json);

	puts(text);
}

void print_joined(FILE *out, const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		const char *text = cJSON_GetStringValue(item);

		fprintf(out, "%s%s", item == list->child ? "" : ", ", text ? text : "?");
	}
}
