/* SPDX-License-Identifier: Apache-2.0 */
/* Reading messages of nf_tables, by tables of attributes (nl_attr.h). libnftnl builds our messages
 * and reads none: its parsers end the process at an attribute of unexpected length
 * (abi_breakage()), read texts without a NUL, and refuse a rule with an expression younger than the
 * library. The exception is nft_forward.h, which needs every expression of the rules of others. */
#ifndef CNI_NFT_READ_H
#define CNI_NFT_READ_H

#include "nft.h"

/* The attribute `type` of the message, a big-endian u32; `otherwise` if the attribute is
 * missing. */
uint32_t cni_nft_read_u32(const struct nlmsghdr *message, uint16_t type, uint32_t otherwise);

/* Calls `cb` for each element in a NFT_MSG_NEWSETELEM. */
void cni_nft_read_elements(const struct nlmsghdr *message,
			   void (*cb)(const struct cni_nft_element *element, void *data),
			   void *data);

/* Reads a NFT_MSG_NEWRULE. The handle is 0 if the message has none. */
void cni_nft_read_rule(const struct nlmsghdr *message, struct cni_nft_rule_info *ret_rule);

#endif
