/* SPDX-License-Identifier: Apache-2.0 */
/* For STATUS: what an ADD needs of the process and of the kernel, asked without writing, locking or
 * waiting. A need that cannot be asked for in this way counts as met: kubelet takes a false alarm for an
 * outage. All fail with CNI_EUNAVAILABLE, saying what is missing and what to do. */
#ifndef CNI_READINESS_H
#define CNI_READINESS_H

#include "decls.h"
#include "error.h"
#include "link.h"
#include "nl.h"

CNI_BEGIN_DECLS

/* CAP_NET_ADMIN, and that a network namespace can be entered: CAP_SYS_ADMIN, and no seccomp profile
 * that refuses setns(2). The process enters the namespace that it is in. */
int cni_readiness_check(struct cni_error *err);

/* Links of `kind` ("veth") can be made: see cni_link_kind_is_known(). */
int cni_readiness_check_kind(struct cni_nl *nl, const char *kind, struct cni_error *err);

/* The kernel's bridges can filter VLANs. `bridge` is one that exists, or NULL. */
int cni_readiness_check_vlan_filtering(struct cni_nl *nl, const struct cni_link *bridge,
				       struct cni_error *err);

/* Files can be made in the directory: see cni_file_check_writable(). `what` stands before the path:
 * "'dataDir'", "records in". */
int cni_readiness_check_directory(const char *path, const char *what, struct cni_error *err);

/* Records of attachments can be written (base/attachment_file.h). */
int cni_readiness_check_records(struct cni_error *err);

CNI_END_DECLS

#endif
