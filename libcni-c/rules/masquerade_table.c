/* SPDX-License-Identifier: Apache-2.0 */
#include "masquerade_table.h"

#include "cleanup.h"
#include "hash.h"
#include "masquerade_leave.h"
#include "mem.h"
#include "nft_rule.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_masquerade_table.table;
static const char postrouting[] = "postrouting";

static const struct family {
	int number;
	const char *at;		 /* device . address : the network's chain */
	const char *anywhere;	 /* address : the network's chain */
	const char *attachments; /* owner's key . index : device . address */
	const char *multicast;
} families[2] = {
	{AF_INET, "masquerade_at4", "masquerade4", "attachments4", "224.0.0.0/4"},
	{AF_INET6, "masquerade_at6", "masquerade6", "attachments6", "ff00::/8"},
};

static const struct family *family_of(const struct cni_ip *ip)
{
	return &families[ip->family == AF_INET ? 0 : 1];
}

/* ---- elements ---- */

void cni_masquerade_name_chain(const char *network, const struct cni_net *net,
			       char chain[CNI_MASQUERADE_CHAIN_SIZE],
			       char comment[CNI_NFT_COMMENT_SIZE])
{
	struct cni_net masked = cni_net_masked(net);
	char digits[CNI_HASH_TEXT_SIZE];
	char prefix[CNI_NET_TEXT_SIZE];
	freeing char *text = cni_format("%s %s", network, cni_net_format(&masked, prefix));

	cni_hash_hex(text, strlen(text), digits);
	snprintf(chain, CNI_MASQUERADE_CHAIN_SIZE, "net-%.16s", digits);
	snprintf(comment, CNI_NFT_COMMENT_SIZE, "%.70s %s", network, prefix);
}

/* A value of `attachments`, and a key of `at`. */
static struct cni_nft_bytes place_of(const char *device, const struct cni_ip *ip)
{
	struct cni_nft_bytes place = cni_owned_name_key(device);

	cni_nft_bytes_add(&place, ip->bytes, cni_ip_size(ip));
	return place;
}

/* Without a device the address alone is the key. */
static void put_lead(const struct family *family, const struct cni_nft_bytes *place,
		     struct cni_nft_items *leads)
{
	struct cni_nft_element lead = {.key = *place};
	bool has_device = place->data[0] != '\0';

	if (!has_device) {
		lead.key = (struct cni_nft_bytes){.size = 0};
		cni_nft_bytes_add(&lead.key, place->data + CNI_IFNAME_SIZE,
				  place->size - CNI_IFNAME_SIZE);
	}
	cni_nft_items_put(leads, has_device ? family->at : family->anywhere, &lead);
}

static void follow(const char *set, const struct cni_nft_element *back, struct cni_nft_items *leads)
{
	for (size_t i = 0; i < 2; i++)
		if (!strcmp(set, families[i].attachments) && back->value.size > CNI_IFNAME_SIZE)
			put_lead(&families[i], &back->value, leads);
}

void cni_masquerade_put(struct cni_owned_wish *wish, const struct cni_masquerade *wanted)
{
	uint32_t indices[2] = {0, 0};

	for (size_t i = 0; i < wanted->count; i++) {
		const struct cni_net *net = &wanted->nets[i];
		const struct family *family = family_of(&net->ip);
		struct cni_nft_bytes place = place_of(wanted->device, &net->ip);
		struct cni_nft_bytes back =
			cni_owned_index_key(wish->owner->key, indices[family - families]++);
		clearing_items struct cni_nft_items leads = {0};
		char comment[CNI_NFT_COMMENT_SIZE];

		put_lead(family, &place, &leads);
		cni_masquerade_name_chain(
			wanted->owner->network, net,
			cni_owned_wish_put(wish, leads.items->set, &leads.items->element.key)->jump,
			comment);
		cni_owned_wish_put(wish, family->attachments, &back)->value = place;
	}
}

/* ---- the skeleton ---- */

