/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include "cleanup.h"
#include "env.h"
#include "json.h"
#include "log_target.h"
#include "mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names and paths are shorter; a variable of the environment may be of any length. */
#define TEXT_MAX 512

void cni_log_begin(struct cni_log *log, const char *target, const char *type)
{
	*log = (struct cni_log){.target = target, .type = type};
	clock_gettime(CLOCK_REALTIME, &log->begin);
	clock_gettime(CLOCK_MONOTONIC, &log->before);
}

void cni_log_network(struct cni_log *log, const char *network)
{
	if (log && network)
		snprintf(log->network, sizeof(log->network), "%s", network);
}

void cni_log_result(struct cni_log *log, const struct cni_result *result)
{
	if (!log)
		return;
	cJSON_Delete(log->addresses);
	log->addresses = cni_json_array();
	for (size_t i = 0; i < result->ip_count; i++) {
		char text[CNI_NET_TEXT_SIZE];

		cJSON_AddItemToArray(log->addresses, cJSON_CreateString(cni_net_format(
							     &result->ips[i].address, text)));
	}
}

void cni_log_part(struct cni_log *log, const char *verb, const char *part)
{
	if (!log || log->part_count == CNI_LOG_PARTS)
		return;
	log->parts[log->part_count].verb = verb;
	log->parts[log->part_count].part = part;
	clock_gettime(CLOCK_MONOTONIC, &log->parts[log->part_count].since);
	log->part_count++;
}

/* ---- the line ---- */

static double milliseconds(const struct timespec *from, const struct timespec *to)
{
	double ms = (double)(to->tv_sec - from->tv_sec) * 1e3 +
		    (double)(to->tv_nsec - from->tv_nsec) / 1e6;

	/* Rounded to microseconds. */
	return (double)(long long)(ms * 1e3 + 0.5) / 1e3;
}

/* Values of the environment may hold anything: what is no printable ASCII becomes '?'. "" adds nothing. */
static void add_text(cJSON *line, const char *key, const char *text, size_t length)
{
	freeing char *copy = cni_strndup(text ? text : "", length < TEXT_MAX ? length : TEXT_MAX);

	for (char *at = copy; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	cni_json_add_string(line, key, copy);
}

static void add_variable(cJSON *line, const char *key, const char *text)
{
	add_text(line, key, text, text ? strlen(text) : 0);
}

/* Without strftime(3), which has every language's names of days. */
static void add_time(cJSON *line, const struct cni_log *log)
{
	freeing char *text = NULL;
	struct tm tm;

	gmtime_r(&log->begin.tv_sec, &tm);
	text = cni_format("%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ", tm.tm_year + 1900, tm.tm_mon + 1,
			  tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, log->begin.tv_nsec / 1000);
	cni_json_add_string(line, "time", text);
}

/* A pod's names (CNI_ARGS, KEY=VALUE;KEY=VALUE). */
static void add_pod(cJSON *line, const char *args)
{
	static const struct {
		const char *key;
		const char *name;
	} pods[] = {{"K8S_POD_NAMESPACE=", "podNamespace"},
		    {"K8S_POD_NAME=", "podName"},
		    {"K8S_POD_UID=", "podUID"}};

	for (const char *at = args; at && *at; at = strchr(at, ';') ? strchr(at, ';') + 1 : NULL)
		for (size_t i = 0; i < sizeof(pods) / sizeof(*pods); i++) {
			size_t length = strlen(pods[i].key);

			if (!strncmp(at, pods[i].key, length))
				add_text(line, pods[i].name, at + length,
					 strcspn(at + length, ";"));
		}
}

static void add_parts(cJSON *line, const struct cni_log *log, const struct timespec *now)
{
	cJSON *parts = cni_json_array();

	for (size_t i = 0; i < log->part_count; i++) {
		const struct timespec *end =
			i + 1 < log->part_count ? &log->parts[i + 1].since : now;
		cJSON *part = cni_json_object();

		cni_json_add_string(part, "part", log->parts[i].part);
		cni_json_add_string(part, "verb", log->parts[i].verb);
		cni_json_add_number(part, "ms", milliseconds(&log->parts[i].since, end));
		cJSON_AddItemToArray(parts, part);
	}
	if (log->part_count)
		cni_json_add(line, "parts", parts);
	else
		cJSON_Delete(parts);
}

static cJSON *make_line(struct cni_log *log, const struct cni_env *env, const struct cni_error *err)
{
	cJSON *line = cni_json_object();
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	add_time(line, log);
	cni_json_add_string(line, "plugin", log->type);
	cni_json_add_string(line, "command", cni_command_text(env->command));
	add_variable(line, "network", log->network);
	add_variable(line, "container", env->container);
	add_variable(line, "ifname", env->ifname);
	add_variable(line, "netns", env->netns);
	add_pod(line, env->args);
	cni_json_add_number(line, "code", err ? err->code : 0);
	if (err) {
		cni_json_add_string(line, "msg", err->msg);
		cni_json_add_string(line, "details", err->details);
	}
	if (log->addresses)
		cni_json_add(line, "addresses", take_ptr(log->addresses));
	cni_json_add_number(line, "ms", milliseconds(&log->before, &now));
	add_variable(line, "traceparent", getenv("TRACEPARENT"));
	add_variable(line, "tracestate", getenv("TRACESTATE"));
	add_parts(line, log, &now);
	return line;
}

/* Drops what can be missed most easily until the line fits, with its newline. The caller frees. */
static char *print_line(cJSON *line)
{
	static const char *const order[] = {"parts",	 "tracestate", "details",    "netns",
					    "addresses", "podUID",     "traceparent"};
	char *text = cni_json_print_compact(line);

	for (size_t i = 0; i < sizeof(order) / sizeof(*order) && strlen(text) >= CNI_LOG_MAX; i++) {
		cJSON_DeleteItemFromObjectCaseSensitive(line, order[i]);
		free(text);
		text = cni_json_print_compact(line);
	}
	return text;
}

void cni_log_end(struct cni_log *log, const struct cni_env *env, const struct cni_error *err)
{
	int kept = errno;
	freeing_json cJSON *line = NULL;
	freeing char *text = NULL;

	if (!log)
		return;
	line = make_line(log, env, err);
	text = print_line(line);
	if (strlen(text) < CNI_LOG_MAX)
		cni_log_put(log->target, text, log->type, err != NULL);
	errno = kept;
}
