/* SPDX-License-Identifier: Apache-2.0 */
/* What a RTM_NEWLINK says of a link. */
#ifndef CNI_LINK_READ_H
#define CNI_LINK_READ_H

#include "decls.h"
#include "link.h"

CNI_BEGIN_DECLS

/* What the message does not say is 0 or "", and `peer_netns` -1. */
void cni_link_read(const struct nlmsghdr *message, struct cni_link *link);

CNI_END_DECLS

#endif
