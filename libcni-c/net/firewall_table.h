/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the firewall's table, for those who fill it and those who look at it. firewall.h
 * shows it whole. */
#ifndef CNI_FIREWALL_TABLE_H
#define CNI_FIREWALL_TABLE_H

#include "firewall.h"
#include "nft_doomed.h"

extern const struct cni_nft_table cni_firewall_table;
extern const char cni_firewall_forward[];
extern const char cni_firewall_policies[];
extern const char cni_firewall_bridges[];
extern const char cni_firewall_same[];
extern const char cni_firewall_isolated[];

/* What the table holds when no attachment does: forward, and eight sets. */
#define CNI_FIREWALL_SKELETON_USE 9
#define CNI_FIREWALL_RULES	  6

struct cni_firewall_family {
	int number;	       /* AF_INET, AF_INET6 */
	const char *members;   /* address */
	const char *addresses; /* owner's name . index : address */
	enum cni_nft_type type;
};
extern const struct cni_firewall_family cni_firewall_families[2];

const struct cni_firewall_family *cni_firewall_family_of(const struct cni_ip *ip);

/* The chain that counts the attachments of a policy and a bridge: "isolated-cni0". What nft(8)
 * could not read in a name is written "/c3". */
void cni_firewall_name_chain(enum cni_firewall_policy policy, const char *bridge,
			     char chain[CNI_NFT_NAME_SIZE]);
/* The way back. False for a chain that is none of these; `ret_bridge` is "" for "open". */
bool cni_firewall_parse_chain(const char *chain, enum cni_firewall_policy *ret_policy,
			      char ret_bridge[CNI_IFNAME_SIZE]);

/* Keys: of an owner in `policies`, of its `index`-th address of a family, of a bridge in `bridges`,
 * and of a bridge in `same` and `isolated`. */
struct cni_nft_bytes cni_firewall_owner_key(const struct cni_owner *owner);
struct cni_nft_bytes cni_firewall_address_key(const struct cni_owner *owner, uint32_t index);
struct cni_nft_bytes cni_firewall_bridge_key(const char *bridge);
struct cni_nft_bytes cni_firewall_pair_key(const char *bridge);

/* The elements that a bridge with a policy has; at most three. Returns their number. */
#define CNI_FIREWALL_OF_BRIDGE 3
struct cni_firewall_of_bridge {
	const char *set;
	struct cni_nft_bytes key;
};
size_t cni_firewall_of_bridge(enum cni_firewall_policy policy, const char *bridge,
			      struct cni_firewall_of_bridge elements[CNI_FIREWALL_OF_BRIDGE]);

/* 1 if the element is there, 0 if it, its set or the table is not, -1 on failure. */
int cni_firewall_look_up(struct cni_nl *nl, const char *set, const struct cni_nft_bytes *key,
			 struct cni_nft_element *ret_element, struct cni_error *err);

/* The table, its sets and its chain, or what is missing of them; and the chain's rules instead of
 * any others. */
void cni_firewall_add_skeleton(struct cni_nft_tx *tx);
void cni_firewall_add_rules(struct cni_nft_tx *tx);

/* Everything that bears the owner's name, found without knowing its addresses. */
int cni_firewall_doom_owner(struct cni_nl *nl, const struct cni_owner *owner,
			    struct cni_nft_doomed *doomed, struct cni_error *err);

/* Deletes the chains that only the doomed elements jump to, but for `kept` (NULL: none), and what
 * of their bridges nobody else needs. Says how many chains those are. */
int cni_firewall_release(struct cni_nl *nl, struct cni_nft_tx *tx,
			 const struct cni_nft_doomed *doomed, const char *kept,
			 uint32_t *ret_deleted, struct cni_error *err);

#endif
