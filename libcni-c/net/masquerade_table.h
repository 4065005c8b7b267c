/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the masquerade table, for those who fill it and those who look at it. masquerade.h
 * shows it whole. */
#ifndef CNI_MASQUERADE_TABLE_H
#define CNI_MASQUERADE_TABLE_H

#include "nft.h"

extern const struct cni_nft_table cni_masq_table;
extern const char cni_masq_postrouting[];

/* What the table holds when no attachment does: postrouting and four maps. */
#define CNI_MASQ_SKELETON_USE 5
/* The rules of postrouting, and those of a network's chain. */
#define CNI_MASQ_POSTROUTING_RULES 2
#define CNI_MASQ_NETWORK_RULES	   3

struct cni_masq_family {
	int number;		 /* AF_INET, AF_INET6 */
	const char *verdicts;	 /* source address : the network's chain */
	const char *attachments; /* owner's name . index : address */
	const char *multicast;
	enum cni_nft_type type;
};
extern const struct cni_masq_family cni_masq_families[2];

const struct cni_masq_family *cni_masq_family_of(const struct cni_ip *ip);

/* "net-" and a hash of the network's name and the prefix: its rules never change, so that two ADDs
 * cannot disagree about them. `comment` says which network it is. */
#define CNI_MASQ_CHAIN_SIZE 24
void cni_masq_name_chain(const char *network, const struct cni_net *net,
			 char chain[CNI_MASQ_CHAIN_SIZE], char comment[CNI_NFT_COMMENT_SIZE]);

/* The key of an attachment's `index`-th address of a family; `name` is cni_owner_ifname()'s. */
struct cni_nft_bytes cni_masq_attachment_key(const char *name, uint32_t index);

/* 1 if the element is there, 0 if it, its map or the table is not, -1 on failure. */
int cni_masq_look_up(struct cni_nl *nl, const char *map, const struct cni_nft_bytes *key,
		     struct cni_nft_element *ret_element, struct cni_error *err);

/* The table, the maps and postrouting, or what is missing of them. */
void cni_masq_add_skeleton(struct cni_nft_tx *tx);
void cni_masq_add_postrouting_rules(struct cni_nft_tx *tx);

/* The network's chain, with its rules instead of any others. */
void cni_masq_add_network_chain(struct cni_nft_tx *tx, const char *chain, const char *comment,
				const struct cni_net *net);

#endif
