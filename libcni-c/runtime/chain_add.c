/* SPDX-License-Identifier: Apache-2.0 */
/* ADD of a chain, and its undo. */
#include "chain_internal.h"

#include "cached_list.h"
#include "cleanup.h"
#include "exec.h"
#include "mem.h"
#include "namespace.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Fails if the plugin certainly could not run; runs nothing. */
static int check_ready(const struct cni_chain *chain, struct cni_error *err)
{
	struct cni_owner owner = chain_owner(chain);
	freeing char *file = NULL;
	const cJSON *plugin;

	if (chain_check_names(chain, err) < 0 ||
	    cni_cache_file(chain->cache_dir, &owner, &file, err) < 0)
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
	    chain_convert(json, chain->list->version, "its answer", ret_result, err) == 0)
		return 0;
	cni_answer_quote(&answer, err);
	return cni_fail_within(err, "plugin '%s' failed ADD", cni_conflist_type(plugin));
}

/* `result` holds the last result, after a failure too. */
static int add_along(const struct cni_chain *chain, cJSON **result, struct cni_error *err)
{
	static const struct cni_memory nothing = {0};
	struct cni_request request = chain_request(chain, &nothing, CNI_ADD);
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
		.identity = cni_namespace_identify(chain->netns),
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
	static const struct cni_memory nothing = {0};
	struct cni_request request = chain_request(chain, &nothing, CNI_DEL);
	const cJSON *plugins = chain->list->plugins;
	struct cni_error err;

	if (chain->list->version >= CNI_0_4_0)
		request.prev_result = result;
	for (int i = cJSON_GetArraySize(plugins) - 1; i >= 0; i--)
		if (cni_request_run(&request, chain->list, cJSON_GetArrayItem(plugins, i), NULL,
				    &err) < 0)
			cni_warn_error(chain->warnings, &err);
	chain_forget(chain);
}

/* ---- an earlier ADD ---- */

enum earlier {
	EARLIER_NONE,
	EARLIER_DAMAGED, /* the record cannot be read */
	EARLIER_GONE,	 /* its namespace is gone */
	EARLIER_STANDS,
};

/* True if the file is from before this boot, by the wall clock; for libcni's files, which do not
 * tell more. */
static bool is_of_earlier_boot(const char *file)
{
	struct timespec since_boot;
	struct stat st;

	return stat(file, &st) == 0 && clock_gettime(CLOCK_BOOTTIME, &since_boot) == 0 &&
	       st.st_mtim.tv_sec < time(NULL) - since_boot.tv_sec - 1;
}

static enum earlier look_for_earlier(const struct cni_chain *chain, const char *file,
				     struct cni_error *err)
{
	clearing_memory struct cni_memory memory = {0};
	struct cni_owner owner = chain_owner(chain);
	const struct cni_cached *cached = &memory.cached;

	if (cni_cache_read(chain->cache_dir, &owner, &memory.cached, err) < 0)
		return err->errnum == ENOENT || err->errnum == ENOTDIR ? EARLIER_NONE
								       : EARLIER_DAMAGED;
	if (cni_namespace_ask_for(cached->netns, cached->identity, owner.ifname) ==
		    CNI_NAMESPACE_GONE ||
	    (!cached->identity && is_of_earlier_boot(file)))
		return EARLIER_GONE;
	return EARLIER_STANDS;
}

/* Deletes the attachment with the list used by its ADD. */
static int delete_earlier(const struct cni_chain *chain, struct cni_error *err)
{
	clearing_memory struct cni_memory memory = {0};
	struct cni_owner owner = chain_owner(chain);
	struct cni_conflist list = {0};
	struct cni_chain earlier = *chain;
	struct cni_error ignored;
	int failed;

	earlier.netns = "";
	earlier.args = NULL;
	earlier.capability_args = NULL;
	if (cni_cache_read(chain->cache_dir, &owner, &memory.cached, &ignored) == 0 &&
	    cni_cached_list(&memory.cached, chain->list, &list, &ignored) == 0)
		earlier.list = &list;
	failed = chain_del_locked(&earlier, err);
	cni_conflist_clear(&list);
	if (failed)
		return cni_fail_within(err,
				       "delete the earlier attachment, whose namespace is gone");
	cni_warn(chain->warnings,
		 "container '%s' was attached to '%s' as '%s' before, and its namespace is gone: "
		 "that attachment was deleted first",
		 chain->container, chain->list->name, chain->ifname);
	return 0;
}

/* An ADD is not repeated without a DEL (CNI SPEC, section 2, "Lifecycle & Ordering").
 * `ret_may_undo` is false if a DEL after a failure could remove an earlier ADD's attachment. */
static int make_way(const struct cni_chain *chain, bool *ret_may_undo, struct cni_error *err)
{
	struct cni_owner owner = chain_owner(chain);
	freeing char *file = NULL;
	struct cni_error why;
	enum earlier earlier;

	if (cni_cache_file(chain->cache_dir, &owner, &file, err) < 0)
		return -1;
	earlier = look_for_earlier(chain, file, &why);
	*ret_may_undo = earlier != EARLIER_DAMAGED;
	if (earlier == EARLIER_DAMAGED)
		cni_warn(chain->warnings, "adding without what the cache has: %s", why.msg);
	if (earlier == EARLIER_GONE)
		return delete_earlier(chain, err);
	if (earlier != EARLIER_STANDS)
		return 0;
	return cni_fail(err, CNI_ETAKEN,
			"container '%s' is attached to '%s' as '%s' already, as '%s' says: delete "
			"that attachment first",
			chain->container, chain->list->name, chain->ifname, file);
}

/* ---- both ---- */

int cni_chain_add(const struct cni_chain *chain, cJSON **ret_result, struct cni_error *err)
{
	unlocking_chain struct cni_chain_locks locks = CNI_CHAIN_LOCKS;
	freeing_json cJSON *result = NULL;
	bool may_undo = true;

	if (check_ready(chain, err) < 0 || chain_lock(chain, true, &locks, err) < 0 ||
	    make_way(chain, &may_undo, err) < 0)
		return -1;
	if (add_along(chain, &result, err) == 0 && remember(chain, result, err) == 0) {
		*ret_result = take_ptr(result);
		return 0;
	}
	if (may_undo)
		undo(chain, result);
	else
		cni_warn(chain->warnings,
			 "container '%s' may have been attached to '%s' as '%s' before, so nothing "
			 "was undone: delete that attachment first",
			 chain->container, chain->list->name, chain->ifname);
	return -1;
}
