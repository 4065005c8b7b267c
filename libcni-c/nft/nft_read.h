/* SPDX-License-Identifier: Apache-2.0 */
/* What a message of nf_tables says, by tables as nl_attr.h wants them. libnftnl builds our messages
 * and reads none: its parsers end the process at an attribute that has not the expected length
 * (abi_breakage()), read texts without a NUL, and refuse a rule that has an expression which is
 * younger than they are. The exception is nft_forward.h, which needs every expression of rules that
 * others have made. */
#ifndef CNI_NFT_READ_H
#define CNI_NFT_READ_H

#include "nft.h"

/* A number of a whole message: that of the attribute `type`, a big-endian u32; `otherwise` if it is
 * missing. */
uint32_t cni_nft_read_u32(const struct nlmsghdr *message, uint16_t type, uint32_t otherwise);

/* Calls `cb` for each element that a NFT_MSG_NEWSETELEM lists. */
void cni_nft_read_elements(const struct nlmsghdr *message,
			   void (*cb)(const struct cni_nft_element *element, void *data),
			   void *data);

/* A NFT_MSG_NEWRULE. Without a handle, the rule's is 0. */
void cni_nft_read_rule(const struct nlmsghdr *message, struct cni_nft_rule_info *ret_rule);

#endif
