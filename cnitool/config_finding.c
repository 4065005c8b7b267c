/* SPDX-License-Identifier: Apache-2.0 */
#include "config_finding.h"

#include "cleanup.h"
#include "json.h"
#include "mem.h"
#include "table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *const levels[CONFIG_LEVEL_COUNT] = {
	[CONFIG_NOTE] = "note",
	[CONFIG_WARNING] = "warning",
	[CONFIG_ERROR] = "error",
};

const char *config_level_text(enum config_level level)
{
	return levels[level];
}

static char *format_list(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));
static char *format_list(const char *fmt, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, args) < 0)
		cni_out_of_memory();
	return text;
}

/* The line of the last name in `key`, if the text has the name once; 0 otherwise. */
static unsigned int line_of(const char *text, const char *key)
{
	const char *name = key && strrchr(key, '.') ? strrchr(key, '.') + 1 : key;
	freeing char *quoted = cni_format("\"%s\"", name ? name : "");
	const char *found = text && name ? strcasestr(text, quoted) : NULL;
	unsigned int line = 1;

	if (!found || strcasestr(found + 1, quoted))
		return 0;
	for (; text < found; text++)
		line += *text == '\n';
	return line;
}

struct config_finding *config_findings_add(struct config_findings *findings, const char *check,
					   enum config_level level,
					   const struct config_place *place, const char *fmt, ...)
{
	struct config_finding *added;
	va_list args;

	findings->items =
		cni_realloc_array(findings->items, findings->count + 1, sizeof(*findings->items));
	added = &findings->items[findings->count++];
	*added = (struct config_finding){
		.check = check,
		.level = level,
		.file = cni_strdup(place->file),
		.network = cni_strdup(place->network),
		.plugin = place->plugin,
		.type = cni_strdup(place->type),
		.key = cni_strdup(place->key),
		.line = line_of(place->text, place->key),
	};
	va_start(args, fmt);
	added->what = format_list(fmt, args);
	va_end(args);
	return added;
}

void config_finding_so(struct config_finding *finding, const char *fmt, ...)
{
	va_list args;

	free(finding->so);
	va_start(args, fmt);
	finding->so = format_list(fmt, args);
	va_end(args);
}

void config_finding_try(struct config_finding *finding, const char *fmt, ...)
{
	va_list args;

	free(finding->try);
	va_start(args, fmt);
	finding->try = format_list(fmt, args);
	va_end(args);
}

size_t config_findings_count(const struct config_findings *findings, enum config_level level)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += findings->items[i].level == level;
	return count;
}

/* ---- text ---- */

/* "/etc/cni/net.d/a.conflist:7: plugins[0] (bridge): " */
static char *place_of(const struct config_finding *finding)
{
	freeing char *line = finding->line ? cni_format(":%u", finding->line) : cni_strdup("");
	freeing char *plugin =
		finding->plugin == CONFIG_NO_PLUGIN
			? cni_strdup("")
			: cni_format("plugins[%d]%s%s%s: ", finding->plugin,
				     finding->type ? " (" : "", finding->type ? finding->type : "",
				     finding->type ? ")" : "");
	const char *where = finding->file ? finding->file : finding->network;

	return cni_format("%s%s%s%s", where ? where : "", line, where ? ": " : "", plugin);
}

/* Files may have anything: a terminal gets what can be printed. */
static void print_text(FILE *out, const char *label, const char *text)
{
	freeing char *copy = text ? cni_strdup(text) : NULL;

	if (copy)
		fprintf(out, "    %s%s\n", label, make_printable(copy));
}

static void print_excerpt(FILE *out, const char *excerpt)
{
	freeing char *copy = cni_strdup(excerpt);
	char *rest = copy;

	for (char *line = strsep(&rest, "\n"); line && *line; line = strsep(&rest, "\n"))
		print_text(out, "", line);
}

void config_findings_print(const struct config_findings *findings, FILE *out)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct config_finding *finding = &findings->items[i];
		freeing char *place = place_of(finding);
		freeing char *line = cni_format("%s: %s%s", config_level_text(finding->level),
						place, finding->what);

		fprintf(out, "%s\n", make_printable(line));
		if (finding->excerpt)
			print_excerpt(out, finding->excerpt);
		print_text(out, "so: ", finding->so);
		print_text(out, "try: ", finding->try);
	}
}

/* ---- JSON ---- */

static cJSON *to_json(const struct config_finding *finding)
{
	cJSON *json = cni_json_object();

	cni_json_add_string(json, "check", finding->check);
	cni_json_add_string(json, "level", config_level_text(finding->level));
	cni_json_add_string(json, "file", finding->file);
	if (finding->line)
		cni_json_add_number(json, "line", finding->line);
	cni_json_add_string(json, "network", finding->network);
	if (finding->plugin != CONFIG_NO_PLUGIN)
		cni_json_add_number(json, "plugin", finding->plugin);
	cni_json_add_string(json, "type", finding->type);
	cni_json_add_string(json, "key", finding->key);
	cni_json_add_string(json, "what", finding->what);
	cni_json_add_string(json, "so", finding->so);
	cni_json_add_string(json, "try", finding->try);
	return json;
}

cJSON *config_findings_json(const struct config_findings *findings)
{
	cJSON *list = cni_json_array();

	for (size_t i = 0; i < findings->count; i++)
		cJSON_AddItemToArray(list, to_json(&findings->items[i]));
	return list;
}

void config_findings_clear(struct config_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		struct config_finding *finding = &findings->items[i];
		char *const texts[] = {finding->file, finding->network, finding->type,
				       finding->key,  finding->what,	finding->excerpt,
				       finding->so,   finding->try};

		for (size_t j = 0; j < sizeof(texts) / sizeof(*texts); j++)
			free(texts[j]);
	}
	free(findings->items);
	*findings = (struct config_findings){0};
}
