/* SPDX-License-Identifier: Apache-2.0 */
/* Phrases of a rule (nft_rule.h) about any field of a packet. */
#ifndef CNI_NFT_FIELD_H
#define CNI_NFT_FIELD_H

#include "nft.h"

#include <stddef.h>
#include <stdint.h>

/* A phrase is false for a packet that lacks the header, or ends before the field. */
struct cni_nft_field {
	uint32_t base;		      /* NFT_PAYLOAD_*_HEADER, linux/netfilter/nf_tables.h; or */
#define CNI_NFT_FRAGMENT_HEADER 0x100 /* IPv6's fragment header */
	uint32_t offset;	      /* bytes, as `size` */
	uint32_t size;
};

/* meta protocol arp (ETH_P_*, linux/if_ether.h): the protocol of a frame, behind a VLAN tag
 * if there is one. */
void cni_nft_protocol_is(struct cni_nft_tx *tx, uint16_t protocol);

/* meta l4proto udp, and != udp (IPPROTO_*): behind IPv6's extension headers. A packet with headers
 * that cannot be followed matches neither. */
void cni_nft_l4proto_is(struct cni_nft_tx *tx, uint8_t protocol);
void cni_nft_l4proto_is_not(struct cni_nft_tx *tx, uint8_t protocol);

/* ip saddr 0.0.0.0; icmpv6 type 131-133; frag frag-off != 0: one of its bits is set; ip frag-off
 * & 0x3fff == 0: none is set. Values and bits have the field's size and network order. */
void cni_nft_field_is(struct cni_nft_tx *tx, const struct cni_nft_field *field, const void *value);
void cni_nft_field_between(struct cni_nft_tx *tx, const struct cni_nft_field *field,
			   const void *first, const void *last);
void cni_nft_field_has(struct cni_nft_tx *tx, const struct cni_nft_field *field, const void *bits);
void cni_nft_field_lacks(struct cni_nft_tx *tx, const struct cni_nft_field *field,
			 const void *bits);

/* iifname . ip saddr @set, and != @set */
void cni_nft_iifname_field_in(struct cni_nft_tx *tx, const struct cni_nft_field *field,
			      const char *set);
void cni_nft_iifname_field_not_in(struct cni_nft_tx *tx, const struct cni_nft_field *field,
				  const char *set);

#endif
