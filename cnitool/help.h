/* SPDX-License-Identifier: Apache-2.0 */
/* The help, made from the tables of commands and options. */
#ifndef HELP_H
#define HELP_H

#include "commands.h"

void help_print(void);

/* More about the command, with the options that it takes. */
void help_print_command(const struct command *command);

#endif
