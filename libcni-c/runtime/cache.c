/* SPDX-License-Identifier: Apache-2.0 */
#include "cache.h"

#include "base64.h"
#include "cleanup.h"
#include "file.h"
#include "mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define KIND	 "cniCacheV1"
#define FILE_MAX (16U << 20)

/* The longest suffix that cni_file_replace_at() appends while it writes: the greatest process id
 * and ".tmp". */
#define TEMPORARY_LENGTH (sizeof(".4194304.tmp") - 1)

void cni_cached_clear(struct cni_cached *cached)
{
	free(cached->network);
	free(cached->container);
	free(cached->ifname);
	free(cached->netns);
	free(cached->identity);
	free(cached->args);
	free(cached->config);
	cJSON_Delete(cached->capability_args);
	cJSON_Delete(cached->result);
	*cached = (struct cni_cached){0};
}

void cni_cached_free(struct cni_cached *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cni_cached_clear(&items[i]);
	free(items);
}

int cni_cache_file(const char *dir, const struct cni_owner *owner, char **ret_file,
		   struct cni_error *err)
{
	freeing char *name =
		cni_format("%s-%s-%s", owner->network, owner->container, owner->ifname);

	if (strlen(name) > NAME_MAX - TEMPORARY_LENGTH)
		return cni_fail(err, CNI_ECONFIG,
				"the names of network, container and interface have %zu characters "
				"together, at most %zu fit into the name of the cache's file",
				strlen(name) - 2, NAME_MAX - TEMPORARY_LENGTH - 2);
	*ret_file = cni_format("%s/results/%s", dir, name);
	return 0;
}

/* ---- write ---- */

static cJSON *encode_config(const char *data, size_t size)
{
	freeing char *text = cni_base64_encode(data, size);

	return cJSON_CreateString(text);
}

/* [["KEY", "VALUE"], …] */
static cJSON *encode_args(const char *args)
{
	freeing char *copy = cni_strdup(args);
	cJSON *list = cni_json_array();
	char *rest = copy;

	for (char *value = strsep(&rest, ";"); value; value = strsep(&rest, ";")) {
		const char *key = strsep(&value, "=");
		cJSON *pair = cni_json_array();

		cJSON_AddItemToArray(pair, cJSON_CreateString(key));
		cJSON_AddItemToArray(pair, cJSON_CreateString(value ? value : ""));
		cJSON_AddItemToArray(list, pair);
	}
	return list;
}

static cJSON *encode(const struct cni_cached *cached)
{
	cJSON *json = cni_json_object();

	cni_json_add_string(json, "kind", KIND);
	cni_json_add_string(json, "containerId", cached->container);
	cni_json_add(json, "config", encode_config(cached->config, cached->config_size));
	cni_json_add_string(json, "ifName", cached->ifname);
	cni_json_add_string(json, "networkName", cached->network);
	cni_json_add_string(json, "netns", cached->netns);
	cni_json_add_string(json, "netnsIdentity", cached->identity);
	if (cached->args && *cached->args)
		cni_json_add(json, "cniArgs", encode_args(cached->args));
	if (cached->capability_args && cached->capability_args->child)
		cni_json_add(json, "capabilityArgs", cni_json_copy(cached->capability_args));
	if (cached->result)
		cni_json_add(json, "result", cni_json_copy(cached->result));
	return json;
}

int cni_cache_write(const char *dir, const struct cni_cached *cached, struct cni_error *err)
{
	struct cni_owner owner = {cached->network, cached->container, cached->ifname};
	freeing char *folder = cni_format("%s/results", dir);
	freeing_json cJSON *json = encode(cached);
	freeing char *text = cni_json_print_compact(json);
	freeing char *file = NULL;

	if (cni_cache_file(dir, &owner, &file, err) < 0 ||
	    cni_file_make_directories(folder, 0700, err) < 0)
		return -1;
	return cni_file_replace_at(AT_FDCWD, file, text, strlen(text), err);
}

/* ---- read ---- */

static int decode_config(const cJSON *json, struct cni_cached *cached, struct cni_error *err)
{
	const char *text = cni_json_get_string(json, "config");

	if (text && cni_base64_decode(text, &cached->config, &cached->config_size) < 0)
		return cni_fail(err, CNI_EDECODE, "'config' is not base64");
	return 0;
}

