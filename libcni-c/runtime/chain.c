/* SPDX-License-Identifier: Apache-2.0 */
#include "chain.h"

#include "cache.h"
#include "cleanup.h"
#include "exec.h"
#include "file.h"
#include "mem.h"
#include "names.h"
#include "request.h"
#include "result.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#define LOCK_MS 10000

static struct cni_owner owner_of(const struct cni_chain *chain)
{
	return (struct cni_owner){chain->list->name, chain->container, chain->ifname};
}

static int check_names(const struct cni_chain *chain, struct cni_error *err)
{
	if (cni_name_check_container(chain->container, err) < 0)
		return -1;
	return cni_name_check_interface(chain->ifname, "CNI_IFNAME", CNI_EENV, err);
}

/* One at a time for each container (CNI SPEC, section 2, "Lifecycle & Ordering"): this is the
 * runtime. What there is no namespace for waits for nobody. */
static int lock_netns(const struct cni_chain *chain, int *ret_lock, struct cni_error *err)
{
	closing int lock = open(chain->netns, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (lock >= 0 && cni_file_lock(lock, LOCK_EX, LOCK_MS, err) < 0)
		return cni_fail_within(err, "another works on the container in '%s'", chain->netns);
	*ret_lock = take_fd(&lock);
	return 0;
}

/* ---- what the cache knows ---- */

/* An attachment as its ADD saw it: the caller's arguments unless the cache has others. */
struct memory {
	struct cni_cached cached;
	cJSON *result; /* in the list's version; NULL: none */
};

static void clear_memory(struct memory *memory)
{
	cni_cached_clear(&memory->cached);
	cJSON_Delete(memory->result);
}

#define clearing_memory __attribute__((cleanup(clear_memory)))

/* As the list's version writes it, which may have changed since ADD. */
static int convert(const cJSON *json, enum cni_version version, const char *what, cJSON **ret_json,
		   struct cni_error *err)
{
	struct cni_result result;
	bool fits;

	if (cni_result_decode(json, version, what, &result, err) < 0)
		return -1;
	fits = cni_result_check_fits(&result, version, err) == 0;
	if (fits)
		*ret_json = cni_result_encode(&result, version);
	cni_result_clear(&result);
	return fits ? 0 : -1;
}

/* `memory` is usable, and empty, after a failure. */
static int recall(const struct cni_chain *chain, struct memory *memory, struct cni_error *err)
{
	struct cni_owner owner = owner_of(chain);

	if (cni_cache_read(chain->cache_dir, &owner, &memory->cached, err) < 0)
		return -1;
	if (!memory->cached.result || chain->list->version < CNI_0_4_0)
		return 0;
	return convert(memory->cached.result, chain->list->version, "the cached result",
		       &memory->result, err);
}

static struct cni_request request_from(const struct cni_chain *chain, const struct memory *memory,
				       enum cni_command command)
{
	const struct cni_cached *cached = &memory->cached;

	return (struct cni_request){
		.command = command,
		.path = chain->path,
		.container = chain->container,
		.netns = chain->netns,
		.ifname = chain->ifname,
		.args = cached->args ? cached->args : chain->args,
		.capability_args =
			cached->capability_args ? cached->capability_args : chain->capability_args,
		.prev_result = memory->result,
	};
}

/* ---- DEL ---- */

static void forget(const struct cni_chain *chain)
{
	struct cni_owner owner = owner_of(chain);
	struct cni_error err;

	if (cni_cache_remove(chain->cache_dir, &owner, &err) < 0)
		cni_warn(chain->warnings, "%s", err.msg);
}

int cni_chain_del(const struct cni_chain *chain, struct cni_error *err)
{
	clearing_memory struct memory memory = {0};
	const cJSON *plugins = chain->list->plugins;
	closing int lock = -1;
	struct cni_request request;
	struct cni_error why;

	if (check_names(chain, err) < 0 || lock_netns(chain, &lock, err) < 0)
		return -1;
	if (recall(chain, &memory, &why) < 0 && why.errnum != ENOENT)
		cni_warn(chain->warnings, "deleting without the cached result: %s", why.msg);
	request = request_from(chain, &memory, CNI_DEL);
	for (int i = cJSON_GetArraySize(plugins) - 1; i >= 0; i--)
		if (cni_request_run(&request, chain->list, cJSON_GetArrayItem(plugins, i), NULL,
				    err) < 0)
			return -1;
	forget(chain);
	return 0;
}

/* ---- ADD ---- */

/* That it could run, as far as can be seen without running anything. */
static int check_ready(const struct cni_chain *chain, struct cni_error *err)
{
	struct cni_owner owner = owner_of(chain);
	freeing char *file = NULL;
	const cJSON *plugin;

	if (check_names(chain, err) < 0 || cni_cache_file(chain->cache_dir, &owner, &file, err) < 0)
		return -1;
	cJSON_ArrayForEach (plugin, chain->list->plugins) {
		freeing char *executable = NULL;

		if (cni_exec_find(cni_conflist_type(plugin), chain->path, &executable, err) < 0)
			return -1;
	}
	return 0;
}

static int add_one(const struct cni_request *request, const struct cni_chain *chain,
		   const cJSON *plugin, cJSON **ret_result, struct cni_error *err)
{
	freeing_json cJSON *json = NULL;
	clearing_answer struct cni_answer answer = {0};

	if (cni_request_run(request, chain->list, plugin, &answer, err) < 0)
		return -1;
	if (cni_json_parse_object(answer.text, answer.size, "its answer", &json, err) == 0 &&
	    convert(json, chain->list->version, "its answer", ret_result, err) == 0)
		return 0;
	cni_answer_quote(&answer, err);
	return cni_fail_within(err, "plugin '%s' failed ADD", cni_conflist_type(plugin));
}

/* `result` holds the last result there was, after a failure too. */
static int add_along(const struct cni_chain *chain, cJSON **result, struct cni_error *err)
{
	static const struct memory nothing = {0};
	struct cni_request request = request_from(chain, &nothing, CNI_ADD);
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, chain->list->plugins) {
		cJSON *next = NULL;

		if (add_one(&request, chain, plugin, &next, err) < 0)
			return -1;
		cJSON_Delete(*result);
		*result = next;
		request.prev_result = next;
	}
	return 0;
}

