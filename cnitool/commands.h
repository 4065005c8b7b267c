/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool's commands. Each prints its findings on stdout, and returns 0; -1 with `err` filled;
 * 1 if the command worked but found a fault; or COMMAND_COULD_NOT_LOOK. doctor also returns 2. */
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

/* GC of everything that these plugins have on this node. */
int command_purge(struct tool *tool, struct cni_error *err);

/* For one network, or for all. */
int command_reconcile(struct tool *tool, struct cni_error *err);

/* For the networks of the operands, or for all. Returns 2 if something could not be looked at. */
int command_doctor(struct tool *tool, struct cni_error *err);

/* For all networks. */
int command_metrics(struct tool *tool, struct cni_error *err);

/* `err` is filled: the command could not look. Exit code 2. */
#define COMMAND_COULD_NOT_LOOK (-2)

/* For files, networks or the whole directory: reads the operands itself. */
int command_validate(struct tool *tool, struct cni_error *err);

/* Prints the JSON schema of configurations. */
int command_schema(struct tool *tool, struct cni_error *err);

/* For one network. */
int command_refresh(struct tool *tool, struct cni_error *err);

/* For host-local's ledgers. */
int command_ipam_list(struct tool *tool, struct cni_error *err);
int command_ipam_usage(struct tool *tool, struct cni_error *err);
int command_ipam_explain(struct tool *tool, struct cni_error *err);
int command_ipam_release(struct tool *tool, struct cni_error *err);
int command_ipam_verify(struct tool *tool, struct cni_error *err);

/* The only command without a network: uses its tool's options and warnings. */
int command_list(struct tool *tool, struct cni_error *err);

/* The JSON, indented, and a newline. */
void print_json(const cJSON *json);

/* "a, b, c": a list of strings, on one line. */
void print_joined(FILE *out, const cJSON *list);

#endif
