/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall.h"

#include "firewall_table.h"

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_firewall_table.table;

/* ---- elements ---- */

static void follow(const char *set, const struct cni_nft_element *back, struct cni_nft_items *leads)
{
	const struct cni_nft_element lead = {.key = back->value};

	if (!strcmp(set, "addresses4"))
		cni_nft_items_put(leads, "members4", &lead);
	if (!strcmp(set, "addresses6"))
		cni_nft_items_put(leads, "members6", &lead);
}

static void put(struct cni_owned_wish *wish)
{
	const struct cni_firewall *firewall = wish->data;

	cni_firewall_name_chain(firewall->policy, firewall->bridge,
				cni_owned_put_back(wish, "policies")->jump);
	for (size_t i = 0; i < firewall->count; i++) {
		const struct cni_ip *ip = &firewall->addresses[i];
		struct cni_nft_bytes member = cni_owned_address_key(firewall->device, ip);
		bool v4 = ip->family == AF_INET;

		cni_owned_put(wish, v4 ? "members4" : "members6", &member);
		cni_owned_put_back(wish, v4 ? "addresses4" : "addresses6")->value = member;
	}
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
	clearing_items struct cni_nft_items elements =
		cni_firewall_of_bridge(firewall->policy, firewall->bridge);
	char chain[CNI_NFT_NAME_SIZE];

	cni_firewall_name_chain(firewall->policy, firewall->bridge, chain);
	cni_nft_add_chain(tx, table, chain, "counts attachments");
	for (size_t i = 0; i < elements.count; i++)
		if (cni_owned_add_shared(nl, tx, table, &elements.items[i], err) < 0)
			return -1;
	return 0;
}

/* ---- the skeleton ---- */

static const struct cni_owned_set sets[] = {
	{.set = {"members4", {CNI_NFT_IFNAME, CNI_NFT_IPV4}, {CNI_NFT_NONE}}},
	{.set = {"addresses4", {CNI_NFT_IFNAME, CNI_NFT_MARK}, {CNI_NFT_IFNAME, CNI_NFT_IPV4}},
	 .role = CNI_OWNED_BY_INDEX},
	{.set = {"members6", {CNI_NFT_IFNAME, CNI_NFT_IPV6}, {CNI_NFT_NONE}}},
	{.set = {"addresses6", {CNI_NFT_IFNAME, CNI_NFT_MARK}, {CNI_NFT_IFNAME, CNI_NFT_IPV6}},
	 .role = CNI_OWNED_BY_INDEX},
	{.set = {"policies", {CNI_NFT_IFNAME}, {CNI_NFT_VERDICT}}, .role = CNI_OWNED_BY_NAME},
	{.set = {"bridges", {CNI_NFT_IFNAME}, {CNI_NFT_NONE}}, .role = CNI_OWNED_SHARED},
	{.set = {"same", {CNI_NFT_IFNAME, CNI_NFT_IFNAME}, {CNI_NFT_NONE}},
	 .role = CNI_OWNED_SHARED},
	{.set = {"isolated", {CNI_NFT_IFNAME, CNI_NFT_IFNAME}, {CNI_NFT_NONE}},
	 .role = CNI_OWNED_SHARED},
	{.set = {NULL}},
};

static const char *const forward[] = {
	"iifname . oifname @isolated drop",
	"iifname @bridges oifname @bridges iifname . oifname != @same drop",
	"ct state established,related meta nfproto ipv4 oifname . ip daddr @members4 accept",
	"meta nfproto ipv4 iifname . ip saddr @members4 accept",
	"ct state established,related meta nfproto ipv6 oifname . ip6 daddr @members6 accept",
	"meta nfproto ipv6 iifname . ip6 saddr @members6 accept",
	NULL,
};

static const struct cni_owned_chain chains[] = {
	{"forward", "filter", NF_INET_FORWARD, NF_IP_PRI_FILTER, forward},
	{NULL},
};

const struct cni_owned_table cni_firewall_table = {
	.table = {NFPROTO_INET, "cni_firewall"},
	.what = "firewall",
	.sets = sets,
	.chains = chains,
	.put = put,
	.follow = follow,
	.is_prepared = is_prepared,
	.prepare = prepare,
	.release = cni_firewall_release,
};

/* ---- the verbs ---- */

int cni_firewall_add(struct cni_nl *nl, const struct cni_firewall *firewall, struct cni_error *err)
{
	clearing_wish struct cni_owned_wish wish =
		cni_owned_wish_make(&cni_firewall_table, firewall->owner, firewall);

	return cni_owned_add(nl, &wish, err);
}

static int check_bridge(struct cni_nl *nl, const struct cni_firewall *firewall,
			struct cni_error *err)
{
	clearing_items struct cni_nft_items elements =
		cni_firewall_of_bridge(firewall->policy, firewall->bridge);

	for (size_t i = 0; i < elements.count; i++) {
		const struct cni_nft_item *item = &elements.items[i];
		struct cni_nft_element found;
		int there = cni_nft_look_up(nl, table, item->set, &item->element.key, &found, err);

		if (there < 0)
			return -1;
		if (!there)
			return cni_fail(err, CNI_EMISMATCH,
					"firewall: %s is not in '%s' of table 'inet %s', expected "
					"it there",
					firewall->bridge, item->set, table->name);
	}
	return 0;
}

int cni_firewall_check(struct cni_nl *nl, const struct cni_firewall *firewall,
		       struct cni_error *err)
{
	clearing_wish struct cni_owned_wish wish =
		cni_owned_wish_make(&cni_firewall_table, firewall->owner, firewall);

	return cni_owned_check(nl, &wish, err) < 0 ? -1 : check_bridge(nl, firewall, err);
}

int cni_firewall_exists(struct cni_nl *nl, const struct cni_owner *owner, bool *ret_exists,
			struct cni_error *err)
{
	struct cni_nft_bytes key = cni_owned_name_key(owner->key);
	struct cni_nft_element element;
	int found = cni_nft_look_up(nl, table, "policies", &key, &element, err);

	*ret_exists = found > 0;
	return found < 0 ? -1 : 0;
}

int cni_firewall_del(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err)
{
	return cni_owned_del(nl, &cni_firewall_table, owner, NULL, err);
}

int cni_firewall_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		    struct cni_error *err)
{
	return cni_owned_gc(nl, &cni_firewall_table, network, valid, NULL, err);
}
