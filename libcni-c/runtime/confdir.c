/* SPDX-License-Identifier: Apache-2.0 */
#include "confdir.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"
#include "names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* The limit of a plugin's stdin. */
#define FILE_MAX (8U << 20)

/* A file of the directory. */
struct entry {
	char *file; /* its path */
	char *name; /* of the network; NULL if the file cannot be read */
	char *data;
	size_t size; /* bytes of `data` */
	bool is_list;
};

struct entries {
	struct entry *items;
	size_t count;
};

static void clear_entries(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->items[i].file);
		free(entries->items[i].name);
		free(entries->items[i].data);
	}
	free(entries->items);
	*entries = (struct entries){0};
}

#define clearing_entries __attribute__((cleanup(clear_entries)))

static void close_dirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define closing_dir __attribute__((cleanup(close_dirp)))

static bool ends_in(const char *name, const char *extension)
{
	const char *dot = strrchr(name, '.');

	return dot && !strcmp(dot + 1, extension);
}

/* Sorts lists before single configurations, then by name. */
static int compare(const void *a, const void *b)
{
	const struct entry *left = a;
	const struct entry *right = b;

	if (left->is_list != right->is_list)
		return left->is_list ? -1 : 1;
	return strcmp(left->file, right->file);
}

/* Collects the files whose names end in one of `extensions` (ends with NULL). A missing
 * directory has none. */
static int find_files(const char *path, const char *const *extensions, struct entries *ret_entries,
		      struct cni_error *err)
{
	clearing_entries struct entries entries = {0};
	closing_dir DIR *dir = opendir(path);
	const struct dirent *found;

	if (!dir && errno != ENOENT)
		return cni_fail_errno(err, CNI_EIO, errno, "open directory '%s'", path);
	for (errno = 0; dir && (found = readdir(dir)); errno = 0) {
		for (const char *const *extension = extensions; *extension; extension++) {
			if (found->d_type == DT_DIR || !ends_in(found->d_name, *extension))
				continue;
			entries.items = cni_realloc_array(entries.items, entries.count + 1,
							  sizeof(*entries.items));
			entries.items[entries.count++] = (struct entry){
				.file = cni_format("%s/%s", path, found->d_name),
				.is_list = ends_in(found->d_name, "conflist"),
			};
		}
	}
	if (dir && errno)
		return cni_fail_errno(err, CNI_EIO, errno, "read directory '%s'", path);
	if (entries.count)
		qsort(entries.items, entries.count, sizeof(*entries.items), compare);
	*ret_entries = entries;
	entries = (struct entries){0};
	return 0;
}

/* Reads a file's bytes and its network's name. */
static int read_entry(struct entry *entry, struct cni_error *err)
{
	freeing_json cJSON *json = NULL;
	freeing char *what = cni_format("'%s'", entry->file);
	const cJSON *name;

	if (cni_file_read_at(AT_FDCWD, entry->file, true, FILE_MAX, &entry->data, &entry->size,
			     err) < 0 ||
	    cni_json_parse_configuration(entry->data, entry->size, what, &json, err) < 0)
		return -1;
	name = cni_json_get(json, "name");
	if (!cJSON_IsString(name) || !*name->valuestring)
		return cni_fail(err, CNI_ECONFIG, "%s: 'name' is %s, expected the network's name",
				what, name ? cni_json_show(name) : "missing");
	if (cni_name_check_network(name->valuestring, err) < 0)
		return cni_fail_within(err, "%s", what);
	entry->name = cni_strdup(name->valuestring);
	return 0;
}

/* If two files have the same network, the first counts. */
static void warn_of_twins(const struct entries *entries, struct cni_warnings *warnings)
{
	for (size_t i = 0; i < entries->count; i++)
		for (size_t j = 0; j < i && entries->items[i].name; j++)
			if (entries->items[j].name &&
			    !strcmp(entries->items[i].name, entries->items[j].name)) {
				cni_warn(warnings,
					 "passed over: '%s': its network '%s' is that of '%s', "
					 "which comes first",
					 entries->items[i].file, entries->items[i].name,
					 entries->items[j].file);
				break;
			}
}

static int scan(const char *dir, struct entries *ret_entries, struct cni_warnings *warnings,
		struct cni_error *err)
{
	static const char *const extensions[] = {"conflist", "conf", "json", NULL};

	if (find_files(dir, extensions, ret_entries, err) < 0)
		return -1;
	for (size_t i = 0; i < ret_entries->count; i++) {
		struct cni_error why;

		if (read_entry(&ret_entries->items[i], &why) < 0)
			cni_warn(warnings, "passed over: %s", why.msg);
	}
	warn_of_twins(ret_entries, warnings);
	return 0;
}

/* In a drop-in folder these names mean nothing to libcni. */
static void warn_of_others(const char *folder, struct cni_warnings *warnings)
{
	static const char *const extensions[] = {"conflist", "json", NULL};
	clearing_entries struct entries entries = {0};
	struct cni_error ignored;

	if (find_files(folder, extensions, &entries, &ignored) < 0)
		return;
	for (size_t i = 0; i < entries.count; i++)
		cni_warn(warnings,
			 "passed over: '%s': the name of a plugin's configuration in this folder "
			 "ends in .conf",
			 entries.items[i].file);
}

