/* SPDX-License-Identifier: Apache-2.0 */
/* The table of masquerade, which masquerade.h shows. */
#ifndef CNI_MASQUERADE_TABLE_H
#define CNI_MASQUERADE_TABLE_H

#include "masquerade.h"
#include "nft_owned.h"

extern const struct cni_owned_table cni_masquerade_table;

/* The number of rules in a network's chain. */
#define CNI_MASQUERADE_NETWORK_RULES 3

/* "net-" and a hash of the network's name and the prefix: the rules of a chain never change, so two
 * ADDs cannot disagree about them. `comment` names the network. */
#define CNI_MASQUERADE_CHAIN_SIZE 24
void cni_masquerade_name_chain(const char *network, const struct cni_net *net,
			       char chain[CNI_MASQUERADE_CHAIN_SIZE],
			       char comment[CNI_NFT_COMMENT_SIZE]);

/* Puts the elements of all addresses into the wish. */
void cni_masquerade_put(struct cni_owned_wish *wish, const struct cni_masquerade *wanted);

#endif
