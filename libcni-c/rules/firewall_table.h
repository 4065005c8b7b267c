/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the firewall, which firewall.h shows. */
#ifndef CNI_FIREWALL_TABLE_H
#define CNI_FIREWALL_TABLE_H

#include "firewall.h"
#include "nft_owned.h"

extern const struct cni_owned_table cni_firewall_table;

/* The chain that counts the attachments of a policy and a bridge: "isolated-cni0". A character that
 * nft(8) cannot read in a name becomes "/c3". */
void cni_firewall_name_chain(enum cni_firewall_policy policy, const char *bridge,
			     char chain[CNI_NFT_NAME_SIZE]);
/* The inverse. False for a chain with another name; `ret_bridge` is "" for "open". */
bool cni_firewall_parse_chain(const char *chain, enum cni_firewall_policy *ret_policy,
			      char ret_bridge[CNI_IFNAME_SIZE]);

/* The elements of a bridge with a policy, for the caller to clear: none, two or three. */
struct cni_nft_items cni_firewall_of_bridge(enum cni_firewall_policy policy, const char *bridge);

/* Puts the removal of the bridge's elements that no other attachment needs into the transaction. */
int cni_firewall_release(struct cni_owned_change *change, const char *chain, struct cni_error *err);

#endif
