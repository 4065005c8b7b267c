/* SPDX-License-Identifier: Apache-2.0 */
/* Finds and reads the files that are validated. */
#include "validate.h"

#include "cleanup.h"
#include "confdir.h"
#include "file.h"
#include "mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The limit of a plugin's stdin. */
#define FILE_MAX (8U << 20)
/* A longer line is not shown. */
#define EXCERPT_MAX 500

static const char *extension_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot : "";
}

static bool is_list_name(const char *name)
{
	return !strcmp(extension_of(name), ".conflist");
}

static bool is_configuration(const char *name)
{
	const char *extension = extension_of(name);

	return !strcmp(extension, ".conflist") || !strcmp(extension, ".conf") ||
	       !strcmp(extension, ".json");
}

static int select_configuration(const struct dirent *entry)
{
	return entry->d_type != DT_DIR && is_configuration(entry->d_name);
}

/* Lists before single configurations, then by name: as confdir.h. */
static int compare(const struct dirent **a, const struct dirent **b)
{
	bool is_list = is_list_name((*a)->d_name);

	if (is_list != is_list_name((*b)->d_name))
		return is_list ? -1 : 1;
	return strcmp((*a)->d_name, (*b)->d_name);
}

void source_clear(struct source *source)
{
	free(source->file);
	free(source->text);
	free(source->name);
	cJSON_Delete(source->json);
	cni_conflist_clear(&source->list);
}

static struct config_place place_of(const struct source *source)
{
	return (struct config_place){
		.file = source->file, .network = source->name, .plugin = CONFIG_NO_PLUGIN};
}

/* A finding names the file in its own place. */
static const char *without_file(const char *msg, const char *file)
{
	size_t length = strlen(file);

	if (*msg != '\'' || strncmp(msg + 1, file, length) != 0 || msg[1 + length] != '\'')
		return msg;
	msg += length + 2;
	return msg + strspn(msg, ": ");
}

/* ---- JSON ---- */

/* The place of an error: "at line 3, column 7". NULL: there is none. */
static const char *find_place(const char *text, const char *msg)
{
	static const char before[] = "at line ";
	static const char between[] = ", column ";
	const char *at = strstr(msg, before);
	unsigned long line;
	char *end;

	if (!at || !text)
		return NULL;
	line = strtoul(at + strlen(before), &end, 10);
	if (strncmp(end, between, strlen(between)) != 0)
		return NULL;
	for (unsigned long i = 1; i < line; i++) {
		text = strchr(text, '\n');
		if (!text)
			return NULL;
		text++;
	}
	/* A column behind the end of its line is its end. */
	return text + strnlen(text, strtoul(end + strlen(between), NULL, 10) - 1);
}

/* The finding has the line for itself. */
static void cut_place(char *what)
{
	char *place = strstr(what, " at line ");

	if (place)
		*place = '\0';
}

/* The line of an error, with a caret below its column. Where the text has ended, the place is behind its last
 * word. */
static void show_place(struct config_finding *finding, const char *text, const char *msg)
{
	const char *at = find_place(text, msg);
	const char *line;
	size_t length;

	if (!at)
		return;
	if (!at[strspn(at, " \t\r\n")])
		while (at > text && strchr(" \t\r\n", at[-1]))
			at--;
	for (line = at; line > text && line[-1] != '\n'; line--)
		;
	finding->line = 1;
	for (const char *c = text; c < line; c++)
		finding->line += *c == '\n';
	cut_place(finding->what);
	length = strcspn(line, "\r\n");
	if (!length || length > EXCERPT_MAX)
		return;
	free(finding->excerpt);
	finding->excerpt = cni_format("%.*s\n%*s", (int)length, line, (int)(at - line) + 1, "^");
	for (char *c = finding->excerpt; *c && *c != '\n'; c++)
		if (*c == '\t')
			*c = ' ';
}

static void read_name(struct source *source)
{
	const char *name = cni_json_get_string(source->json, "name");

	source->name = name && *name ? cni_strdup(name) : NULL;
}

static bool parse(struct validation *validation, struct source *source)
{
	freeing char *what = cni_format("'%s'", source->file);
	struct config_place place = place_of(source);
	struct config_finding *finding;
	struct cni_error err;

	if (cni_json_parse_configuration(source->text, source->size, what, &source->json, &err) ==
	    0) {
		read_name(source);
		return true;
	}
	if (!source->is_wanted)
		return false;
	finding = config_findings_add(&validation->findings, "json", CONFIG_ERROR, &place, "%s",
				      without_file(err.msg, source->file));
	show_place(finding, source->text, err.msg);
	config_finding_so(finding, "runtimes do not know the network");
	return false;
}

/* ---- the list ---- */