static int append_dropins(const char *dir, struct cni_conflist *list, struct cni_warnings *warnings,
			  struct cni_error *err)
{
	static const char *const extensions[] = {"conf", NULL};
	freeing char *folder = cni_format("%s/%s", dir, list->name);
	clearing_entries struct entries entries = {0};

	if (find_files(folder, extensions, &entries, err) < 0)
		return -1;
	warn_of_others(folder, warnings);
	for (size_t i = 0; i < entries.count; i++) {
		struct entry *entry = &entries.items[i];
		freeing char *what = cni_format("'%s'", entry->file);

		if (cni_file_read_at(AT_FDCWD, entry->file, true, FILE_MAX, &entry->data,
				     &entry->size, err) < 0 ||
		    cni_conflist_append(list, entry->data, entry->size, what, err) < 0)
			return -1;
	}
	return 0;
}

int cni_confdir_complete(const char *dir, struct cni_conflist *list, const char *what,
			 struct cni_warnings *warnings, struct cni_error *err)
{
	if (!list->only_inlined && append_dropins(dir, list, warnings, err) < 0)
		return -1;
	if (list->plugins->child)
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"%s: the network has no plugins: neither in 'plugins' nor as *.conf in "
			"'%s/%s'",
			what, dir, list->name);
}

static int load_list(const char *dir, const struct entry *entry, struct cni_conflist *ret_list,
		     struct cni_warnings *warnings, struct cni_error *err)
{
	freeing char *what = cni_format("'%s'", entry->file);

	if (!entry->is_list)
		return cni_conflist_upconvert(entry->data, entry->size, what, ret_list, err);
	if (cni_conflist_parse(entry->data, entry->size, what, ret_list, err) < 0)
		return -1;
	if (cni_confdir_complete(dir, ret_list, what, warnings, err) == 0)
		return 0;
	cni_conflist_clear(ret_list);
	return -1;
}

static int load(const char *dir, const struct entry *entry, struct cni_conflist *ret_list,
		struct cni_warnings *warnings, struct cni_error *err)
{
	if (load_list(dir, entry, ret_list, warnings, err) < 0)
		return -1;
	ret_list->file = cni_strdup(entry->file);
	return 0;
}

/* `text` with ", 'name'" behind it. */
static void add_quoted(char **text, const char *name)
{
	char *longer = cni_format("%s%s'%s'", *text ? *text : "", *text ? ", " : "", name);

	free(*text);
	*text = longer;
}

static int say_not_found(const char *dir, const char *network, const struct entries *entries,
			 struct cni_error *err)
{
	freeing char *names = NULL;
	freeing char *broken = NULL;

	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->items[i];

		if (entry->name)
			add_quoted(&names, entry->name);
		else
			add_quoted(&broken, strrchr(entry->file, '/') + 1);
	}
	cni_fail(err, CNI_EMISSING, "no network '%s' in '%s', which has %s", network, dir,
		 names ? names : "none");
	return broken ? cni_fail_details(err, "it may be in what could not be read: %s", broken)
		      : -1;
}

int cni_confdir_find(const char *dir, const char *network, struct cni_conflist *ret_list,
		     struct cni_warnings *warnings, struct cni_error *err)
{
	clearing_entries struct entries entries = {0};

	if (cni_name_check_network(network, err) < 0 || scan(dir, &entries, warnings, err) < 0)
		return -1;
	for (size_t i = 0; i < entries.count; i++)
		if (entries.items[i].name && !strcmp(entries.items[i].name, network))
			return load(dir, &entries.items[i], ret_list, warnings, err);
	return say_not_found(dir, network, &entries, err);
}

/* False if an earlier file has the same network. */
static bool is_first(const struct entries *entries, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (entries->items[i].name &&
		    !strcmp(entries->items[i].name, entries->items[index].name))
			return false;
	return true;
}

int cni_confdir_each(const char *dir, cni_confdir_visitor *visit, void *data,
		     struct cni_warnings *warnings, struct cni_error *err)
{
	clearing_entries struct entries entries = {0};

	if (scan(dir, &entries, warnings, err) < 0)
		return -1;
	for (size_t i = 0; i < entries.count; i++) {
		const struct entry *entry = &entries.items[i];
		struct cni_conflist list = {0};
		struct cni_error why;

		if (!entry->name || !is_first(&entries, i))
			continue;
		if (load(dir, entry, &list, warnings, &why) < 0)
			visit(entry->name, NULL, &why, data);
		else
			visit(entry->name, &list, NULL, data);
		cni_conflist_clear(&list);
	}
	return 0;
}

static bool has_name(char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

int cni_confdir_names(const char *dir, char ***ret_names, size_t *ret_count,
		      struct cni_warnings *warnings, struct cni_error *err)
{
	clearing_entries struct entries entries = {0};
	char **names;
	size_t count = 0;

	if (scan(dir, &entries, warnings, err) < 0)
		return -1;
	names = cni_realloc_array(NULL, entries.count, sizeof(*names));
	for (size_t i = 0; i < entries.count; i++)
		if (entries.items[i].name && !has_name(names, count, entries.items[i].name))
			names[count++] = take_ptr(entries.items[i].name);
	*ret_names = names;
	*ret_count = count;
	return 0;
}

void cni_confdir_names_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}
