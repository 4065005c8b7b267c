/* SPDX-License-Identifier: Apache-2.0 */
#include "toml.h"

#include "cleanup.h"
#include "mem.h"

#include <stdbool.h>
#include <string.h>

/* The strings of a value, "one" or ["one", "two"], joined by ':'. A list may go over several lines; comments
 * between its items are skipped. The caller frees. */
static char *read_strings(const char *at)
{
	char *joined = cni_strdup("");
	bool is_list = false;

	for (; *at && (is_list || *at != '\n'); at++) {
		size_t length;

		if (*at == '#')
			at += strcspn(at, "\n");
		if (*at == ']' || !*at)
			break;
		is_list |= *at == '[';
		if (*at != '"' && *at != '\'')
			continue;
		length = strcspn(at + 1, *at == '"' ? "\"" : "'");
		if (length) {
			freeing char *item = cni_strndup(at + 1, length);
			freeing char *before = joined;

			joined = cni_format("%s%s%s", before, *before ? ":" : "", item);
		}
		at += length + (at[length + 1] ? 1 : 0);
		if (!is_list)
			break;
	}
	return joined;
}

static bool is_header_of(const char *line, const char *section)
{
	freeing char *header = cni_strndup(line, strcspn(line, "\n"));

	return !section || strstr(header, section);
}

char *toml_strings(const char *text, const char *section, const char *key)
{
	size_t length = strlen(key);
	char *value = NULL;
	bool is_inside = true;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, " \t\n");
		if (*line == '[')
			is_inside = is_header_of(line, section);
		else if (is_inside && !strncmp(line, key, length) &&
			 line[length + strspn(line + length, " \t")] == '=') {
			free(value);
			value = read_strings(strchr(line, '=') + 1);
		}
		if (!*line)
			break;
	}
	return value;
}
