/* SPDX-License-Identifier: Apache-2.0 */
/* A run of iptables-restore(8) on one table, without flushing. */
#ifndef CNI_IPTABLES_RESTORE_H
#define CNI_IPTABLES_RESTORE_H

#include "error.h"
#include "iptables_tool.h"

#include <stddef.h>
#include <stdint.h>

/* Lines such as "-A CNI-FORWARD …", to be freed with cni_iptables_lines_clear(). Each may have a
 * number that tells the caller the line's subject. */
struct cni_iptables_lines {
	const char *table; /* NULL: filter */
	char **items;
	size_t *numbers;
	size_t count;
};

void cni_iptables_line(struct cni_iptables_lines *lines, size_t number, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A word of a line, with quotes where it needs them; the caller frees. The word has no line break. */
char *cni_iptables_word(const char *text);
void cni_iptables_lines_clear(struct cni_iptables_lines *lines);
#define clearing_lines __attribute__((cleanup(cni_iptables_lines_clear)))

#define CNI_IPTABLES_DONE 0
/* Nothing happened, because of the line `ret_refused`: a required rule is missing, or a new chain
 * exists. For a missing target of a jump the tool does not report the line: CNI_IPTABLES_SOMEWHERE,
 * unless there is only one. `err` holds the tool's words. */
#define CNI_IPTABLES_REFUSED   1
#define CNI_IPTABLES_SOMEWHERE SIZE_MAX

/* Runs the lines atomically, with the `tool` for `family` (AF_INET, AF_INET6); without lines it
 * runs nothing. A refusal while another process changed rules is tried again, ten times at most.
 * Returns one of the above, or -1: fails with CNI_EMISSING or CNI_EDELEGATE. */
int cni_iptables_restore(enum cni_iptables_tool tool, int family,
			 const struct cni_iptables_lines *lines, size_t *ret_refused,
			 struct cni_error *err);

/* For lines that check rules (-C): finds the first one from `*next` on with a missing rule; `*next`
 * becomes the number of lines if none is missing. */
int cni_iptables_find_missing(enum cni_iptables_tool tool, int family,
			      const struct cni_iptables_lines *lines, size_t *next,
			      struct cni_error *err);

/* The rules of a table as iptables-save(8) prints them; the caller frees. Fails with CNI_EMISSING or
 * CNI_EDELEGATE. */
int cni_iptables_save(enum cni_iptables_tool tool, int family, const char *table, char **ret_text,
		      struct cni_error *err);

#endif