/* The first of several files with one name counts, and has the drop-in folder. */
static bool is_first(const struct validation *validation, const struct source *source)
{
	for (size_t i = 0; &validation->sources[i] != source; i++)
		if (validation->sources[i].name && source->name &&
		    !strcmp(validation->sources[i].name, source->name))
			return false;
	return true;
}

/* `dir` NULL: without a drop-in folder. */
static int read_list(const struct source *source, const char *dir, struct cni_conflist *ret_list,
		     struct cni_error *err)
{
	freeing char *what = cni_format("'%s'", source->file);

	if (!source->is_list)
		return cni_conflist_upconvert(source->text, source->size, what, ret_list, err);
	if (cni_conflist_parse(source->text, source->size, what, ret_list, err) < 0)
		return -1;
	if (!dir || cni_confdir_complete(dir, ret_list, what, NULL, err) == 0)
		return 0;
	cni_conflist_clear(ret_list);
	return -1;
}

static void check_list(struct validation *validation, struct source *source, const char *dir)
{
	struct config_place place = place_of(source);
	const cJSON *plugins = cni_json_get(source->json, "plugins");
	struct cni_error err;

	place.text = source->text;
	source->written = source->is_list ? cJSON_GetArraySize(plugins) : 1;
	if (!is_first(validation, source))
		dir = NULL;
	if (read_list(source, dir, &source->list, &err) < 0 && source->is_wanted)
		config_findings_add(&validation->findings, "list", CONFIG_ERROR, &place, "%s",
				    without_file(err.msg, source->file));
}

static void add(struct validation *validation, const char *file, bool is_wanted, const char *dir)
{
	struct source *source;
	struct cni_error err;

	validation->sources = cni_realloc_array(validation->sources, validation->count + 1,
						sizeof(*validation->sources));
	source = &validation->sources[validation->count++];
	*source = (struct source){
		.file = cni_strdup(file), .is_list = is_list_name(file), .is_wanted = is_wanted};
	validation->wanted += is_wanted;
	if (cni_file_read_at(AT_FDCWD, file, true, FILE_MAX, &source->text, &source->size, &err) <
	    0) {
		struct config_place place = place_of(source);

		if (is_wanted)
			config_findings_add(&validation->findings, "cannot-read", CONFIG_ERROR,
					    &place, "%s", err.msg);
		return;
	}
	if (!parse(validation, source))
		return;
	/* A list by another name, such as that of a template. */
	if (cni_json_get(source->json, "plugins") && !cni_json_get(source->json, "type") && !dir)
		source->is_list = true;
	check_list(validation, source, dir);
}

/* ---- the directory ---- */

static int add_directory(struct validation *validation, const char *dir, bool are_wanted,
			 struct cni_error *err)
{
	struct dirent **entries;
	int count = scandir(dir, &entries, select_configuration, compare);

	if (count < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "read directory '%s'", dir);
	for (int i = 0; i < count; i++) {
		freeing char *file = cni_format("%s/%s", dir, entries[i]->d_name);

		add(validation, file, are_wanted, dir);
		free(entries[i]);
	}
	free(entries);
	if (!count && are_wanted)
		return cni_fail(err, CNI_EMISSING,
				"'%s' has no *.conflist, *.conf or *.json: there is nothing to "
				"look at",
				dir);
	return 0;
}

/* The directory was read to be compared with: now this network is looked at. */
static int want_network(struct validation *validation, const char *dir, const char *network,
			struct cni_error *err)
{
	bool is_there = false;

	for (size_t i = 0; i < validation->count; i++) {
		struct source *source = &validation->sources[i];

		if (!source->name || strcmp(source->name, network) != 0)
			continue;
		is_there = true;
		validation->wanted += !source->is_wanted;
		source->is_wanted = true;
		if (!source->list.name)
			check_list(validation, source, dir);
	}
	return is_there ? 0 : cni_fail(err, CNI_EMISSING, "no network '%s' in '%s'", network, dir);
}

static bool is_directory(const char *name)
{
	struct stat st;

	return strchr(name, '/') && stat(name, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_file(const char *name)
{
	return strchr(name, '/') || is_configuration(name);
}

int sources_read(struct validation *validation, const char *dir, char *const *names, size_t count,
		 struct cni_error *err)
{
	bool has_networks = false;

	for (size_t i = 0; i < count; i++)
		has_networks |= !is_file(names[i]);
	if ((!count || has_networks) && add_directory(validation, dir, !count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int failed = 0;

		if (is_directory(names[i]))
			failed = add_directory(validation, names[i], true, err);
		else if (is_file(names[i]))
			add(validation, names[i], true, NULL);
		else
			failed = want_network(validation, dir, names[i], err);
		if (failed < 0)
			return -1;
	}
	return 0;
}
