/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include "cleanup.h"
#include "file.h"
#include "json.h"
#include "mem.h"
#include "network.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#define FILE_MAX ((size_t)8 << 20)

static void close_dirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define closing_dir __attribute__((cleanup(close_dirp)))

static bool is_read_by_runtimes(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".conf") || !strcmp(dot, ".conflist") || !strcmp(dot, ".json"));
}

/* True if `name` is a word of `words`. */
static bool is_word(const char *words, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = strstr(words, name); at; at = strstr(at + 1, name))
		if ((at == words || at[-1] == ' ') && (!at[size] || at[size] == ' '))
			return true;
	return false;
}

/* NULL if it cannot be read or is no JSON. `*ret_text` (NULL allowed) is its text, which the caller frees. */
static cJSON *read_network(int dir, const char *name, char **ret_text)
{
	freeing char *data = NULL;
	cJSON *json = NULL;
	struct cni_error ignored;
	size_t size;

	if (cni_file_read_at(dir, name, true, FILE_MAX, &data, &size, &ignored) < 0 ||
	    cni_json_parse_object(data, size, name, &json, &ignored) < 0)
		return NULL;
	if (ret_text)
		*ret_text = take_ptr(data);
	return json;
}

static bool is_loopback(const cJSON *network)
{
	const cJSON *plugins = cni_json_get(network, "plugins");
	const cJSON *plugin = plugins ? plugins->child : network;

	if (!plugin)
		return false;
	for (; plugin; plugin = plugins ? plugin->next : NULL) {
		const char *type = cni_json_get_string(plugin, "type");

		if (!type || strcmp(type, "loopback") != 0)
			return false;
	}
	return true;
}

static bool is_others(int dir, const char *name)
{
	freeing_json cJSON *network = read_network(dir, name, NULL);

	return !is_loopback(network);
}

/* The file that sorts first of those that count, without ours; NULL if there is none. */
static int find_first(DIR *dir, const struct settings *settings, char **ret_first,
		      struct cni_error *err)
{
	freeing char *first = NULL;
	const struct dirent *found;

	for (errno = 0; (found = readdir(dir)); errno = 0) {
		const char *name = found->d_name;

		if (found->d_type == DT_DIR || !is_read_by_runtimes(name) ||
		    !strcmp(name, settings->conf_name) || is_word(settings->over, name) ||
		    (first && strcmp(first, name) < 0) || !is_others(dirfd(dir), name))
			continue;
		free(first);
		first = cni_strdup(name);
	}
	if (errno)
		return cni_fail_errno(err, CNI_EIO, errno, "read directory '%s'",
				      settings->conf_dir);
	*ret_first = take_ptr(first);
	return 0;
}

static int fail_taken(const struct settings *settings, const char *name, const char *reason,
		      struct cni_error *err)
{
	return cni_fail(err, CNI_ETAKEN,
			"'%s/%s' %s: remove that network from the node, or name the file in "
			"TAKE_PRECEDENCE_OVER",
			settings->conf_dir, name, reason);
}

int place_check(const struct settings *settings, char **ret_ours, struct cni_error *err)
{
	closing_dir DIR *dir = opendir(settings->conf_dir);
	freeing_json cJSON *ours = NULL;
	freeing char *first = NULL;
	freeing char *text = NULL;
	const char *name = settings->conf_name;
	bool is_there;

	if (!dir)
		return cni_fail_errno(err, CNI_EIO, errno, "open directory '%s'",
				      settings->conf_dir);
	ours = read_network(dirfd(dir), name, &text);
	is_there = ours || faccessat(dirfd(dir), name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (is_there && !is_word(settings->over, name) && !cni_json_get(ours, NETWORK_MARK))
		return fail_taken(settings, name, "is a network that the installer has not written",
				  err);
	if (find_first(dir, settings, &first, err) < 0)
		return -1;
	if (first && strcmp(first, name) < 0)
		return fail_taken(
			settings, first,
			"is another network and sorts before ours: runtimes use the first", err);
	if (first && !is_there)
		return fail_taken(settings, first, "is the network that the node has now", err);
	*ret_ours = take_ptr(text);
	return 0;
}
