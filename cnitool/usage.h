/* SPDX-License-Identifier: Apache-2.0 */
/* The command that a command line names, and its mistakes. */
#ifndef USAGE_H
#define USAGE_H

#include "commands.h"

/* Finds the command of the words, and makes the rest its operands. Fails with CNI_EENV, naming the
 * nearest command. */
int usage_find_command(struct options *options, const struct command **ret_command,
		       struct cni_error *err);

/* Fails with CNI_EENV if operands or options are not those of the command. */
int usage_check(const struct command *command, const struct options *options,
		struct cni_error *err);

/* Fails with CNI_EENV, in one sentence, if the process may not do what plugins do. */
int usage_check_rights(const struct command *command, struct cni_error *err);

#endif
