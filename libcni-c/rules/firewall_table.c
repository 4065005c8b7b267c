/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall_table.h"

#include "nft_rule.h"

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_firewall_table.table;
static const char forward[] = "forward";

static const struct family {
	int number;	       /* AF_INET, AF_INET6 */
	const char *members;   /* device . address */
	const char *addresses; /* owner's key . index : device . address */
} families[2] = {
	{AF_INET, "members4", "addresses4"},
	{AF_INET6, "members6", "addresses6"},
};

/* ---- elements ---- */

static void follow(const char *set, const struct cni_nft_element *back, struct cni_nft_items *leads)
{
	const struct cni_nft_element lead = {.key = back->value};

	for (size_t i = 0; i < 2; i++)
		if (!strcmp(set, families[i].addresses))
			cni_nft_items_put(leads, families[i].members, &lead);
}

void cni_firewall_put(struct cni_owned_wish *wish, const struct cni_firewall *firewall)
{
	struct cni_nft_bytes name = cni_owned_name_key(wish->owner->key);
	uint32_t indices[2] = {0, 0};

	cni_firewall_name_chain(firewall->policy, firewall->bridge,
				cni_owned_wish_put(wish, cni_firewall_policies, &name)->jump);
	for (size_t i = 0; i < firewall->count; i++) {
		const struct cni_ip *ip = &firewall->addresses[i];
		size_t which = ip->family == AF_INET ? 0 : 1;
		struct cni_nft_bytes member = cni_owned_name_key(firewall->device);
		struct cni_nft_bytes back = cni_owned_index_key(wish->owner->key, indices[which]++);

		cni_nft_bytes_add(&member, ip->bytes, cni_ip_size(ip));
		cni_owned_wish_put(wish, families[which].members, &member);
		cni_owned_wish_put(wish, families[which].addresses, &back)->value = member;
	}
}

/* ---- the skeleton ---- */

static void put_policy_rules(struct cni_nft_tx *tx)
{
	/* iifname . oifname @isolated drop */
	cni_nft_rule(tx, table, forward);
	cni_nft_iifname_oifname_in(tx, cni_firewall_isolated);
	cni_nft_verdict(tx, NF_DROP);
	cni_nft_rule_end(tx);
	/* iifname @bridges oifname @bridges iifname . oifname != @same drop */
	cni_nft_rule(tx, table, forward);
	cni_nft_iifname_in(tx, cni_firewall_bridges);
	cni_nft_oifname_in(tx, cni_firewall_bridges);
	cni_nft_iifname_oifname_not_in(tx, cni_firewall_same);
	cni_nft_verdict(tx, NF_DROP);
	cni_nft_rule_end(tx);
}

static void put_member_rules(struct cni_nft_tx *tx, const struct family *family)
{
	/* ct state established,related oifname . ip daddr @members4 accept */
	cni_nft_rule(tx, table, forward);
	cni_nft_is_established(tx);
	cni_nft_family_is(tx, family->number);
	cni_nft_oifname_destination_in(tx, family->number, family->members);
	cni_nft_verdict(tx, NF_ACCEPT);
	cni_nft_rule_end(tx);
	/* iifname . ip saddr @members4 accept */
	cni_nft_rule(tx, table, forward);
	cni_nft_family_is(tx, family->number);
	cni_nft_iifname_source_in(tx, family->number, family->members);
	cni_nft_verdict(tx, NF_ACCEPT);
	cni_nft_rule_end(tx);
}

static void put_chains(struct cni_nft_tx *tx)
{
	cni_nft_add_base_chain(tx, table, forward, "filter", NF_INET_FORWARD, NF_IP_PRI_FILTER);
	cni_nft_flush_chain(tx, table, forward);
	put_policy_rules(tx);
	for (size_t i = 0; i < 2; i++)
		put_member_rules(tx, &families[i]);
}

/* ---- the policy ---- */

static bool is_prepared(struct cni_nl *nl, const struct cni_owned_wish *wish)
{
	const struct cni_firewall *firewall = wish->data;
	char chain[CNI_NFT_NAME_SIZE];
	struct cni_error ignored;
	uint32_t use;

	cni_firewall_name_chain(firewall->policy, firewall->bridge, chain);
	return cni_nft_chain_use(nl, table, chain, &use, &ignored) == 0;
}

static int prepare(struct cni_nl *nl, struct cni_nft_tx *tx, const struct cni_owned_wish *wish,
		   struct cni_error *err)
{
	const struct cni_firewall *firewall = wish->data;
	struct cni_firewall_of_bridge elements[CNI_FIREWALL_OF_BRIDGE];
	size_t count = cni_firewall_of_bridge(firewall->policy, firewall->bridge, elements);
	char chain[CNI_NFT_NAME_SIZE];

	cni_firewall_name_chain(firewall->policy, firewall->bridge, chain);
	cni_nft_add_chain(tx, table, chain, "counts attachments");
	for (size_t i = 0; i < count; i++) {
		struct cni_nft_element element = {.key = elements[i].key};
		struct cni_nft_element there;
		int found = cni_nft_look_up(nl, table, elements[i].set, &element.key, &there, err);

		if (found < 0)
			return -1;
		if (!found)
			cni_nft_add_element(tx, table, elements[i].set, &element);
	}
	return 0;
}

/* The skeleton: forward, and eight sets. */
static int is_idle(struct cni_owned_removal *removal, bool *ret_idle, struct cni_error *err)
{
	return cni_owned_is_idle_by_use(removal, 9, ret_idle, err);
}

/* ---- the table ---- */

static const struct cni_owned_set sets[] = {
	{.set = {"members4", {CNI_NFT_IFNAME, CNI_NFT_IPV4}, {CNI_NFT_NONE}}},
	{.set = {"addresses4", {CNI_NFT_IFNAME, CNI_NFT_MARK}, {CNI_NFT_IFNAME, CNI_NFT_IPV4}},
	 .role = CNI_OWNED_BY_INDEX},
	{.set = {"members6", {CNI_NFT_IFNAME, CNI_NFT_IPV6}, {CNI_NFT_NONE}}},
	{.set = {"addresses6", {CNI_NFT_IFNAME, CNI_NFT_MARK}, {CNI_NFT_IFNAME, CNI_NFT_IPV6}},
	 .role = CNI_OWNED_BY_INDEX},
	{.set = {cni_firewall_policies, {CNI_NFT_IFNAME}, {CNI_NFT_VERDICT}},
	 .role = CNI_OWNED_BY_NAME},
	{.set = {cni_firewall_bridges, {CNI_NFT_IFNAME}, {CNI_NFT_NONE}}, .role = CNI_OWNED_SHARED},
	{.set = {cni_firewall_same, {CNI_NFT_IFNAME, CNI_NFT_IFNAME}, {CNI_NFT_NONE}},
	 .role = CNI_OWNED_SHARED},
	{.set = {cni_firewall_isolated, {CNI_NFT_IFNAME, CNI_NFT_IFNAME}, {CNI_NFT_NONE}},
	 .role = CNI_OWNED_SHARED},
	{.set = {NULL}},
};

static const struct cni_owned_chain chains[] = {{forward, 6, 0}, {NULL}};

const struct cni_owned_table cni_firewall_table = {
	.table = {NFPROTO_INET, "cni_firewall"},
	.sets = sets,
	.chains = chains,
	.put_chains = put_chains,
	.follow = follow,
	.is_prepared = is_prepared,
	.prepare = prepare,
	.release = cni_firewall_release,
	.is_idle = is_idle,
};
