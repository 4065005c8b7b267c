/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that are about the network, and not about one container: GC and STATUS. */
#include "chain.h"

#include "cache.h"
#include "cleanup.h"
#include "request.h"

#include <stdlib.h>

/* ---- GC ---- */

/* Keeps the first failure, tells the others. */
static void note(const struct cni_chain *chain, struct cni_error *first,
		 const struct cni_error *next)
{
	if (first->code)
		cni_warn_error(chain->warnings, next);
	cni_fail_first(first, next);
}

static void delete_stale(const struct cni_chain *chain, const struct cni_owners *valid,
			 struct cni_error *first)
{
	struct cni_cached *items = NULL;
	size_t count = 0;
	struct cni_error err;

	if (cni_cache_list(chain->cache_dir, chain->list->name, &items, &count, chain->warnings,
			   &err) < 0) {
		note(chain, first, &err);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct cni_chain stale = *chain;

		if (valid && cni_owners_has(valid, items[i].container, items[i].ifname))
			continue;
		stale.container = items[i].container;
		stale.ifname = items[i].ifname;
		stale.netns = items[i].netns;
		stale.args = NULL;
		stale.capability_args = NULL;
		if (cni_chain_del(&stale, &err) < 0) {
			cni_fail_within(&err, "delete stale attachment %s/%s", items[i].container,
					items[i].ifname);
			note(chain, first, &err);
		}
	}
	cni_cached_free(items, count);
}

static cJSON *encode_valid(const struct cni_owners *valid)
{
	cJSON *list = cni_json_array();

	for (size_t i = 0; valid && i < valid->count; i++) {
		cJSON *item = cni_json_object();

		cni_json_add_string(item, "containerID", valid->items[i].container);
		cni_json_add_string(item, "ifname", valid->items[i].ifname);
		cJSON_AddItemToArray(list, item);
	}
	return list;
}

static void collect_garbage(const struct cni_chain *chain, const struct cni_owners *valid,
			    struct cni_error *first)
{
	freeing_json cJSON *list = encode_valid(valid);
	struct cni_request request = {.command = CNI_GC, .path = chain->path, .valid = list};
	const cJSON *plugin;
	struct cni_error err;

	cJSON_ArrayForEach (plugin, chain->list->plugins) {
		if (cni_request_run(&request, chain->list, plugin, NULL, &err) < 0)
			note(chain, first, &err);
	}
}

int cni_chain_gc(const struct cni_chain *chain, const struct cni_owners *valid,
		 struct cni_error *err)
{
	struct cni_error first = {0};

	if (chain->list->disable_gc)
		return 0;
	delete_stale(chain, valid, &first);
	if (chain->list->version >= CNI_1_1_0)
		collect_garbage(chain, valid, &first);
	if (!first.code)
		return 0;
	*err = first;
	return -1;
}

/* ---- STATUS ---- */

int cni_chain_status(const struct cni_chain *chain, struct cni_error *err)
{
	struct cni_request request = {.command = CNI_STATUS, .path = chain->path};
	const cJSON *plugin;

	if (chain->list->version < CNI_1_1_0) {
		cni_warn(chain->warnings,
			 "network '%s' speaks %s, and STATUS came with 1.1.0: no plugin was asked",
			 chain->list->name, cni_version_text(chain->list->version));
		return 0;
	}
	cJSON_ArrayForEach (plugin, chain->list->plugins) {
		if (cni_request_run(&request, chain->list, plugin, NULL, err) < 0)
			return -1;
	}
	return 0;
}
