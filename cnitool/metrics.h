/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics in the text formats of OpenMetrics 1.0 and of Prometheus 0.0.4, which node exporters read from files. The two
 * differ in the names of counters above their samples, in units and in the end. */
#ifndef METRICS_H
#define METRICS_H

#include "tool.h"

#include <stdbool.h>
#include <stdio.h>

struct metrics {
	struct tool *tool;
	FILE *out;
	bool is_openmetrics;
};

/* The head of a family. `type` is "counter", "gauge" or "histogram"; `unit` NULL: none. The samples of a counter have
 * the name with "_total". */
void metrics_family(const struct metrics *metrics, const char *name, const char *type,
		    const char *unit, const char *help);

/* The text of a label's value, between quotation marks; the caller frees. */
char *metrics_label(const char *text);

/* The families of each subject. */
int metrics_attachments(const struct metrics *metrics, struct cni_error *err);
int metrics_pools(const struct metrics *metrics, struct cni_error *err);
int metrics_calls(const struct metrics *metrics, struct cni_error *err);

#endif
