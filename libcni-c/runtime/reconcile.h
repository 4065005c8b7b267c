/* SPDX-License-Identifier: Apache-2.0 */
/* Puts back what somebody has taken from attachments that stand, as "nft flush ruleset" or a
 * firewall's reload does: rules, gateway addresses, forwarding. From what the cache remembers of
 * each ADD, its configuration included, so that it does not matter what the network's configuration
 * says today. */
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
	CNI_RECONCILED_GONE,   /* its namespace is gone: for GC, not for us */
};

typedef void cni_reconcile_reporter(const struct cni_owner *owner, enum cni_reconciled state,
				    const char *message, void *data);

/* The extent of a reconcile. */
struct cni_reconcile {
	const char *network;   /* NULL: all networks */
	const char *path;      /* CNI_PATH */
	const char *cache_dir; /* see cache.h */
	bool dry_run;	       /* CHECK and nothing else */
	struct cni_warnings *warnings;
	cni_reconcile_reporter *report; /* called for each attachment */
	void *data;
};

/* For each attachment in the cache: CHECK, and if that fails MEND (verbs.h), plugin by plugin, and
 * CHECK again. An address that the ledger has given to somebody else fails CHECK and MEND, so that
 * nothing is put back for it. One failure does not stop it; `ret_wrong` counts them.
 * Fails with CNI_EIO if the cache cannot be read. */
int cni_reconcile(const struct cni_reconcile *reconcile, size_t *ret_wrong, struct cni_error *err);

CNI_END_DECLS

#endif
