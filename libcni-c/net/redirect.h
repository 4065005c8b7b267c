/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in through a link leaves by another: a filter that matches everything (tc-u32(8)), and
 * its action (tc-mirred(8)), beneath the link's ingress qdisc. */
#ifndef CNI_REDIRECT_H
#define CNI_REDIRECT_H

#include "decls.h"
#include "error.h"
#include "nl.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* Everything that comes in through the link `from`, which has an ingress qdisc, leaves by the link
 * `to`. Fails with errnum EEXIST if there is such a filter. There is no delete: it goes with the
 * qdisc. */
int cni_redirect_add(struct cni_nl *nl, int from, int to, struct cni_error *err);

/* Where the first redirection goes that the link `from` has, ours or the Go plugin's; 0 if that
 * link has gone meanwhile (whatever comes in is lost then). */
struct cni_redirect {
	bool found;
	bool has_filters; /* of whatever kind */
	int to;
};
int cni_redirect_get(struct cni_nl *nl, int from, struct cni_redirect *ret_redirect,
		     struct cni_error *err);

CNI_END_DECLS

#endif
