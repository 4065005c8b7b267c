/* SPDX-License-Identifier: Apache-2.0 */
/* A line, or a row of JSON, for each thing that a GC does or would do. */
#ifndef GC_H
#define GC_H

#include "chain.h"

#include <stdbool.h>

struct gc_report {
	bool dry_run;
	cJSON *rows; /* NULL: lines instead */
	size_t deleted;
};

/* A cni_gc_reporter; `data` is a struct gc_report, which counts. */
void gc_report_step(const struct cni_gc_step *step, void *data);

/* The last line. */
void gc_print_summary(const struct gc_report *report);

#endif
