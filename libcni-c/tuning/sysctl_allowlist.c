/* SPDX-License-Identifier: Apache-2.0 */
#include "sysctl_allowlist.h"

#include "cleanup.h"
#include "file.h"
#include "go_regex.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define SIZE_MAX_OF_FILE (1U << 20)

/* Without the blanks around it. */
static char *trim(char *line)
{
	static const char blanks[] = " \t\r\v\f";
	size_t length;

	line += strspn(line, blanks);
	length = strlen(line);
	while (length && strchr(blanks, line[length - 1]))
		line[--length] = '\0';
	return line;
}

int cni_sysctl_allowlist_read(const char *path, struct cni_sysctl_allowlist *ret_list,
			      struct cni_error *err)
{
	struct cni_sysctl_allowlist list = {.is_there = true};
	size_t size = 0;
	char *rest;

	*ret_list = (struct cni_sysctl_allowlist){.is_there = false};
	if (cni_file_read_at(AT_FDCWD, path, true, SIZE_MAX_OF_FILE, &list.text, &size, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	if (strlen(list.text) != size) {
		free(list.text);
		return cni_fail(err, CNI_EDECODE, "'%s' holds a NUL byte", path);
	}
	rest = list.text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		line = trim(line);
		if (!*line)
			continue;
		list.lines = cni_realloc_array(list.lines, list.count + 1, sizeof(*list.lines));
		list.lines[list.count++] = line;
	}
	*ret_list = list;
	return 0;
}

void cni_sysctl_allowlist_clear(struct cni_sysctl_allowlist *list)
{
	free(list->lines);
	free(list->text);
	*list = (struct cni_sysctl_allowlist){.is_there = false};
}

/* "[^net.core.somaxconn$ ^net.ipv4]", as much of it as fits. */
static int refuse(const struct cni_sysctl_allowlist *list, const char *key, struct cni_error *err)
{
	freeing char *all = cni_strdup("");

	for (size_t i = 0; i < list->count && strlen(all) < 512; i++) {
		freeing char *before = all;

		all = cni_format("%s%s%s", before, i ? " " : "", list->lines[i]);
	}
	return cni_fail(err, CNI_ECONFIG,
			"Sysctl %.128s is not allowed. Only the following sysctls are allowed: "
			"[%s]",
			key, all);
}

int cni_sysctl_allowlist_check(const struct cni_sysctl_allowlist *list, const char *key,
			       struct cni_error *err)
{
	bool matches = false;

	if (!list->is_there)
		return 0;
	for (size_t i = 0; i < list->count && !matches; i++)
		if (cni_go_regex_match(list->lines[i], key, &matches, err) < 0)
			return -1;
	return matches ? 0 : refuse(list, key, err);
}
