/* SPDX-License-Identifier: Apache-2.0 */
/* Redirection of all ingress traffic of a link to another link: a filter that matches everything
 * (tc-u32(8)), and its action (tc-mirred(8)), in the link's ingress qdisc. */
#ifndef CNI_REDIRECT_H
#define CNI_REDIRECT_H

#include "decls.h"
#include "error.h"
#include "nl.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* Redirects all ingress traffic of the link `from`, which has an ingress qdisc, to the link
 * `to`. Fails with errnum EEXIST if there is such a filter. There is no delete: the filter is
 * deleted with the qdisc. */
int cni_redirect_add(struct cni_nl *nl, int from, int to, struct cni_error *err);

/* Finds the target of the first redirection of the link `from`, ours or the Go plugin's; 0 if
 * the target link was deleted meanwhile (ingress traffic is then lost). */
struct cni_redirect {
	bool found;
	bool has_filters; /* of whatever kind */
	int to;
};
int cni_redirect_get(struct cni_nl *nl, int from, struct cni_redirect *ret_redirect,
		     struct cni_error *err);

CNI_END_DECLS

#endif
