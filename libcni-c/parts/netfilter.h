/* SPDX-License-Identifier: Apache-2.0 */
/* An attachment's socket to netfilter, for the parts that have rules. */
#ifndef CNI_NETFILTER_H
#define CNI_NETFILTER_H

#include "attachment.h"
#include "go_rules.h"

#include <stdbool.h>

/* Are there rules of this kind that the Go plugins have made for it? Those of a node that was upgraded
 * in place are as good as ours. No failure: what cannot be seen is not there. */
bool cni_attachment_has_go_rules(struct cni_attachment *at, enum cni_go_rules kind);

/* The netfilter socket, opened at the first call. */
int cni_attachment_netfilter(struct cni_attachment *at, struct cni_nl **ret_nl,
			     struct cni_error *err);

/* Can nf_tables be asked at all? For STATUS: fails with CNI_EUNAVAILABLE; `what` needs it. */
int cni_attachment_netfilter_status(struct cni_attachment *at, const char *what,
				    struct cni_error *err);

/* What DEL and GC make of a failure: a kernel without nf_tables has nothing of ours, so it is none.
 * Any other gets `what` before its message. */
int cni_attachment_netfilter_failed(const char *what, struct cni_error *err);

#endif
