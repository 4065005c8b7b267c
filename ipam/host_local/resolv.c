/* SPDX-License-Identifier: Apache-2.0 */
#include "resolv.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"

#include <fcntl.h>
#include <string.h>

#define RESOLV_MAX (64U << 10)
#define BLANKS	   " \t\v\f\r"

static void add_words(char *words, char ***items, size_t *count)
{
	char *rest = NULL;

	for (char *word = strtok_r(words, BLANKS, &rest); word;
	     word = strtok_r(NULL, BLANKS, &rest))
		cni_dns_add(items, count, word);
}

static void read_line(char *line, struct cni_dns *dns)
{
	char *rest = NULL;
	const char *key = strtok_r(line, BLANKS, &rest);
	char *words = rest + (key ? strspn(rest, BLANKS) : 0);

	if (!key || *key == '#' || *key == ';' || !*words)
		return;
	if (!strcmp(key, "search")) {
		add_words(words, &dns->search, &dns->search_count);
	} else if (!strcmp(key, "options")) {
		add_words(words, &dns->options, &dns->option_count);
	} else if (!strcmp(key, "nameserver")) {
		cni_dns_add(&dns->nameservers, &dns->nameserver_count,
			    strtok_r(words, BLANKS, &rest));
	} else if (!strcmp(key, "domain")) {
		free(dns->domain);
		dns->domain = cni_strdup(strtok_r(words, BLANKS, &rest));
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
