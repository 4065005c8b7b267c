/* SPDX-License-Identifier: Apache-2.0 */
/* The locks of a chain. */
#include "chain_internal.h"

#include "canonical.h"
#include "cleanup.h"
#include "lock.h"
#include "mem.h"

#define LOCK_MS 10000

static int take(const struct cni_chain *chain, const char *name, enum cni_lock_kind kind,
		bool insists, const char *whose, int *ret_lock, struct cni_error *err)
{
	struct cni_error why;

	if (cni_lock_take(name, kind, LOCK_MS, ret_lock, &why) == 0)
		return 0;
	if (insists && why.code == CNI_ELOCKED) {
		*err = why;
		return cni_fail_within(err, "another works on the %s", whose);
	}
	cni_warn(chain->warnings, "goes on beside others that may work on the %s: %s", whose,
		 why.msg);
	return 0;
}

/* Each cache has its own locks: a runtime with another cache works on other containers. */
static int take_network(const struct cni_chain *chain, enum cni_lock_kind kind, bool insists,
			int *ret_lock, struct cni_error *err)
{
	freeing char *cache = cni_canonical_path(chain->cache_dir);
	freeing char *name = cni_format("network %s/%s", cache, chain->list->name);
	freeing char *whose = cni_format("network '%s'", chain->list->name);

	return take(chain, name, kind, insists, whose, ret_lock, err);
}

int chain_lock_container(const struct cni_chain *chain, bool insists, struct cni_chain_locks *locks,
			 struct cni_error *err)
{
	freeing char *name = cni_format("container %s", chain->container);
	freeing char *whose = cni_format("container '%s'", chain->container);

	return take(chain, name, CNI_LOCK_EXCLUSIVE, insists, whose, &locks->container, err);
}

int chain_lock(const struct cni_chain *chain, bool insists, struct cni_chain_locks *locks,
	       struct cni_error *err)
{
	if (take_network(chain, CNI_LOCK_SHARED, insists, &locks->network, err) < 0)
		return -1;
	return chain_lock_container(chain, insists, locks, err);
}

int chain_lock_network(const struct cni_chain *chain, struct cni_chain_locks *locks,
		       struct cni_error *err)
{
	return take_network(chain, CNI_LOCK_EXCLUSIVE, true, &locks->network, err);
}

void chain_unlock(const struct cni_chain_locks *locks)
{
	cni_close_fdp(&locks->container);
	cni_close_fdp(&locks->network);
}
