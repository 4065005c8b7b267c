/* SPDX-License-Identifier: Apache-2.0 */
#include "version.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All versions, quoted. */
#define LIST_SIZE 128

static const char *const texts[CNI_VERSION_COUNT] = {
	[CNI_0_1_0] = "0.1.0", [CNI_0_2_0] = "0.2.0", [CNI_0_3_0] = "0.3.0", [CNI_0_3_1] = "0.3.1",
	[CNI_0_4_0] = "0.4.0", [CNI_1_0_0] = "1.0.0", [CNI_1_1_0] = "1.1.0",
};

const char *cni_version_text(enum cni_version version)
{
	return texts[version];
}

/* Exactly "N.N.N", as libcni wants it; "1.0" counts as "1.0.0". */
static int parse_numbers(const char *text, unsigned long numbers[3])
{
	for (int i = 0; i < 3; i++) {
		char *end;

		numbers[i] = 0;
		if (!isdigit((unsigned char)*text))
			return -1;
		numbers[i] = strtoul(text, &end, 10);
		if (end - text > 6)
			return -1;
		text = end;
		if (!*text) {
			for (i++; i < 3; i++)
				numbers[i] = 0;
			return 0;
		}
		if (*text++ != '.')
			return -1;
	}
	return -1;
}

int cni_version_compare(const char *a, const char *b, int *ret_order)
{
	unsigned long left[3];
	unsigned long right[3];

	if (parse_numbers(a, left) < 0 || parse_numbers(b, right) < 0)
		return -1;
	*ret_order = 0;
	for (int i = 0; i < 3 && !*ret_order; i++)
		*ret_order = left[i] < right[i] ? -1 : left[i] > right[i];
	return 0;
}

static void list_from(enum cni_version oldest, char ret_text[LIST_SIZE])
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (enum cni_version v = oldest; v < CNI_VERSION_COUNT; v++)
		used += (size_t)snprintf(ret_text + used, LIST_SIZE - used, "%s\"%s\"",
					 used ? " " : "", texts[v]);
}

int cni_version_parse(const char *text, enum cni_version oldest, enum cni_version *ret_version,
		      struct cni_error *err)
{
	unsigned long numbers[3];
	char supported[LIST_SIZE];

	if (!text || !*text)
		text = texts[CNI_0_1_0];
	if (parse_numbers(text, numbers) < 0)
		return cni_fail(err, CNI_EDECODE,
				"cniVersion '%.64s' is not a version such as \"1.0.0\"", text);
	for (enum cni_version v = oldest; v < CNI_VERSION_COUNT; v++)
		if (!strcmp(text, texts[v])) {
			*ret_version = v;
			return 0;
		}
	cni_fail(err, CNI_EVERSION, "incompatible CNI versions");
	list_from(oldest, supported);
	return cni_fail_details(err, "config is \"%.64s\", plugin supports [%s]", text, supported);
}
