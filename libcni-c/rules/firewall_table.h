/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the firewall, which firewall.h shows. */
#ifndef CNI_FIREWALL_TABLE_H
#define CNI_FIREWALL_TABLE_H

#include "firewall.h"
#include "nft_owned.h"

extern const struct cni_owned_table cni_firewall_table;

extern const char cni_firewall_policies[];
extern const char cni_firewall_bridges[];
extern const char cni_firewall_same[];
extern const char cni_firewall_isolated[];

/* The chain that counts the attachments of a policy and a bridge: "isolated-cni0". A character that
 * nft(8) cannot read in a name becomes "/c3". */
void cni_firewall_name_chain(enum cni_firewall_policy policy, const char *bridge,
			     char chain[CNI_NFT_NAME_SIZE]);
/* The inverse. False for a chain with another name; `ret_bridge` is "" for "open". */
bool cni_firewall_parse_chain(const char *chain, enum cni_firewall_policy *ret_policy,
			      char ret_bridge[CNI_IFNAME_SIZE]);

/* The elements of a bridge with a policy, at most three. Returns their number. */
#define CNI_FIREWALL_OF_BRIDGE 3
struct cni_firewall_of_bridge {
	const char *set;
	struct cni_nft_bytes key;
};
size_t cni_firewall_of_bridge(enum cni_firewall_policy policy, const char *bridge,
			      struct cni_firewall_of_bridge elements[CNI_FIREWALL_OF_BRIDGE]);

/* Puts the removal of a policy's chain into the transaction, and of the bridge's elements that no
 * other attachment needs. */
int cni_firewall_release(struct cni_owned_removal *removal, const char *chain,
			 struct cni_error *err);

/* Puts the elements of all addresses and the policy into the wish. */
void cni_firewall_put(struct cni_owned_wish *wish, const struct cni_firewall *firewall);

#endif
