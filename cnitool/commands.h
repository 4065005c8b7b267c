/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool's commands, each a row of one table: the call, the help, the usage checks and the completion
 * of shells come from the rows. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "help_text.h"
#include "output.h"
#include "tool.h"

#include <stddef.h>

/* A command returns 0, -1 with `err` filled, or one of these. A result above 0 is the exit code. */
#define COMMAND_FAULT	       1    /* the command worked, and found a fault */
#define COMMAND_COULD_NOT_LOOK (-3) /* `err` is filled: exit code 2 */
#define COMMAND_USAGE	       (-2) /* `err` is filled: the command line is wrong, and nothing was done */

#define COMMAND_NETWORK 1U /* the first operand is a network, for tool_open() */
#define COMMAND_NETNS	2U /* the second operand is a namespace */
#define COMMAND_ROOT	4U /* runs plugins, which change the host */
#define COMMAND_HIDDEN	8U /* for scripts: not in the help */

struct command {
	const char *name; /* "add"; "ipam list" */
	/* "NETWORK [NETNS]": an operand in brackets may be missing, "..." repeats the last one, and
	 * "NETWORK|--all" may be an option instead. Completion takes the words: NETWORK, NETNS, ADDRESS,
	 * CONTAINER, FILE, COMMAND, and "bash|zsh|fish" as they are. */
	const char *operands;
	int (*run)(struct tool *tool, struct cni_error *err); /* NULL: a second word is missing */
	unsigned int flags;				      /* COMMAND_* */
	const char *page; /* the manual that has the command: "cnitool-gc"; NULL: that of cnitool */
	const char *summary;
	const char *help; /* whole lines */
};

/* A row; without summary or help it does not compile. */
#define COMMAND(name_, operands_, run_, flags_, page_, summary_, help_)                            \
	{                                                                                          \
		(name_), (operands_), (run_), (flags_), (page_), CNI_HELP(summary_),               \
			CNI_HELP(help_)                                                            \
	}

/* The rows, ending with one without a name. */
extern const struct command commands[];

/* Prints its findings on stdout. For the rows alone. */
int command_add(struct tool *tool, struct cni_error *err);
int command_check(struct tool *tool, struct cni_error *err);
int command_del(struct tool *tool, struct cni_error *err);
int command_gc(struct tool *tool, struct cni_error *err);
int command_status(struct tool *tool, struct cni_error *err);
int command_version(struct tool *tool, struct cni_error *err);
int command_list(struct tool *tool, struct cni_error *err);
int command_show(struct tool *tool, struct cni_error *err);
int command_help(struct tool *tool, struct cni_error *err);
int command_completion(struct tool *tool, struct cni_error *err);
int command_complete(struct tool *tool, struct cni_error *err);

/* GC of everything that these plugins have on this node. */
int command_purge(struct tool *tool, struct cni_error *err);

/* For one network, or for all. */
int command_reconcile(struct tool *tool, struct cni_error *err);

/* "check" of a network, or of all, without an attachment. */
int check_all(struct tool *tool, struct cni_error *err);

/* For the networks of the operands, or for all. Returns COMMAND_FAULT after a failure, and 2 if something could not
 * be looked at: the results are exit codes. */
int command_doctor(struct tool *tool, struct cni_error *err);

/* For all networks. */
int command_metrics(struct tool *tool, struct cni_error *err);

/* For files, networks or the whole directory: reads the operands itself. */
int command_validate(struct tool *tool, struct cni_error *err);

/* Prints the JSON schema of configurations. */
int command_schema(struct tool *tool, struct cni_error *err);

/* For one network. */
int command_refresh(struct tool *tool, struct cni_error *err);

/* For host-local's ledgers and dhcp's leases. */
int command_ipam_list(struct tool *tool, struct cni_error *err);
int command_ipam_usage(struct tool *tool, struct cni_error *err);
int command_ipam_explain(struct tool *tool, struct cni_error *err);
int command_ipam_release(struct tool *tool, struct cni_error *err);
int command_ipam_verify(struct tool *tool, struct cni_error *err);

/* Finds the command of these words: "ipam", "list", "pods". `ret_words` gets the number of words that
 * are its name. NULL: unknown. */
const struct command *command_find(char *const *words, size_t count, size_t *ret_words);

/* Counts the operands. The greatest number is SIZE_MAX for "...". */
void command_count_operands(const struct command *command, size_t *ret_min, size_t *ret_max);

#endif
