/* SPDX-License-Identifier: Apache-2.0 */
/* The table of masquerade; masquerade.h shows it whole. */
#ifndef CNI_MASQUERADE_TABLE_H
#define CNI_MASQUERADE_TABLE_H

#include "masquerade.h"
#include "nft_owned.h"

extern const struct cni_owned_table cni_masquerade_table;

/* The rules of a network's chain. */
#define CNI_MASQUERADE_NETWORK_RULES 3

/* "net-" and a hash of the network's name and the prefix: the rules never change, so that two ADDs
 * cannot disagree about them. `comment` tells which network it is. */
#define CNI_MASQUERADE_CHAIN_SIZE 24
void cni_masquerade_name_chain(const char *network, const struct cni_net *net,
			       char chain[CNI_MASQUERADE_CHAIN_SIZE],
			       char comment[CNI_NFT_COMMENT_SIZE]);

/* Puts the elements of all addresses into the wish. */
void cni_masquerade_put(struct cni_owned_wish *wish, const struct cni_masquerade *wanted);

#endif
