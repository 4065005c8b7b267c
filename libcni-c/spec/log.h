/* SPDX-License-Identifier: Apache-2.0 */
/* The log of a plugin's calls: a line of JSON for each, to a file, to the journal or to stderr (settings.h). Off by
 * default; then no log exists, and the functions do nothing with NULL.
 *
 * A line has at most CNI_LOG_MAX bytes and is written by one system call. A target that cannot be written is no
 * failure: the line is lost, and nothing else happens. */
#ifndef CNI_LOG_H
#define CNI_LOG_H

#include "decls.h"
#include "error.h"
#include "result.h"

#include <stddef.h>
#include <time.h>

CNI_BEGIN_DECLS

struct cni_env;

#define CNI_LOG_MAX 8192

/* Parts of a plan, and those that are undone. Further ones are not in the line. */
#define CNI_LOG_PARTS 64

struct cni_log {
	const char *target;	/* a path, "journal" or "stderr" */
	const char *type;	/* of the plugin */
	struct timespec begin;	/* on the wall clock */
	struct timespec before; /* on CLOCK_MONOTONIC */
	char network[256];
	cJSON *addresses; /* of the result */
	struct {
		const char *verb;
		const char *part;
		struct timespec since;
	} parts[CNI_LOG_PARTS];
	size_t part_count;
};

/* Begins the log of a call. `target` and `type` must outlive the log. */
void cni_log_begin(struct cni_log *log, const char *target, const char *type);

/* Notes the network, the addresses of the result, and that a part is about to `verb` ("add"): the texts of a part must
 * outlive the log. */
void cni_log_network(struct cni_log *log, const char *network);
void cni_log_result(struct cni_log *log, const struct cni_result *result);
void cni_log_part(struct cni_log *log, const char *verb, const char *part);

/* Writes the line, and frees what the log holds. `err` NULL: the call has succeeded. errno is kept. */
void cni_log_end(struct cni_log *log, const struct cni_env *env, const struct cni_error *err);

CNI_END_DECLS

#endif
