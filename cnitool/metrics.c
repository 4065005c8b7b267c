/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool metrics: numbers of the node for a monitoring system. */
#include "metrics.h"

#include "cache.h"
#include "cleanup.h"
#include "commands.h"
#include "mem.h"
#include "namespace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- format ---- */

void metrics_family(const struct metrics *metrics, const char *name, const char *type,
		    const char *unit, const char *help)
{
	const char *total = !metrics->is_openmetrics && !strcmp(type, "counter") ? "_total" : "";

	fprintf(metrics->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, total, help, name, total,
		type);
	if (unit && metrics->is_openmetrics)
		fprintf(metrics->out, "# UNIT %s %s\n", name, unit);
}

char *metrics_label(const char *text)
{
	char *label = cni_alloc(2 * strlen(text) + 3);
	char *to = label;

	*to++ = '"';
	for (; *text; text++) {
		if (strchr("\\\"\n", *text))
			*to++ = '\\';
		*to++ = *text;
		if (*text == '\n')
			to[-1] = 'n';
	}
	*to++ = '"';
	*to = '\0';
	return label;
}

/* ---- attachments ---- */

enum { STATES = 3 };

static void put_attachments(const struct metrics *metrics, const char *network,
			    const size_t counts[STATES])
{
	static const char *const states[STATES] = {
		[CNI_NAMESPACE_LIVES] = "alive",
		[CNI_NAMESPACE_GONE] = "gone",
		[CNI_NAMESPACE_UNKNOWN] = "unknown",
	};
	freeing char *label = metrics_label(network);

	for (size_t i = 0; i < STATES; i++)
		fprintf(metrics->out, "cni_attachments{network=%s,namespace=\"%s\"} %zu\n", label,
			states[i], counts[i]);
}

static int by_network(const void *a, const void *b)
{
	const struct cni_cached *left = a;
	const struct cni_cached *right = b;

	return strcmp(left->network, right->network);
}

int metrics_attachments(const struct metrics *metrics, struct cni_error *err)
{
	struct cni_cached *items;
	size_t counts[STATES] = {0};
	size_t count;

	if (cni_cache_list(metrics->tool->options->cache_dir, NULL, NULL, &items, &count,
			   &metrics->tool->warnings, err) < 0)
		return -1;
	if (count)
		qsort(items, count, sizeof(*items), by_network);
	metrics_family(metrics, "cni_attachments", "gauge", NULL,
		       "Attachments in the result cache, by the state of their network namespace.");
	for (size_t i = 0; i < count; i++) {
		counts[cni_namespace_ask(items[i].netns, items[i].identity)]++;
		if (i + 1 < count && !strcmp(items[i].network, items[i + 1].network))
			continue;
		put_attachments(metrics, items[i].network, counts);
		memset(counts, 0, sizeof(counts));
	}
	cni_cached_free(items, count);
	return 0;
}

/* ---- the whole ---- */

static int write_all(const struct metrics *metrics, struct cni_error *err)
{
	freeing char *version = metrics_label(CNI_C_VERSION);

	metrics_family(metrics, "cni_build_info", "gauge", NULL, "The version of cnitool.");
	fprintf(metrics->out, "cni_build_info{version=%s} 1\n", version);
	if (metrics_attachments(metrics, err) < 0 || metrics_pools(metrics, err) < 0 ||
	    metrics_calls(metrics, err) < 0)
		return -1;
	if (metrics->is_openmetrics)
		fputs("# EOF\n", metrics->out);
	return 0;
}

static int fail_file(const char *path, struct cni_error *err)
{
	return cni_fail_errno(err, CNI_EIO, errno, "write '%s'", path);
}

/* Readable by all, as exporters run as another user. A reader sees the old file or the new one. */
static int replace_file(const char *path, const char *text, size_t size, struct cni_error *err)
{
	freeing char *temporary = cni_format("%s.XXXXXX", path);
	closing int fd = mkstemp(temporary);

	if (fd < 0)
		return fail_file(path, err);
	if (write(fd, text, size) == (ssize_t)size && fchmod(fd, 0644) == 0 && fsync(fd) == 0 &&
	    rename(temporary, path) == 0)
		return 0;
	fail_file(path, err);
	unlink(temporary);
	return -1;
}

int command_metrics(struct tool *tool, struct cni_error *err)
{
	const char *path = tool->options->textfile;
	struct metrics metrics = {.tool = tool, .is_openmetrics = !path};
	freeing char *text = NULL;
	size_t size = 0;
	int failed;

	metrics.out = cni_need(open_memstream(&text, &size));
	failed = write_all(&metrics, err);
	if (fclose(metrics.out) != 0)
		cni_out_of_memory();
	if (failed)
		return -1;
	if (path)
		return replace_file(path, text, size, err);
	fputs(text, stdout);
	return 0;
}
