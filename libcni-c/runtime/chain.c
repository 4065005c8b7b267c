/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that use the cache: DEL, CHECK, MEND. */
#include "chain_internal.h"

#include "cleanup.h"
#include "mem.h"
#include "names.h"
#include "namespace.h"
#include "result.h"

#include <errno.h>
#include <string.h>

struct cni_owner chain_owner(const struct cni_chain *chain)
{
	return (struct cni_owner){chain->list->name, chain->container, chain->ifname};
}

int chain_check_names(const struct cni_chain *chain, struct cni_error *err)
{
	if (cni_name_check_container(chain->container, err) < 0)
		return -1;
	return cni_name_check_interface(chain->ifname, "CNI_IFNAME", CNI_EENV, err);
}

/* ---- what the cache knows ---- */

void chain_forget_memory(struct cni_memory *memory)
{
	cni_cached_clear(&memory->cached);
	cJSON_Delete(memory->result);
}

/* True if the result came in the form of `ip4` and `ip6`. */
static bool came_before_lists(const cJSON *json, enum cni_version version)
{
	const char *said = cni_json_get_string(json, "cniVersion");
	struct cni_error ignored;

	if (said && *said && cni_version_parse(said, CNI_0_1_0, &version, &ignored) < 0)
		return false;
	return version < CNI_0_3_0;
}

int chain_convert(const cJSON *json, enum cni_version version, const char *what, cJSON **ret_json,
		  struct cni_error *err)
{
	struct cni_result result;
	bool fits;

	if (cni_result_decode(json, version, what, &result, err) < 0)
		return -1;
	/* A plugin may answer {} before 0.3.0 too; only results of lists may not fit. */
	fits = came_before_lists(json, version) ||
	       cni_result_check_fits(&result, version, err) == 0;
	if (fits)
		*ret_json = cni_result_encode(&result, version);
	cni_result_clear(&result);
	return fits ? 0 : -1;
}

int chain_recall(const struct cni_chain *chain, struct cni_memory *memory, struct cni_error *err)
{
	struct cni_owner owner = chain_owner(chain);

	if (cni_cache_read(chain->cache_dir, &owner, &memory->cached, err) < 0)
		return -1;
	if (!memory->cached.result || chain->list->version < CNI_0_4_0)
		return 0;
	return chain_convert(memory->cached.result, chain->list->version, "the cached result",
			     &memory->result, err);
}

struct cni_request chain_request(const struct cni_chain *chain, const struct cni_memory *memory,
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

void chain_forget(const struct cni_chain *chain)
{
	struct cni_owner owner = chain_owner(chain);
	struct cni_error err;

	if (cni_cache_remove(chain->cache_dir, &owner, &err) < 0)
		cni_warn(chain->warnings, "%s", err.msg);
}

/* ---- DEL ---- */

int chain_del_locked(const struct cni_chain *chain, struct cni_error *err)
{
	clearing_memory struct cni_memory memory = {0};
	const cJSON *plugins = chain->list->plugins;
	struct cni_request request;
	struct cni_error why;

	if (chain_recall(chain, &memory, &why) < 0 && why.errnum != ENOENT)
		cni_warn(chain->warnings, "deleting without the cached result: %s", why.msg);
	request = chain_request(chain, &memory, CNI_DEL);
	/* A new namespace at the path is another container's. */
	if (cni_namespace_ask(request.netns, NULL) == CNI_NAMESPACE_LIVES &&
	    cni_namespace_ask(request.netns, memory.cached.identity) == CNI_NAMESPACE_GONE)
		request.netns = "";
	for (int i = cJSON_GetArraySize(plugins) - 1; i >= 0; i--)
		if (cni_request_run(&request, chain->list, cJSON_GetArrayItem(plugins, i), NULL,
				    err) < 0)
			return -1;
	chain_forget(chain);
	return 0;
}

int cni_chain_del(const struct cni_chain *chain, struct cni_error *err)
{
	unlocking_chain struct cni_chain_locks locks = CNI_CHAIN_LOCKS;

	if (chain_check_names(chain, err) < 0 || chain_lock(chain, false, &locks, err) < 0)
		return -1;
	return chain_del_locked(chain, err);
}

/* ---- CHECK, MEND ---- */

/* A plugin that refuses MEND, as those of other suites do, stops the walk unless all that it has made is as ADD
 * left it: what the plugins behind it have lost can be put back. */
static int ask(const struct cni_chain *chain, const struct cni_request *request,
	       const cJSON *plugin, struct cni_error *err)
{
	struct cni_request check = *request;
	struct cni_error why;

	if (cni_request_run(request, chain->list, plugin, NULL, err) == 0)
		return 0;
	check.command = CNI_CHECK;
	if (request->command != CNI_MEND || chain->list->disable_check)
		return -1;
	if (cni_request_run(&check, chain->list, plugin, NULL, &why) == 0)
		return 0;
	if (strstr(err->msg, "unknown CNI_COMMAND"))
		*err = why;
	return -1;
}

/* With the cached result, plugin after plugin. */
static int walk_cached(const struct cni_chain *chain, enum cni_command command,
		       struct cni_error *err)
{
	clearing_memory struct cni_memory memory = {0};
	struct cni_request request;
	const cJSON *plugin;

	if (chain_check_names(chain, err) < 0)
		return -1;
	if (chain->list->version < CNI_0_4_0)
		return cni_fail(err, CNI_EVERSION,
				"configuration version \"%s\" does not support the %s command",
				cni_version_text(chain->list->version), cni_command_text(command));
	if (chain_recall(chain, &memory, err) < 0 && err->errnum != ENOENT)
		return -1;
	if (!memory.result)
		return cni_fail(err, CNI_ECONTAINER,
				"container '%s' is not attached to '%s' as '%s': there is no "
				"result of an ADD in '%s/results'",
				chain->container, chain->list->name, chain->ifname,
				chain->cache_dir);
	request = chain_request(chain, &memory, command);
	cJSON_ArrayForEach (plugin, chain->list->plugins) {
		if (ask(chain, &request, plugin, err) < 0)
			return -1;
	}
	return 0;
}

int cni_chain_check(const struct cni_chain *chain, struct cni_error *err)
{
	unlocking_chain struct cni_chain_locks locks = CNI_CHAIN_LOCKS;

	if (chain_check_names(chain, err) < 0)
		return -1;
	if (chain->list->version >= CNI_0_4_0 && chain->list->disable_check)
		return 0;
	if (!chain->leaves_locks && chain_lock(chain, true, &locks, err) < 0)
		return -1;
	return walk_cached(chain, CNI_CHECK, err);
}

int cni_chain_mend(const struct cni_chain *chain, struct cni_error *err)
{
	unlocking_chain struct cni_chain_locks locks = CNI_CHAIN_LOCKS;

	if (chain_check_names(chain, err) < 0 || chain_lock(chain, true, &locks, err) < 0)
		return -1;
	return walk_cached(chain, CNI_MEND, err);
}
