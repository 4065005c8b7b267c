/* SPDX-License-Identifier: Apache-2.0 */
/* The help, made from the tables of commands and options. */
#ifndef HELP_H
#define HELP_H

#include "commands.h"

/* More about the command, with the options that it takes; NULL: all commands. As JSON if the options ask for it. */
void help_print(const struct options *options, const struct command *command);

/* {"version", "commands": […], "options": […], "files": {"conflist": […], "cni-c.conf": […], …}}; without "files" of
 * one command. */
void help_print_json(const struct command *command);

#endif