static int decode_args(const cJSON *json, struct cni_cached *cached, struct cni_error *err)
{
	const cJSON *list = cni_json_get(json, "cniArgs");
	freeing char *args = NULL;
	const cJSON *pair;

	cJSON_ArrayForEach (pair, list) {
		const char *key = cJSON_GetStringValue(cJSON_GetArrayItem(pair, 0));
		const char *value = cJSON_GetStringValue(cJSON_GetArrayItem(pair, 1));
		char *longer;

		if (!key || !value)
			return cni_fail(err, CNI_EDECODE,
					"'cniArgs' holds something else than pairs of strings");
		longer = cni_format("%s%s%s=%s", args ? args : "", args ? ";" : "", key, value);
		free(args);
		args = longer;
	}
	cached->args = take_ptr(args);
	return 0;
}

/* A file from before there was a kind: the members of a result, without an owner. */
static bool is_bare_result(const cJSON *json)
{
	static const char *const keys[] = {"cniVersion", "interfaces", "ips", "ip4", "ip6"};

	if (cni_json_get(json, "kind"))
		return false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (cni_json_get(json, keys[i]))
			return true;
	return false;
}

static int decode(const cJSON *json, struct cni_cached *cached, struct cni_error *err)
{
	const char *kind = cni_json_get_string(json, "kind");
	const cJSON *capability_args = cni_json_get(json, "capabilityArgs");
	const cJSON *result = cni_json_get(json, "result");

	if (!kind || strcmp(kind, KIND) != 0)
		return cni_fail(err, CNI_EDECODE, "'kind' is '%.64s', expected '" KIND "'",
				kind ? kind : "");
	cached->network = cni_strdup(cni_json_get_string(json, "networkName"));
	cached->container = cni_strdup(cni_json_get_string(json, "containerId"));
	cached->ifname = cni_strdup(cni_json_get_string(json, "ifName"));
	if (!cached->network || !cached->container || !cached->ifname)
		return cni_fail(err, CNI_EDECODE,
				"'networkName', 'containerId' or 'ifName' is missing");
	cached->netns = cni_strdup(cni_json_get_string(json, "netns"));
	cached->identity = cni_strdup(cni_json_get_string(json, "netnsIdentity"));
	if (cJSON_IsObject(capability_args))
		cached->capability_args = cni_json_copy(capability_args);
	if (cJSON_IsObject(result))
		cached->result = cni_json_copy(result);
	if (decode_config(json, cached, err) < 0)
		return -1;
	return decode_args(json, cached, err);
}

/* `owner` is the owner by the file's name; NULL if only the file's content names the owner. */
static int read_file(const char *file, const struct cni_owner *owner, struct cni_cached *ret_cached,
		     struct cni_error *err)
{
	struct cni_cached cached = {0};
	freeing char *what = cni_format("'%s'", file);
	freeing_json cJSON *json = NULL;
	freeing char *data = NULL;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, file, false, FILE_MAX, &data, &size, err) < 0 ||
	    cni_json_parse_source(data, size, what, &json, err) < 0)
		return -1;
	if (owner && is_bare_result(json)) {
		*ret_cached = (struct cni_cached){
			.network = cni_strdup(owner->network),
			.container = cni_strdup(owner->container),
			.ifname = cni_strdup(owner->ifname),
			.result = take_ptr(json),
		};
		return 0;
	}
	if (decode(json, &cached, err) < 0) {
		cni_cached_clear(&cached);
		return cni_fail_within(err, "%s", what);
	}
	*ret_cached = cached;
	return 0;
}

int cni_cache_read(const char *dir, const struct cni_owner *owner, struct cni_cached *ret_cached,
		   struct cni_error *err)
{
	struct cni_cached cached;
	freeing char *file = NULL;

	if (cni_cache_file(dir, owner, &file, err) < 0 || read_file(file, owner, &cached, err) < 0)
		return -1;
	if (strcmp(cached.network, owner->network) != 0 ||
	    strcmp(cached.container, owner->container) != 0 ||
	    strcmp(cached.ifname, owner->ifname) != 0) {
		cni_fail(err, CNI_EDECODE,
			 "'%s' says it is of network '%.64s', container '%.64s', "
			 "interface '%.16s'",
			 file, cached.network, cached.container, cached.ifname);
		cni_cached_clear(&cached);
		return -1;
	}
	*ret_cached = cached;
	return 0;
}

