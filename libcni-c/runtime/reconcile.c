/* SPDX-License-Identifier: Apache-2.0 */
#include "reconcile.h"

#include "cache.h"
#include "cached_list.h"
#include "chain.h"
#include "cleanup.h"
#include "confdir.h"
#include "mem.h"
#include "namespace.h"

#include <errno.h>
#include <stdlib.h>

/* `ret_message` gets the error of the first CHECK, also for a mended attachment. */
static enum cni_reconciled mend(const struct cni_reconcile *reconcile,
				const struct cni_chain *chain, char **ret_message)
{
	struct cni_error wrong;
	struct cni_error err;

	if (cni_chain_check(chain, &wrong) == 0)
		return CNI_RECONCILED_FINE;
	*ret_message = cni_strdup(wrong.msg);
	if (reconcile->dry_run)
		return CNI_RECONCILED_WRONG;
	if (cni_chain_mend(chain, &err) == 0 && cni_chain_check(chain, &err) == 0)
		return CNI_RECONCILED_MENDED;
	free(*ret_message);
	*ret_message = cni_strdup(err.msg);
	return CNI_RECONCILED_WRONG;
}

/* The reason why CHECK may not be called, which the caller frees; NULL: it may be. */
static char *explain_skip(const struct cni_conflist *list)
{
	if (list->version < CNI_0_4_0)
		return cni_format("its cniVersion is %s, and CHECK came with 0.4.0",
				  cni_version_text(list->version));
	return list->disable_check ? cni_strdup("its configuration has 'disableCheck'") : NULL;
}

/* The list of ADD; of one that libcni has cached without any plugin, the network's drop-in files of today. */
static int read_list(const struct cni_reconcile *reconcile, const struct cni_cached *cached,
		     struct cni_conflist *ret_list, struct cni_error *err)
{
	struct cni_conflist today = {0};
	struct cni_error ignored;
	int failed = cni_cached_list(cached, NULL, ret_list, err);

	if (!failed || err->code != CNI_EMISSING || !reconcile->conf_dir ||
	    cni_confdir_find(reconcile->conf_dir, cached->network, &today, NULL, &ignored) < 0)
		return failed;
	failed = cni_cached_list(cached, &today, ret_list, err);
	cni_conflist_clear(&today);
	return failed;
}

static enum cni_reconciled look(const struct cni_reconcile *reconcile,
				const struct cni_cached *cached, char **ret_message)
{
	struct cni_conflist list = {0};
	struct cni_chain chain = {
		.list = &list,
		.path = reconcile->path,
		.cache_dir = reconcile->cache_dir,
		.container = cached->container,
		.netns = cached->netns,
		.ifname = cached->ifname,
		.warnings = reconcile->warnings,
	};
	enum cni_reconciled state = CNI_RECONCILED_WRONG;
	enum cni_namespace_state life;
	struct cni_error err;

	life = cni_namespace_ask(cached->netns, cached->identity);
	if (life == CNI_NAMESPACE_GONE)
		return CNI_RECONCILED_GONE;
	if (life == CNI_NAMESPACE_UNKNOWN)
		*ret_message = cni_format("its namespace '%s' cannot be looked at",
					  cached->netns ? cached->netns : "");
	else if (read_list(reconcile, cached, &list, &err) < 0)
		*ret_message = cni_strdup(err.msg);
	else if ((*ret_message = explain_skip(&list)))
		state = CNI_RECONCILED_SKIPPED;
	else
		state = mend(reconcile, &chain, ret_message);
	cni_conflist_clear(&list);
	return state;
}

/* False if a DEL has removed the record since the cache was listed. */
static bool is_cached(const struct cni_reconcile *reconcile, const struct cni_cached *cached)
{
	const struct cni_owner owner = {cached->network, cached->container, cached->ifname};
	struct cni_cached now = {0};
	struct cni_error why;
	bool is = cni_cache_read(reconcile->cache_dir, &owner, &now, &why) == 0 ||
		  why.errnum != ENOENT;

	cni_cached_clear(&now);
	return is;
}

/* Runtimes delete containers meanwhile, and take no lock of ours: no fault. */
static enum cni_reconciled reconcile_one(const struct cni_reconcile *reconcile,
					 const struct cni_cached *cached, char **ret_message)
{
	enum cni_reconciled state = look(reconcile, cached, ret_message);

	if (state == CNI_RECONCILED_FINE || state == CNI_RECONCILED_MENDED)
		return state;
	if (!is_cached(reconcile, cached)) {
		free(*ret_message);
		*ret_message = cni_strdup("it was deleted meanwhile");
		return CNI_RECONCILED_SKIPPED;
	}
	if (state == CNI_RECONCILED_WRONG &&
	    cni_namespace_ask(cached->netns, cached->identity) == CNI_NAMESPACE_GONE)
		return CNI_RECONCILED_GONE;
	return state;
}

int cni_reconcile(const struct cni_reconcile *reconcile, size_t *ret_wrong, struct cni_error *err)
{
	struct cni_cached *items = NULL;
	size_t count = 0;

	*ret_wrong = 0;
	if (cni_cache_list(reconcile->cache_dir, reconcile->network, NULL, &items, &count,
			   reconcile->warnings, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct cni_owner owner = {items[i].network, items[i].container,
						items[i].ifname};
		freeing char *message = NULL;
		enum cni_reconciled state = reconcile_one(reconcile, &items[i], &message);

		*ret_wrong += state == CNI_RECONCILED_WRONG;
		if (reconcile->progress)
			reconcile->progress(i + 1, count);
		reconcile->report(&owner, state, message ? message : "", reconcile->data);
	}
	cni_cached_free(items, count);
	return 0;
}
