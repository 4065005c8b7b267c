/* SPDX-License-Identifier: Apache-2.0 */
/* Restores parts of living attachments that were removed, for example by "nft flush ruleset" or
 * a firewall's reload: rules, gateway addresses, forwarding. Uses the cached record of each ADD,
 * with its configuration, not the network's current configuration. */
#ifndef CNI_RECONCILE_H
#define CNI_RECONCILE_H

#include "decls.h"
#include "error.h"
#include "owner.h"
#include "warnings.h"

#include <stdbool.h>
#include <stddef.h>

CNI_BEGIN_DECLS

/* The outcome for an attachment. */
enum cni_reconciled {
	CNI_RECONCILED_FINE,   /* it was as ADD left it */
	CNI_RECONCILED_MENDED, /* it is again; the message says what was wrong */
	CNI_RECONCILED_WRONG,  /* a dry run: it would be mended; otherwise: that failed */
	CNI_RECONCILED_GONE,   /* its namespace is gone: left to GC */
	/* CHECK may not be called, or the attachment was deleted meanwhile: the message says which. */
	CNI_RECONCILED_SKIPPED,
};

typedef void cni_reconcile_reporter(const struct cni_owner *owner, enum cni_reconciled state,
				    const char *message, void *data);

/* The extent of a reconcile. */
struct cni_reconcile {
	const char *network;   /* NULL: all networks */
	const char *path;      /* CNI_PATH */
	const char *cache_dir; /* see cache.h */
	const char *
		conf_dir; /* for lists that have all plugins in drop-in files, which libcni does not cache;
				* NULL: such a list has none */
	bool dry_run; /* only CHECK */
	struct cni_warnings *warnings;
	cni_reconcile_reporter *report;		     /* called for each attachment */
	void (*progress)(size_t done, size_t total); /* called beside it; NULL: none is wanted */
	void *data;
};

/* For each attachment in the cache: CHECK, and if that fails MEND (verbs.h), plugin by plugin,
 * and CHECK again. A reassigned address fails CHECK and MEND, so its rules are not restored. An attachment
 * whose configuration has no CHECK (cniVersion below 0.4.0, disableCheck) is skipped: containerd keeps one
 * of loopback at 0.3.1 for each pod.
 * Goes on after a failure; `ret_wrong` counts failures.
 * Fails with CNI_EIO if the cache cannot be read. */
int cni_reconcile(const struct cni_reconcile *reconcile, size_t *ret_wrong, struct cni_error *err);

CNI_END_DECLS

#endif
