/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics of calls, from the counters that the plugins keep (spec/counters.h). */
#include "cleanup.h"
#include "counters.h"
#include "mem.h"
#include "metrics.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

struct plugins {
	struct {
		char *label;
		struct cni_counters counters;
	} * items;
	size_t count;
};

static void read_plugins(const struct metrics *metrics, struct plugins *plugins)
{
	struct dirent **entries;
	int count = scandir(CNI_COUNTERS_DIRECTORY, &entries, NULL, alphasort);

	if (count < 0)
		return;
	plugins->items = cni_realloc_array(NULL, (size_t)count + 1, sizeof(*plugins->items));
	for (int i = 0; i < count; i++) {
		const char *type = entries[i]->d_name;
		struct cni_error why;

		if (*type == '.')
			continue;
		if (cni_counters_read(type, &plugins->items[plugins->count].counters, &why) < 0)
			cni_warn_error(&metrics->tool->warnings, &why);
		else
			plugins->items[plugins->count++].label = metrics_label(type);
	}
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
}

/* Calls `put` for each command of each plugin that was called. */
static void each(const struct metrics *metrics, const struct plugins *plugins,
		 void (*put)(FILE *out, const char *labels, const struct cni_command_counters *c))
{
	for (size_t i = 0; i < plugins->count; i++)
		for (int command = 0; command < CNI_COMMAND_COUNT; command++) {
			const struct cni_command_counters *c =
				&plugins->items[i].counters.commands[command];
			char labels[512];

			snprintf(labels, sizeof(labels), "plugin=%s,command=\"%s\"",
				 plugins->items[i].label,
				 cni_command_text((enum cni_command)command));
			if (c->calls)
				put(metrics->out, labels, c);
		}
}

static void put_calls(FILE *out, const char *labels, const struct cni_command_counters *c)
{
	fprintf(out, "cni_calls_total{%s} %ju\n", labels, (uintmax_t)c->calls);
}

static void put_failures(FILE *out, const char *labels, const struct cni_command_counters *c)
{
	for (int code = 0; code < CNI_COUNTERS_CODES; code++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", code);
		if (c->failures[code])
			fprintf(out, "cni_call_failures_total{%s,code=\"%s\"} %ju\n", labels,
				code ? text : "other", (uintmax_t)c->failures[code]);
	}
}

/* "1.0": OpenMetrics compares bounds as text. */
static void put_bound(char *text, size_t size, double seconds)
{
	snprintf(text, size, "%g", seconds);
	if (!strchr(text, '.'))
		snprintf(text, size, "%g.0", seconds);
}

static void put_latency(FILE *out, const char *labels, const struct cni_command_counters *c)
{
	uintmax_t sum = 0;

	/* The samples of a histogram are cumulative. A call may be counted between two reads of ours, so the sum of the
	 * buckets is the count. */
	for (size_t i = 0; i < CNI_COUNTERS_BUCKETS; i++) {
		char bound[32] = "+Inf";

		if (i < CNI_COUNTERS_BUCKETS - 1)
			put_bound(bound, sizeof(bound), (double)cni_counters_bounds[i] / 1e9);
		sum += c->buckets[i];
		fprintf(out, "cni_call_duration_seconds_bucket{%s,le=\"%s\"} %ju\n", labels, bound,
			sum);
	}
	fprintf(out, "cni_call_duration_seconds_sum{%s} %.9f\n", labels,
		(double)c->nanoseconds / 1e9);
	fprintf(out, "cni_call_duration_seconds_count{%s} %ju\n", labels, sum);
}

int metrics_calls(const struct metrics *metrics, struct cni_error *err)
{
	struct plugins plugins = {.count = 0};

	(void)err;
	read_plugins(metrics, &plugins);
	metrics_family(metrics, "cni_calls", "counter", NULL, "Calls of plugins.");
	each(metrics, &plugins, put_calls);
	metrics_family(metrics, "cni_call_failures", "counter", NULL,
		       "Failed calls of plugins, by error code.");
	each(metrics, &plugins, put_failures);
	metrics_family(metrics, "cni_call_duration_seconds", "histogram", "seconds",
		       "Time from reading the configuration to the result.");
	each(metrics, &plugins, put_latency);
	for (size_t i = 0; i < plugins.count; i++)
		free(plugins.items[i].label);
	free(plugins.items);
	return 0;
}