static void put_chains(struct cni_nft_tx *tx)
{
	/* linux/netfilter_ipv4.h: NF_IP_PRI_NAT_SRC, nft's "srcnat". */
	cni_nft_add_base_chain(tx, table, postrouting, "nat", NF_INET_POST_ROUTING,
			       NF_IP_PRI_NAT_SRC);
	cni_nft_flush_chain(tx, table, postrouting);
	for (size_t i = 0; i < 2; i++) {
		/* meta nfproto ipv4 iifname . ip saddr vmap @masquerade_at4 */
		cni_nft_rule(tx, table, postrouting);
		cni_nft_family_is(tx, families[i].number);
		cni_nft_iifname_source_vmap(tx, families[i].number, families[i].at);
		cni_nft_rule_end(tx);
		/* meta nfproto ipv4 ip saddr vmap @masquerade4 */
		cni_nft_rule(tx, table, postrouting);
		cni_nft_family_is(tx, families[i].number);
		cni_nft_source_vmap(tx, families[i].number, families[i].anywhere);
		cni_nft_rule_end(tx);
	}
}

/* ---- the networks' chains ---- */

/* The wish has the names of the chains: each is a digest, made once. */
static bool is_prepared(struct cni_nl *nl, const struct cni_owned_wish *wish)
{
	const struct cni_masquerade *wanted = wish->data;
	struct cni_leave leave = {.network = NULL};
	struct cni_error ignored;

	for (size_t i = 0; i < wish->items.count; i++) {
		const char *chain = wish->items.items[i].element.jump;
		char target[CNI_NFT_NAME_SIZE];
		size_t rules;

		if (!*chain)
			continue;
		if (cni_leave_target(nl, chain, target, &rules, &ignored) < 0 ||
		    rules != CNI_MASQUERADE_NETWORK_RULES)
			return false;
		if (!*target && !wanted->destinations->count)
			continue;
		if (!leave.network &&
		    cni_leave_find(nl, wish->owner->network, &leave, &ignored) < 0)
			return false;
		if (strcmp(target, leave.chain) != 0 ||
		    !cni_leave_has(&leave, wanted->destinations))
			return false;
	}
	return true;
}

static void put_return(struct cni_nft_tx *tx, const char *chain, const struct cni_net *net)
{
	cni_nft_rule(tx, table, chain);
	cni_nft_family_is(tx, net->ip.family);
	cni_nft_destination_in(tx, net);
	cni_nft_verdict(tx, NFT_RETURN);
	cni_nft_rule_end(tx);
}

/* `leave`: the chain that masquerades; NULL: this one. */
static void put_network(struct cni_nft_tx *tx, const char *network, const struct cni_net *net,
			const char *leave)
{
	char chain[CNI_MASQUERADE_CHAIN_SIZE];
	char comment[CNI_NFT_COMMENT_SIZE];
	struct cni_net multicast;

	cni_masquerade_name_chain(network, net, chain, comment);
	cni_net_parse(family_of(&net->ip)->multicast, &multicast);
	cni_nft_add_chain(tx, table, chain, comment);
	cni_nft_flush_chain(tx, table, chain);
	/* ip daddr 10.88.0.0/16 return */
	put_return(tx, chain, net);
	/* ip daddr 224.0.0.0/4 return */
	put_return(tx, chain, &multicast);
	/* masquerade, or goto leave-2b1c… */
	cni_nft_rule(tx, table, chain);
	if (leave)
		cni_nft_goto(tx, leave);
	else
		cni_nft_masquerade(tx);
	cni_nft_rule_end(tx);
}

static int prepare(struct cni_nl *nl, struct cni_nft_tx *tx, const struct cni_owned_wish *wish,
		   struct cni_error *err)
{
	const struct cni_masquerade *wanted = wish->data;
	const char *network = wanted->owner->network;
	struct cni_leave leave;
	size_t others;
	bool leads;

	if (cni_leave_find(nl, network, &leave, err) < 0)
		return -1;
	leads = leave.is_there || wanted->destinations->count;
	if (leads && (wanted->rewrites || !cni_leave_has(&leave, wanted->destinations)))
		cni_leave_put(tx, &leave, wanted->destinations);
	if (leads && !leave.is_there && cni_leave_lead(nl, tx, &leave, wish, &others, err) < 0)
		return -1;
	for (size_t i = 0; i < wanted->count; i++)
		put_network(tx, network, &wanted->nets[i], leads ? leave.chain : NULL);
	return 0;
}

