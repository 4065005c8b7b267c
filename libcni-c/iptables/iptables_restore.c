/* SPDX-License-Identifier: Apache-2.0 */
#include "iptables_restore.h"

#include "cleanup.h"
#include "exec.h"
#include "mem.h"
#include "nft.h"
#include "nl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Seconds: the wait for the lock of iptables-legacy(8), and the whole run. */
#define WAIT	    "10"
#define DEADLINE_MS 20000
/* The iptables of nf_tables reads the rules in several pieces. If they change in between, it may
 * miss a rule and report it as missing. */
#define ATTEMPTS 10

void cni_iptables_line(struct cni_iptables_lines *lines, size_t number, const char *fmt, ...)
{
	size_t count = lines->count++;
	va_list args;

	lines->items = cni_realloc_array(lines->items, count + 1, sizeof(*lines->items));
	lines->numbers = cni_realloc_array(lines->numbers, count + 1, sizeof(*lines->numbers));
	lines->numbers[count] = number;
	va_start(args, fmt);
	if (vasprintf(&lines->items[count], fmt, args) < 0)
		cni_out_of_memory();
	va_end(args);
}

char *cni_iptables_word(const char *text)
{
	char *word = cni_alloc(2 * strlen(text) + 3);
	char *end = word;

	if (*text && !strpbrk(text, " \t\"'\\"))
		return memcpy(word, text, strlen(text) + 1);
	*end++ = '"';
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			*end++ = '\\';
		*end++ = *text;
	}
	memcpy(end, "\"", 2);
	return word;
}

void cni_iptables_lines_clear(struct cni_iptables_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->items[i]);
	free(lines->items);
	free(lines->numbers);
	*lines = (struct cni_iptables_lines){0};
}

static char *text_of(const struct cni_iptables_lines *lines)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = cni_need(open_memstream(&text, &size));

	fprintf(out, "*%s\n", lines->table ? lines->table : "filter");
	for (size_t i = 0; i < lines->count; i++)
		fprintf(out, "%s\n", lines->items[i]);
	fputs("COMMIT\n", out);
	if (fclose(out) != 0)
		cni_out_of_memory();
	return text;
}

/* "iptables-restore: line 3 failed"; with nf_tables "[…]: line 3: RULE_APPEND failed […]". Our
 * first line is number 2. At COMMIT's line the kernel has refused.
 *
 * "Chain 'CNI-FORWARD' does not exist […] Error occurred at line: 6", which may be any line. */
static int read_refusal(const char *output, const struct cni_iptables_lines *lines,
			size_t *ret_refused)
{
	const char *line = strstr(output, "line ");
	unsigned long number = line ? strtoul(line + strlen("line "), NULL, 10) : 0;

	*ret_refused = lines->count == 1 ? 0 : CNI_IPTABLES_SOMEWHERE;
	if (strstr(output, "Error occurred at line"))
		return CNI_IPTABLES_REFUSED;
	if (number < 2 || number >= lines->count + 2 || !strstr(line, "failed"))
		return -1;
	*ret_refused = number - 2;
	return CNI_IPTABLES_REFUSED;
}

/* The tool's words in one line. */
static int keep_words(char *output, struct cni_error *err)
{
	for (char *c = output; (c = strchr(c, '\n')); c++)
		*c = c[1] ? ' ' : '\0';
	return cni_fail_details(err, "%.900s", output);
}

static int run(enum cni_iptables_tool tool, int family, const struct cni_iptables_lines *lines,
	       size_t *ret_refused, struct cni_error *err)
{
	static char noflush[] = "--noflush";
	static char wait[] = "--wait=" WAIT;
	char *arguments[] = {noflush, wait, NULL};
	freeing char *text = text_of(lines);
	freeing char *output = NULL;
	freeing char *file = NULL;
	struct cni_exec exec = {.arguments = arguments,
				.environment = environ,
				.input = text,
				.input_size = strlen(text),
				.deadline_ms = DEADLINE_MS};
	int code;

	if (cni_iptables_find(tool, family, &file, err) < 0)
		return -1;
	exec.file = file;
	exec.type = strrchr(file, '/') + 1;
	if (cni_exec_command(&exec, &output, &code, err) < 0)
		return -1;
	if (code == 0)
		return CNI_IPTABLES_DONE;
	cni_fail(err, CNI_EDELEGATE, "%s exited with %d", exec.type, code);
	keep_words(output, err);
	return read_refusal(output, lines, ret_refused);
}

int cni_iptables_save(enum cni_iptables_tool tool, int family, const char *table, char **ret_text,
		      struct cni_error *err)
{
	freeing char *option = cni_format("--table=%s", table);
	char *arguments[] = {option, NULL};
	freeing char *restore = NULL;
	freeing char *file = NULL;
	struct cni_exec exec = {.arguments = arguments,
				.environment = environ,
				.input = "",
				.deadline_ms = DEADLINE_MS};
	int code;

	if (cni_iptables_find(tool, family, &restore, err) < 0)
		return -1;
	file = cni_format("%.*ssave", (int)(strlen(restore) - strlen("restore")), restore);
	exec.file = file;
	exec.type = strrchr(file, '/') + 1;
	if (cni_exec_command(&exec, ret_text, &code, err) < 0)
		return -1;
	if (code == 0)
		return 0;
	cni_fail(err, CNI_EDELEGATE, "%s exited with %d", exec.type, code);
	keep_words(*ret_text, err);
	free(*ret_text);
	*ret_text = NULL;
	return -1;
}

/* 0 without nf_tables: iptables-legacy(8) has a lock. */
static uint32_t generation_of(struct cni_nl *nl)
{
	struct cni_error ignored;
	uint32_t generation = 0;

	if (nl->socket && cni_nft_generation(nl, &generation, &ignored) < 0)
		return 0;
	return generation;
}

int cni_iptables_restore(enum cni_iptables_tool tool, int family,
			 const struct cni_iptables_lines *lines, size_t *ret_refused,
			 struct cni_error *err)
{
	closing_nl struct cni_nl nl = {.socket = NULL};
	struct cni_error ignored;
	int done = CNI_IPTABLES_DONE;

	if (!lines->count)
		return done;
	cni_nl_open(&nl, NETLINK_NETFILTER, -1, &ignored);
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		uint32_t before = generation_of(&nl);

		done = run(tool, family, lines, ret_refused, err);
		if (done != CNI_IPTABLES_REFUSED || generation_of(&nl) == before)
			break;
	}
	return done;
}

int cni_iptables_find_missing(enum cni_iptables_tool tool, int family,
			      const struct cni_iptables_lines *lines, size_t *next,
			      struct cni_error *err)
{
	for (; *next < lines->count; ++*next) {
		clearing_lines struct cni_iptables_lines one = {.table = lines->table};
		size_t refused;
		int done;

		cni_iptables_line(&one, 0, "%s", lines->items[*next]);
		done = cni_iptables_restore(tool, family, &one, &refused, err);
		if (done != CNI_IPTABLES_DONE)
			return done < 0 ? -1 : 0;
	}
	return 0;
}
