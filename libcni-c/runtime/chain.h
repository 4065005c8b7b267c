/* SPDX-License-Identifier: Apache-2.0 */
/* The plugins of a network, run one after the other (CNI SPEC, section 3): what Go's libcni does as
 * AddNetworkList() and its siblings. */
#ifndef CNI_CHAIN_H
#define CNI_CHAIN_H

#include "conflist.h"
#include "decls.h"
#include "error.h"
#include "json.h"
#include "owner.h"
#include "warnings.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* A network, and the attachment that ADD, CHECK and DEL are about. */
struct cni_chain {
	const struct cni_conflist *list;
	const char *path;      /* CNI_PATH: where the plugins are */
	const char *cache_dir; /* see cache.h */
	const char *container;
	const char *netns; /* a path; "" if it is gone (DEL) */
	const char *ifname;
	const char *args;	       /* "KEY=VALUE;KEY=VALUE", or NULL */
	const cJSON *capability_args;  /* an object of capability and value, or NULL */
	struct cni_warnings *warnings; /* gets what went wrong and did not matter; may be NULL */
};

/* ADD, each plugin with the result of the one before it as prevResult. The last one's, in the
 * list's version, goes to `ret_result` (the caller frees with cJSON_Delete()) and into the cache.
 *
 * That all plugins are there is seen to before the first one runs. If one fails after that, or the
 * cache cannot be written, then all plugins are sent a DEL, last one first, with the last result
 * there was as prevResult, so that nothing is left; what fails then is a warning. (libcni leaves
 * this to its caller, as the specification allows.)
 *
 * An attachment that the cache has is not added a second time (CNI_ETAKEN), before any plugin runs,
 * unless its namespace is gone: then it is deleted first, with a warning. A damaged file in the cache
 * is a warning, and nothing is undone then, for it may be an earlier ADD's.
 *
 * No two operations for one container run beside each other, and none beside a GC of the network: waits
 * for these ten seconds (CNI_ELOCKED).
 *
 * Fails with the plugin's own code, with CNI_EMISSING, CNI_EDELEGATE, CNI_ECONFIG or CNI_EENV for
 * names, CNI_EDECODE or CNI_EVERSION for answers, CNI_EIO for the cache. */
int cni_chain_add(const struct cni_chain *chain, cJSON **ret_result, struct cni_error *err);

/* CHECK, with the cached result and, where the cache has them, the arguments that ADD had. Stops at
 * the first failure. A list with disableCheck succeeds.
 * Fails as cni_chain_add(), and with CNI_EVERSION below 0.4.0, with CNI_ECONTAINER if the cache has
 * no result of this attachment, and with CNI_EDECODE if it is damaged. */
int cni_chain_check(const struct cni_chain *chain, struct cni_error *err);

/* MEND (verbs.h), with what the cache has, as CHECK. Plugins of others do not know it and fail. */
int cni_chain_mend(const struct cni_chain *chain, struct cni_error *err);

/* DEL, last plugin first, with the cached result (from 0.4.0) and, where the cache has them, the
 * arguments that ADD had; then the cache forgets. Without cache, and with a damaged one (a
 * warning), it runs, too. A namespace that is not the one of the ADD is not given to the plugins. If
 * another works on the container or the network for more than ten seconds it goes on with a warning.
 * Stops at the first failure, and the cache is kept for another try. Fails as cni_chain_add(). */
int cni_chain_del(const struct cni_chain *chain, struct cni_error *err);

/* A single thing that GC does, or would do. */
struct cni_gc_step {
	const char *network;
	/* An attachment that is deleted, */
	const char *container;
	const char *ifname;
	const char *reason;
	/* or, with NULL for these, a plugin that is asked to remove what none of `valid` has. */
	const char *plugin;
	const struct cni_owners *valid;
};

/* `step` ends with the call. */
typedef void cni_gc_reporter(const struct cni_gc_step *step, void *data);

/* The extent of a GC. */
struct cni_gc {
	bool all;		       /* also what lives; otherwise only what is gone */
	bool dry_run;		       /* report and nothing else */
	const struct cni_owners *keep; /* sorted: these stay in any case; NULL: none */
	cni_gc_reporter *report;       /* called for each step that is done; NULL: none is wanted */
	void *data;
};

/* DEL for every attachment of this network in the cache that is not to stay, by the list that it was
 * added with, then, from 1.1.0, GC to each plugin with those that stay: what lives (living.h, without
 * `all`), what `keep` names, and what could not be deleted. No ADD and no DEL of the network runs beside it. Nothing stops it;
 * the first failure is returned and further ones are warnings. A list with disableGC does nothing. The
 * chain's own attachment and arguments do not matter.
 * Fails as cni_living_find(), with CNI_ELOCKED if an ADD or a DEL does not end within ten seconds,
 * before anything is deleted, and as cni_chain_del(). */
int cni_chain_gc(const struct cni_chain *chain, const struct cni_gc *gc, struct cni_error *err);

/* STATUS, from 1.1.0; before, nobody is asked (a warning). The first failure is returned, with the
 * plugin's code: CNI_EUNAVAILABLE or CNI_ELIMITED. */
int cni_chain_status(const struct cni_chain *chain, struct cni_error *err);

CNI_END_DECLS

#endif