static uint32_t rules_of(const char *chain)
{
	(void)chain;
	return CNI_MASQUERADE_NETWORK_RULES;
}

/* The number of chains that go with the removal and lead to `leave`, and whether `chain` is the last. */
static int count_leading(const struct cni_owned_removal *removal, const char *leave,
			 const char *chain, uint32_t *ret_count, bool *ret_is_last,
			 struct cni_error *err)
{
	const struct cni_nft_items *doomed = removal->doomed;

	*ret_count = 0;
	for (size_t i = 0; i < doomed->count; i++) {
		const char *other = doomed->items[i].element.jump;
		char target[CNI_NFT_NAME_SIZE];
		enum cni_owned_fate fate;
		size_t rules;
		bool again = false;

		for (size_t j = 0; j < i; j++)
			again |= !strcmp(doomed->items[j].element.jump, other);
		if (!*other || again)
			continue;
		if (cni_leave_target(removal->nl, other, target, &rules, err) < 0 ||
		    cni_owned_fate_of(removal, other, (uint32_t)rules, &fate, err) < 0)
			return -1;
		if (fate != CNI_OWNED_GOES || strcmp(target, leave) != 0)
			continue;
		++*ret_count;
		*ret_is_last = !strcmp(other, chain);
	}
	return 0;
}

/* With the last chain that leads there. */
static int release_leave(struct cni_owned_removal *removal, const char *leave, const char *chain,
			 struct cni_error *err)
{
	bool is_last = false;
	uint32_t leading;
	uint32_t rules;
	uint32_t use;

	if (count_leading(removal, leave, chain, &leading, &is_last, err) < 0 ||
	    cni_nft_rule_count(removal->nl, table, leave, &rules, err) < 0 ||
	    cni_nft_chain_use(removal->nl, table, leave, &use, err) < 0)
		return -1;
	if (!is_last || use > rules + leading)
		return 0;
	return cni_leave_del(removal->nl, removal->tx, leave, &removal->released, err);
}

/* An ADD may lead there again: what it leaves without a use, DEL and GC of that network drop. */
static int release(struct cni_owned_removal *removal, const char *chain, struct cni_error *err)
{
	char target[CNI_NFT_NAME_SIZE];
	size_t rules;

	if (cni_leave_target(removal->nl, chain, target, &rules, err) < 0)
		return -1;
	cni_nft_del_chain(removal->tx, table, chain);
	removal->released++;
	return *target && !removal->next ? release_leave(removal, target, chain, err) : 0;
}

/* Postrouting and six maps. */
static int is_idle(struct cni_owned_removal *removal, bool *ret_idle, struct cni_error *err)
{
	return cni_owned_is_idle_by_use(removal, 7, ret_idle, err);
}

static const struct cni_owned_set sets[] = {
	{.set = {"masquerade_at4", {CNI_NFT_IFNAME, CNI_NFT_IPV4}, {CNI_NFT_VERDICT}}},
	{.set = {"masquerade4", {CNI_NFT_IPV4}, {CNI_NFT_VERDICT}}},
	{.set = {"attachments4", {CNI_NFT_IFNAME, CNI_NFT_MARK}, {CNI_NFT_IFNAME, CNI_NFT_IPV4}},
	 .role = CNI_OWNED_BY_INDEX},
	{.set = {"masquerade_at6", {CNI_NFT_IFNAME, CNI_NFT_IPV6}, {CNI_NFT_VERDICT}}},
	{.set = {"masquerade6", {CNI_NFT_IPV6}, {CNI_NFT_VERDICT}}},
	{.set = {"attachments6", {CNI_NFT_IFNAME, CNI_NFT_MARK}, {CNI_NFT_IFNAME, CNI_NFT_IPV6}},
	 .role = CNI_OWNED_BY_INDEX},
	{.set = {NULL}},
};

static const struct cni_owned_chain chains[] = {{postrouting, 4, 0}, {NULL}};

const struct cni_owned_table cni_masquerade_table = {
	.table = {NFPROTO_INET, "cni"},
	.sets = sets,
	.chains = chains,
	.put_chains = put_chains,
	.follow = follow,
	.is_prepared = is_prepared,
	.prepare = prepare,
	.rules_of = rules_of,
	.release = release,
	.is_idle = is_idle,
};