static int remember(const struct cni_chain *chain, const cJSON *result, struct cni_error *err)
{
	const cJSON *capability_args = chain->capability_args;
	struct cni_cached cached = {
		.network = cni_strdup(chain->list->name),
		.container = cni_strdup(chain->container),
		.ifname = cni_strdup(chain->ifname),
		.netns = cni_strdup(chain->netns),
		.args = cni_strdup(chain->args),
		.capability_args = capability_args ? cni_json_copy(capability_args) : NULL,
		.result = cni_json_copy(result),
		.config = cni_strndup(chain->list->text, chain->list->size),
		.config_size = chain->list->size,
	};
	int failed = cni_cache_write(chain->cache_dir, &cached, err);

	cni_cached_clear(&cached);
	return failed;
}

static void undo(const struct cni_chain *chain, const cJSON *result)
{
	static const struct memory nothing = {0};
	struct cni_request request = request_from(chain, &nothing, CNI_DEL);
	const cJSON *plugins = chain->list->plugins;
	struct cni_error err;

	if (chain->list->version >= CNI_0_4_0)
		request.prev_result = result;
	for (int i = cJSON_GetArraySize(plugins) - 1; i >= 0; i--)
		if (cni_request_run(&request, chain->list, cJSON_GetArrayItem(plugins, i), NULL,
				    &err) < 0)
			cni_warn_error(chain->warnings, &err);
	forget(chain);
}

/* Whatever state its file is in: there was an ADD, and no DEL since. */
static bool is_attached(const struct cni_chain *chain)
{
	struct cni_owner owner = owner_of(chain);
	freeing char *file = NULL;
	struct cni_error ignored;

	return cni_cache_file(chain->cache_dir, &owner, &file, &ignored) == 0 &&
	       access(file, F_OK) == 0;
}

int cni_chain_add(const struct cni_chain *chain, cJSON **ret_result, struct cni_error *err)
{
	freeing_json cJSON *result = NULL;
	closing int lock = -1;
	bool attached;

	if (check_ready(chain, err) < 0 || lock_netns(chain, &lock, err) < 0)
		return -1;
	attached = is_attached(chain);
	if (add_along(chain, &result, err) == 0 && remember(chain, result, err) == 0) {
		*ret_result = take_ptr(result);
		return 0;
	}
	if (attached)
		cni_warn(chain->warnings,
			 "container '%s' was attached to '%s' as '%s' before, so nothing was "
			 "undone: delete that attachment first",
			 chain->container, chain->list->name, chain->ifname);
	else
		undo(chain, result);
	return -1;
}

/* ---- CHECK, MEND ---- */

/* With the cached result, plugin after plugin. */
static int walk_cached(const struct cni_chain *chain, enum cni_command command,
		       struct cni_error *err)
{
	clearing_memory struct memory memory = {0};
	struct cni_request request;
	const cJSON *plugin;

	if (check_names(chain, err) < 0)
		return -1;
	if (chain->list->version < CNI_0_4_0)
		return cni_fail(err, CNI_EVERSION,
				"configuration version \"%s\" does not support the %s command",
				cni_version_text(chain->list->version), cni_command_text(command));
	if (recall(chain, &memory, err) < 0 && err->errnum != ENOENT)
		return -1;
	if (!memory.result)
		return cni_fail(err, CNI_ECONTAINER,
				"container '%s' is not attached to '%s' as '%s': there is no "
				"result of an ADD in '%s/results'",
				chain->container, chain->list->name, chain->ifname,
				chain->cache_dir);
	request = request_from(chain, &memory, command);
	cJSON_ArrayForEach (plugin, chain->list->plugins) {
		if (cni_request_run(&request, chain->list, plugin, NULL, err) < 0)
			return -1;
	}
	return 0;
}

int cni_chain_check(const struct cni_chain *chain, struct cni_error *err)
{
	if (check_names(chain, err) < 0)
		return -1;
	if (chain->list->version >= CNI_0_4_0 && chain->list->disable_check)
		return 0;
	return walk_cached(chain, CNI_CHECK, err);
}

int cni_chain_mend(const struct cni_chain *chain, struct cni_error *err)
{
	return walk_cached(chain, CNI_MEND, err);
}
