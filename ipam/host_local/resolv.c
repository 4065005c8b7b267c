/* SPDX-License-Identifier: Apache-2.0 */
#include "resolv.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"

#include <fcntl.h>
#include <string.h>

#define RESOLV_MAX (64U << 10)
#define BLANKS	   " \t\v\f\r"

/* The next word at `*at`, ended by a NUL, with `*at` after it; NULL at the end. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, BLANKS);
	char *end = word + strcspn(word, BLANKS);

	*at = *end ? end + 1 : end;
	*end = '\0';
	return *word ? word : NULL;
}

static void add_words(const char *word, char **at, char ***items, size_t *count)
{
	for (; word; word = next_word(at))
		cni_dns_add(items, count, word);
}

static void read_line(char *line, struct cni_dns *dns)
{
	const char *key = next_word(&line);
	const char *word = key ? next_word(&line) : NULL;

	if (!word || *key == '#' || *key == ';')
		return;
	if (!strcmp(key, "search")) {
		add_words(word, &line, &dns->search, &dns->search_count);
	} else if (!strcmp(key, "options")) {
		add_words(word, &line, &dns->options, &dns->option_count);
	} else if (!strcmp(key, "nameserver")) {
		cni_dns_add(&dns->nameservers, &dns->nameserver_count, word);
	} else if (!strcmp(key, "domain")) {
		free(dns->domain);
		dns->domain = cni_strdup(word);
	}
}

int resolv_read(const char *path, struct cni_dns *dns, struct cni_error *err)
{
	freeing char *text = NULL;
	size_t size;
	char *rest;

	if (cni_file_read_at(AT_FDCWD, path, true, RESOLV_MAX, &text, &size, err) < 0) {
		if (err->code == CNI_EDECODE)
			err->code = CNI_ECONFIG;
		return cni_fail_within(err, "'ipam.resolvConf'");
	}
	if (memchr(text, '\0', size))
		return cni_fail(err, CNI_ECONFIG,
				"'ipam.resolvConf': '%s' holds a NUL byte, expected text", path);
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		read_line(line, dns);
	return 0;
}
