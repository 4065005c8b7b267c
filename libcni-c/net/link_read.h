/* SPDX-License-Identifier: Apache-2.0 */
/* A link as a RTM_NEWLINK describes it. */
#ifndef CNI_LINK_READ_H
#define CNI_LINK_READ_H

#include "decls.h"
#include "link.h"

CNI_BEGIN_DECLS

/* Members that the message does not have are 0 or "", and `peer_netns` -1. */
void cni_link_read(const struct nlmsghdr *message, struct cni_link *link);

CNI_END_DECLS

#endif
