/* SPDX-License-Identifier: Apache-2.0 */
/* GC of a chain. */
#include "chain_internal.h"

#include "cached_list.h"
#include "cleanup.h"
#include "living.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* A GC run, and its first failure; the others are warnings. */
struct collection {
	const struct cni_chain *chain;
	const struct cni_gc *gc;
	struct cni_owners stay;	 /* what lives, and what is to be kept */
	struct cni_owners valid; /* and what could not be deleted; an array of its own */
	struct cni_error first;
};

static void clear_collection(struct collection *run)
{
	free(run->valid.items);
}
#define clearing_collection __attribute__((cleanup(clear_collection)))

static void note(struct collection *run, const struct cni_error *next)
{
	if (run->first.code)
		cni_warn_error(run->chain->warnings, next);
	cni_fail_first(&run->first, next);
}

static void report(const struct collection *run, const struct cni_gc_step *step)
{
	if (run->gc->report)
		run->gc->report(step, run->gc->data);
}

static void add_valid(struct collection *run, const struct cni_owner *owners, size_t count)
{
	struct cni_owners *valid = &run->valid;

	valid->items = cni_realloc_array(valid->items, valid->count + count, sizeof(*owners));
	if (count)
		memcpy(valid->items + valid->count, owners, count * sizeof(*owners));
	valid->count += count;
}

/* ---- attachments ---- */

/* Deletes with the list used by ADD, if cached. */
static int delete_one(const struct collection *run, const struct cni_cached *cached,
		      struct cni_error *err)
{
	unlocking_chain struct cni_chain_locks locks = CNI_CHAIN_LOCKS;
	struct cni_chain stale = *run->chain;
	struct cni_conflist list = {0};
	struct cni_error ignored;
	int failed;

	stale.container = cached->container;
	stale.ifname = cached->ifname;
	stale.netns = cached->netns;
	stale.args = NULL;
	stale.capability_args = NULL;
	if (cni_cached_list(cached, run->chain->list, &list, &ignored) == 0)
		stale.list = &list;
	failed = chain_check_names(&stale, err);
	if (!failed)
		failed = chain_lock_container(&stale, false, &locks, err);
	if (!failed)
		failed = chain_del_locked(&stale, err);
	cni_conflist_clear(&list);
	return failed;
}

static void delete_stale(struct collection *run, const struct cni_cached *cached,
			 enum cni_life life)
{
	const struct cni_gc_step step = {
		.network = run->chain->list->name,
		.container = cached->container,
		.ifname = cached->ifname,
		.reason = life == CNI_LIFE_GONE ? "its namespace is gone" : "it is not to stay",
	};
	struct cni_error err;

	if (cni_owners_has(&run->stay, cached->container, cached->ifname)) {
		if (life == CNI_LIFE_UNKNOWN)
			cni_warn(run->chain->warnings,
				 "%s/%s/%s stays: its namespace '%s' cannot be looked at",
				 step.network, step.container, step.ifname,
				 cached->netns ? cached->netns : "");
		return;
	}
	if (run->gc->dry_run || delete_one(run, cached, &err) == 0) {
		report(run, &step);
		return;
	}
	cni_fail_within(&err, "delete stale attachment %s/%s", cached->container, cached->ifname);
	note(run, &err);
	/* Keeps the rest of the attachment together: only a DEL may release its address, last. */
	add_valid(run, &(struct cni_owner){step.network, step.container, step.ifname}, 1);
}

/* ---- plugins ---- */

static cJSON *encode_valid(const struct cni_owners *valid)
{
	cJSON *list = cni_json_array();

	for (size_t i = 0; i < valid->count; i++) {
		cJSON *item = cni_json_object();

		cni_json_add_string(item, "containerID", valid->items[i].container);
		cni_json_add_string(item, "ifname", valid->items[i].ifname);
		cJSON_AddItemToArray(list, item);
	}
	return list;
}

static void ask_plugins(struct collection *run)
{
	const struct cni_chain *chain = run->chain;
	freeing_json cJSON *list = encode_valid(&run->valid);
	struct cni_request request = {.command = CNI_GC, .path = chain->path, .valid = list};
	const cJSON *plugin;
	struct cni_error err;

	cJSON_ArrayForEach (plugin, chain->list->plugins) {
		const struct cni_gc_step step = {
			.network = chain->list->name,
			.plugin = cni_conflist_type(plugin),
			.valid = &run->valid,
		};

		if (run->gc->dry_run ||
		    cni_request_run(&request, chain->list, plugin, NULL, &err) == 0)
			report(run, &step);
		else
			note(run, &err);
	}
}

/* ---- both ---- */

/* Reads nothing before the lock is held: an ADD could change the state meanwhile. */
static int find_living(const struct cni_chain *chain, const struct cni_gc *gc,
		       struct cni_living *living, struct cni_error *err)
{
	if (!gc->all)
		return cni_living_find(chain->cache_dir, chain->list->name, gc->keep, living,
				       chain->warnings, err);
	return cni_cache_list(chain->cache_dir, chain->list->name, NULL, &living->cached,
			      &living->cached_count, chain->warnings, err);
}

int cni_chain_gc(const struct cni_chain *chain, const struct cni_gc *gc, struct cni_error *err)
{
	unlocking_chain struct cni_chain_locks locks = CNI_CHAIN_LOCKS;
	clearing_living struct cni_living living = {0};
	clearing_collection struct collection run = {.chain = chain, .gc = gc};

	if (chain->list->disable_gc) {
		cni_warn(chain->warnings,
			 "network '%s' has 'disableGC': no attachment was deleted, and no plugin "
			 "was "
			 "asked",
			 chain->list->name);
		return 0;
	}
	if ((!gc->dry_run && chain_lock_network(chain, &locks, err) < 0) ||
	    find_living(chain, gc, &living, err) < 0)
		return -1;
	if (!gc->all)
		run.stay = living.owners;
	else if (gc->keep)
		run.stay = *gc->keep;
	add_valid(&run, run.stay.items, run.stay.count);
	for (size_t i = 0; i < living.cached_count; i++) {
		delete_stale(&run, &living.cached[i],
			     living.lives ? living.lives[i] : CNI_LIFE_LIVES);
		if (gc->progress)
			gc->progress(i + 1, living.cached_count);
	}
	if (chain->list->version >= CNI_1_1_0)
		ask_plugins(&run);
	return cni_fail_if_any(&run.first, err);
}