int cni_cache_remove(const char *dir, const struct cni_owner *owner, struct cni_error *err)
{
	freeing char *file = NULL;

	if (cni_cache_file(dir, owner, &file, err) < 0)
		return -1;
	if (unlink(file) < 0 && errno != ENOENT)
		return cni_fail_errno(err, CNI_EIO, errno, "remove '%s'", file);
	return 0;
}

/* True if a file of this attachment has this name; false for a stale file of a killed writer. */
static bool has_its_name(const struct cni_cached *cached, const char *name)
{
	freeing char *own =
		cni_format("%s-%s-%s", cached->network, cached->container, cached->ifname);

	return !strcmp(own, name);
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* By its name alone: "blue-cnitool-2ba5…-eth0" may also be of a network "blue-cnitool". */
static bool may_be_of(const char *name, const char *prefix, const char *ids)
{
	/* No network's name begins with a dot. */
	return *name != '.' && !strncmp(name, prefix, strlen(prefix)) && strstr(name, ids) != NULL;
}

int cni_cache_list(const char *dir, const char *network, const char *ids,
		   struct cni_cached **ret_items, size_t *ret_count, struct cni_warnings *warnings,
		   struct cni_error *err)
{
	freeing char *folder = cni_format("%s/results", dir);
	freeing char *prefix = network ? cni_format("%s-", network) : cni_strdup("");
	freeing char *middle = ids ? cni_format("-%s", ids) : cni_strdup("");
	struct dirent **names = NULL;
	int found = scandir(folder, &names, NULL, compare_names);
	struct cni_cached *items;
	size_t count = 0;

	if (found < 0 && errno != ENOENT)
		return cni_fail_errno(err, CNI_EIO, errno, "read directory '%s'", folder);
	items = cni_realloc_array(NULL, found > 0 ? (size_t)found : 0, sizeof(*items));
	for (int i = 0; i < found; i++) {
		freeing struct dirent *name = names[i];
		freeing char *file = cni_format("%s/%s", folder, name->d_name);
		struct cni_error why;

		if (!may_be_of(name->d_name, prefix, middle))
			continue;
		if (read_file(file, NULL, &items[count], &why) < 0)
			cni_warn(warnings, "passed over in the cache: %s", why.msg);
		else if ((network && strcmp(items[count].network, network) != 0) ||
			 (ids && strncmp(items[count].container, ids, strlen(ids)) != 0) ||
			 !has_its_name(&items[count], name->d_name))
			cni_cached_clear(&items[count]);
		else
			count++;
	}
	free(names);
	*ret_items = items;
	*ret_count = count;
	return 0;
}

/* A DEL may have removed it since. */
static bool is_damaged(const char *folder, const char *name)
{
	freeing char *file = cni_format("%s/%s", folder, name);
	struct cni_cached cached;
	struct cni_error why;

	if (read_file(file, NULL, &cached, &why) < 0)
		return why.errnum != ENOENT;
	cni_cached_clear(&cached);
	return false;
}

int cni_cache_list_damaged(const char *dir, const char *network, char ***ret_names,
			   size_t *ret_count, struct cni_error *err)
{
	freeing char *folder = cni_format("%s/results", dir);
	freeing char *prefix = cni_format("%s-", network);
	struct dirent **names = NULL;
	int found = scandir(folder, &names, NULL, compare_names);
	size_t count = 0;

	if (found < 0 && errno != ENOENT)
		return cni_fail_errno(err, CNI_EIO, errno, "read directory '%s'", folder);
	*ret_names = cni_realloc_array(NULL, found > 0 ? (size_t)found : 0, sizeof(**ret_names));
	for (int i = 0; i < found; i++) {
		freeing struct dirent *name = names[i];

		if (may_be_of(name->d_name, prefix, "") && is_damaged(folder, name->d_name))
			(*ret_names)[count++] = cni_strdup(name->d_name + strlen(prefix));
	}
	free(names);
	*ret_count = count;
	return 0;
}
