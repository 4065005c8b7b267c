/* SPDX-License-Identifier: Apache-2.0 */
/* What can be typed after "cnitool". Each prints what it found on stdout. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "tool.h"

#include <stdio.h>

int command_add(struct tool *tool, struct cni_error *err);
int command_check(struct tool *tool, struct cni_error *err);
int command_del(struct tool *tool, struct cni_error *err);
int command_gc(struct tool *tool, struct cni_error *err);
int command_status(struct tool *tool, struct cni_error *err);
int command_version(struct tool *tool, struct cni_error *err);

/* The only one that is about no network: of its tool, options and warnings are used. */
int command_list(struct tool *tool, struct cni_error *err);

/* The JSON, indented, and a newline. */
void print_json(const cJSON *json);

/* "a, b, c": a list of strings, on one line. */
void print_joined(FILE *out, const cJSON *list);

#endif
