/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include "cleanup.h"

/* cJSON escapes the controls below U+0020. DEL and the controls of C1 stand only in strings of JSON, and terminals
 * take them as commands too. */
void print_json(const cJSON *json)
{
	freeing char *text = cni_json_print(json);

	for (const unsigned char *at = (const unsigned char *)text; *at; at++)
		if (*at == 0x7f)
			fputs("\\u007f", stdout);
		else if (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
			printf("\\u00%02x", *++at);
		else
			putchar(*at);
	putchar('\n');
}

void print_joined(FILE *out, const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		const char *text = cJSON_GetStringValue(item);

		fprintf(out, "%s%s", item == list->child ? "" : ", ", text ? text : "?");
	}
}
