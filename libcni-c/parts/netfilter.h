/* SPDX-License-Identifier: Apache-2.0 */
/* An attachment's socket to netfilter, for the parts that have rules. */
#ifndef CNI_NETFILTER_H
#define CNI_NETFILTER_H

#include "attachment.h"
#include "go_rules.h"

#include <stdbool.h>

/* True if the Go plugins have made rules of this kind for the attachment: on a node that was upgraded in
 * place these are as good as ours. Rules that cannot be read count as absent. */
bool cni_attachment_has_go_rules(struct cni_attachment *at, enum cni_go_rules kind);

/* The netfilter socket, opened at the first call. */
int cni_attachment_netfilter(struct cni_attachment *at, struct cni_nl **ret_nl,
			     struct cni_error *err);

/* For STATUS: fails with CNI_EUNAVAILABLE if the kernel does not answer for nf_tables, which `what` needs. */
int cni_attachment_netfilter_status(struct cni_attachment *at, const char *what,
				    struct cni_error *err);

/* For DEL and GC: succeeds if the failure is that the kernel has no nf_tables, because then it has nothing
 * of ours. Another failure gets `what` before its message. */
int cni_attachment_netfilter_failed(const char *what, struct cni_error *err);

#endif
