/* SPDX-License-Identifier: Apache-2.0 */
/* The plugins of a network, run one after the other (CNI SPEC, section 3), as AddNetworkList()
 * and its siblings in Go's libcni. */
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
	bool leaves_locks; /* CHECK takes no lock, and may run beside other operations for the container */
};

/* Runs ADD, each plugin with the previous plugin's result as prevResult. The last result, in the
 * list's version, goes to `ret_result` (the caller frees with cJSON_Delete()) and into the
 * cache.
 *
 * Before the first plugin runs, all plugins must exist. If a plugin fails after that, or the
 * cache cannot be written, then all plugins are sent a DEL, last plugin first, with the last
 * result as prevResult, to leave nothing; a failing DEL is a warning. (libcni leaves this to its
 * caller, as the specification allows.)
 *
 * A cached attachment is not added again: this fails with CNI_ETAKEN before any plugin runs. If
 * its namespace is gone, the attachment is deleted first, with a warning. A damaged file in the
 * cache is a warning, and a failed ADD is then not undone: the file may be an earlier ADD's.
 *
 * Waits ten seconds for other operations on the container and for a GC of the network, which
 * never run at the same time (CNI_ELOCKED).
 *
 * Fails with the plugin's own code, with CNI_EMISSING, CNI_EDELEGATE, CNI_ECONFIG or CNI_EENV for
 * names, CNI_EDECODE or CNI_EVERSION for answers, CNI_EIO for the cache. */
int cni_chain_add(const struct cni_chain *chain, cJSON **ret_result, struct cni_error *err);

/* Runs CHECK with the cached result and, if cached, ADD's arguments. Stops at the first failure.
 * A list with disableCheck succeeds. Waits for other operations on the container as ADD does.
 * Fails as cni_chain_add(), and with CNI_EVERSION below 0.4.0, with CNI_ECONTAINER if the cache has
 * no result of this attachment, and with CNI_EDECODE if it is damaged. */
int cni_chain_check(const struct cni_chain *chain, struct cni_error *err);

/* Runs MEND (verbs.h) with the cached data, as CHECK. A plugin that refuses MEND, since another suite's does
 * not know the verb, receives CHECK, which must succeed. */
int cni_chain_mend(const struct cni_chain *chain, struct cni_error *err);

/* Runs DEL, last plugin first, with the cached result (from 0.4.0) and, if cached, ADD's
 * arguments; then removes the record from the cache. A missing record does not stop DEL, nor
 * does a damaged one (a warning). The plugins do not get a namespace other than ADD's. If
 * another process works on the container or the network for more than ten seconds, DEL goes on
 * with a warning. Stops at the first failure, and keeps the record for another try. Fails as
 * cni_chain_add(). */
int cni_chain_del(const struct cni_chain *chain, struct cni_error *err);

/* A single step that GC takes, or would take. */
struct cni_gc_step {
	const char *network;
	/* The attachment to be deleted, */
	const char *container;
	const char *ifname;
	const char *reason;
	/* or, if these are NULL, a plugin that gets GC with the attachments `valid`. */
	const char *plugin;
	const struct cni_owners *valid;
};

/* `step` ends with the call. */
typedef void cni_gc_reporter(const struct cni_gc_step *step, void *data);

/* The extent of a GC. */
struct cni_gc {
	bool all;		       /* also living attachments */
	bool dry_run;		       /* only report */
	const struct cni_owners *keep; /* sorted: these stay in any case; NULL: none */
	cni_gc_reporter *report;       /* called for each step that is done; NULL: none is wanted */
	void (*progress)(size_t done,
			 size_t total); /* called for each cached attachment; likewise */
	void *data;
};

/* Sends DEL for every cached attachment of this network that is not to stay, with the list used
 * by its ADD, then, from 1.1.0, GC to each plugin with the attachments that stay: living ones
 * (living.h, without `all`), those in `keep`, and those that could not be deleted. No ADD or DEL
 * of the network runs at the same time. GC goes on after a failure; the first failure is
 * returned and further ones are warnings. A list with disableGC does nothing (a warning). The chain's own
 * attachment and arguments do not matter.
 * Fails as cni_living_find(), with CNI_ELOCKED if an ADD or a DEL does not end within ten seconds,
 * before anything is deleted, and as cni_chain_del(). */
int cni_chain_gc(const struct cni_chain *chain, const struct cni_gc *gc, struct cni_error *err);

/* Sends STATUS, from 1.1.0; in older versions no plugin runs (a warning). The first failure is
 * returned, with the plugin's code: CNI_EUNAVAILABLE or CNI_ELIMITED. */
int cni_chain_status(const struct cni_chain *chain, struct cni_error *err);

CNI_END_DECLS

#endif
