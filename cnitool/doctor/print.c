/* SPDX-License-Identifier: Apache-2.0 */
/* The findings as text and as JSON. */
#include "cleanup.h"
#include "commands.h"
#include "doctor.h"
#include "mem.h"
#include "table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The version of the JSON; a new member does not change it. */
#define JSON_VERSION 1

#define SHOWN_ATTACHMENTS 3
#define INDENT		  "                     "

void doctor_print_checks(const struct doctor *doctor)
{
	static const char *const headings[] = {"CHECK", "TITLE", NULL};
	clearing_table struct table table = table_begin(headings);

	for (size_t i = 0; i < doctor_check_count; i++) {
		const char *cells[] = {doctor_checks[i].id, doctor_checks[i].title};

		if (doctor_is_wanted(doctor, &doctor_checks[i]))
			table_add(&table, cells);
	}
	table_print(&table);
}

/* ---- text ---- */

static void put(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(FILE *out, const char *fmt, ...)
{
	freeing char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		cni_out_of_memory();
	va_end(args);
	fprintf(out, "%s\n", make_printable(text));
}

static void put_attachments(FILE *out, const struct doctor_finding *finding)
{
	freeing char *names = cni_strdup("");
	size_t count = finding->attachment_count;

	for (size_t i = 0; i < count && i < SHOWN_ATTACHMENTS; i++) {
		freeing char *before = names;

		names = cni_format("%s%s%s", before, *before ? ", " : "", finding->attachments[i]);
	}
	if (count > SHOWN_ATTACHMENTS)
		put(out, INDENT "%zu attachments: %s and %zu more", count, names,
		    count - SHOWN_ATTACHMENTS);
	else if (count)
		put(out, INDENT "%zu attachment%s: %s", count, count > 1 ? "s" : "", names);
}

static void put_finding(FILE *out, const char *group, const struct doctor_finding *finding)
{
	static const char *const words[] = {
		[FINDING_NOTE] = "note",
		[FINDING_WARNING] = "warn",
		[FINDING_FAILURE] = "FAIL",
		[FINDING_UNSEEN] = "unseen",
	};
	freeing char *times = finding->count > 1 && !finding->attachment_count
				      ? cni_format(" (%zu times)", finding->count)
				      : cni_strdup("");

	put(out, "%-12s %-7s %s%s", group, words[finding->level], finding->what, times);
	if (finding->because) {
		put(out, INDENT "because of %s, see above", finding->because->id);
		return;
	}
	if (*finding->where)
		put(out, INDENT "in %s", finding->where);
	if (*finding->so)
		put(out, INDENT "so: %s", finding->so);
	put_attachments(out, finding);
	if (*finding->try)
		put(out, INDENT "try: %s", finding->try);
}

/* The row of a group begins at this check. */
static bool begins_group(const struct doctor_check *check)
{
	size_t length = doctor_group_length(check);

	return check == doctor_checks || doctor_group_length(check - 1) != length ||
	       strncmp(check->id, check[-1].id, length) != 0;
}

static bool is_of_group(const struct doctor_check *check, const char *group)
{
	return doctor_group_length(check) == strlen(group) &&
	       !strncmp(check->id, group, strlen(group));
}

static void put_group(const struct doctor *doctor, const char *group, FILE *out)
{
	const struct findings *findings = &doctor->findings;
	const char *name = group;
	size_t looked_at = 0;
	size_t checks = 0;

	for (size_t i = 0; i < findings->count; i++) {
		if (!is_of_group(findings->items[i].check, group))
			continue;
		put_finding(out, name, &findings->items[i]);
		name = "";
	}
	for (size_t i = 0; i < doctor_check_count; i++) {
		if (!is_of_group(&doctor_checks[i], group) ||
		    !doctor_is_wanted(doctor, &doctor_checks[i]))
			continue;
		checks++;
		looked_at += doctor->has_rights || !doctor_checks[i].needs_rights;
	}
	if (*name && looked_at < checks)
		put(out, "%-12s unseen  %zu of %zu checks need rights", group, checks - looked_at,
		    checks);
	else if (*name && checks)
		put(out, "%-12s ok      %zu check%s", group, checks, checks > 1 ? "s" : "");
}

void doctor_print_text(const struct doctor *doctor, FILE *out)
{
	const struct findings *findings = &doctor->findings;
	size_t unseen = findings_count(findings, FINDING_UNSEEN);

	for (size_t i = 0; i < doctor_check_count; i++) {
		const struct doctor_check *check = &doctor_checks[i];
		freeing char *group = cni_strndup(check->id, doctor_group_length(check));

		if (begins_group(check))
			put_group(doctor, group, out);
	}
	fputc('\n', out);
	put(out, "failures: %zu, warnings: %zu, notes: %zu, networks: %zu, attachments: %zu",
	    findings_count(findings, FINDING_FAILURE), findings_count(findings, FINDING_WARNING),
	    findings_count(findings, FINDING_NOTE), doctor->network_count,
	    doctor->attachment_count);
	if (unseen)
		put(out, "not everything could be looked at");
}

/* ---- JSON ---- */

static void add_text(cJSON *row, const char *key, const char *text)
{
	freeing char *copy = cni_strdup(text);

	cni_json_add_string(row, key, make_printable(copy));
}

static cJSON *row_of(const struct doctor_finding *finding)
{
	cJSON *attachments = cni_json_array();
	cJSON *row = cni_json_object();

	cni_json_add_string(row, "check", finding->check->id);
	cni_json_add_string(row, "level", finding_level_text(finding->level));
	add_text(row, "what", finding->what);
	add_text(row, "where", finding->where);
	add_text(row, "so", finding->so);
	add_text(row, "try", finding->try);
	if (finding->because)
		cni_json_add_string(row, "because", finding->because->id);
	cni_json_add_number(row, "count", (double)finding->count);
	for (size_t i = 0; i < finding->attachment_count; i++)
		cJSON_AddItemToArray(attachments, cJSON_CreateString(finding->attachments[i]));
	cni_json_add(row, "attachments", attachments);
	return row;
}

void doctor_print_json(const struct doctor *doctor)
{
	const struct findings *findings = &doctor->findings;
	freeing_json cJSON *json = cni_json_object();
	cJSON *summary = cni_json_object();
	cJSON *rows = cni_json_array();

	cni_json_add_number(json, "version", JSON_VERSION);
	cni_json_add_number(summary, "failures", (double)findings_count(findings, FINDING_FAILURE));
	cni_json_add_number(summary, "warnings", (double)findings_count(findings, FINDING_WARNING));
	cni_json_add_number(summary, "notes", (double)findings_count(findings, FINDING_NOTE));
	cni_json_add_number(summary, "unseen", (double)findings_count(findings, FINDING_UNSEEN));
	cni_json_add_number(summary, "networks", (double)doctor->network_count);
	cni_json_add_number(summary, "attachments", (double)doctor->attachment_count);
	cni_json_add(json, "summary", summary);
	for (size_t i = 0; i < findings->count; i++)
		cJSON_AddItemToArray(rows, row_of(&findings->items[i]));
	cni_json_add(json, "findings", rows);
	print_json(json);
}
