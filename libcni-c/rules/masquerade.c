/* SPDX-License-Identifier: Apache-2.0 */
#include "masquerade.h"

#include "cleanup.h"
#include "hash.h"
#include "kept_destinations.h"
#include "kernel.h"
#include "masquerade_leave.h"
#include "mem.h"
#include "nft_rule.h"

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_masquerade_table.table;

static const struct family {
	const char *at;		 /* device . address : the network's chain */
	const char *anywhere;	 /* address : the network's chain */
	const char *attachments; /* owner's key . index : device . address */
	const char *destination; /* of a packet, in a rule */
	const char *multicast;
} families[2] = {
	{"masquerade_at4", "masquerade4", "attachments4", "meta nfproto ipv4 ip daddr",
	 "224.0.0.0/4"},
	{"masquerade_at6", "masquerade6", "attachments6", "meta nfproto ipv6 ip6 daddr",
	 "ff00::/8"},
};

static const struct family *family_of(const struct cni_ip *ip)
{
	return &families[ip->family == AF_INET ? 0 : 1];
}

/* ---- elements ---- */

/* "net-" and a hash of the network's name and the prefix: the rules of a chain never change, so two
 * ADDs cannot disagree about them. `comment` names the network. */
#define CHAIN_SIZE 24
static void name_chain(const char *network, const struct cni_net *net, char chain[CHAIN_SIZE],
		       char comment[CNI_NFT_COMMENT_SIZE])
{
	struct cni_net masked = cni_net_masked(net);
	char digits[CNI_HASH_TEXT_SIZE];
	char prefix[CNI_NET_TEXT_SIZE];
	freeing char *text = cni_format("%s %s", network, cni_net_format(&masked, prefix));

	cni_hash_hex(text, strlen(text), digits);
	snprintf(chain, CHAIN_SIZE, "net-%.16s", digits);
	snprintf(comment, CNI_NFT_COMMENT_SIZE, "%.70s %s", network, prefix);
}

/* Set and key of the element at a place, device and address. Without a device the address alone is the key. */
static struct cni_nft_item lead_of(const struct family *family, const struct cni_nft_bytes *place)
{
	struct cni_nft_item lead = {family->at, {.key = *place}};

	if (*place->data)
		return lead;
	lead = (struct cni_nft_item){.set = family->anywhere};
	cni_nft_bytes_add(&lead.element.key, place->data + CNI_IFNAME_SIZE,
			  place->size - CNI_IFNAME_SIZE);
	return lead;
}

static void follow(const char *set, const struct cni_nft_element *back, struct cni_nft_items *leads)
{
	for (size_t i = 0; i < 2; i++)
		if (!strcmp(set, families[i].attachments) && back->value.size > CNI_IFNAME_SIZE) {
			const struct cni_nft_item lead = lead_of(&families[i], &back->value);

			cni_nft_items_put(leads, lead.set, &lead.element);
		}
}

static void put(struct cni_owned_wish *wish)
{
	const struct cni_masquerade *wanted = wish->data;

	for (size_t i = 0; i < wanted->count; i++) {
		const struct cni_net *net = &wanted->nets[i];
		const struct family *family = family_of(&net->ip);
		const struct cni_nft_bytes place = cni_owned_address_key(wanted->device, &net->ip);
		const struct cni_nft_item lead = lead_of(family, &place);
		char comment[CNI_NFT_COMMENT_SIZE];

		name_chain(wanted->owner->network, net,
			   cni_owned_put(wish, lead.set, &lead.element.key)->jump, comment);
		cni_owned_put_back(wish, family->attachments)->value = place;
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
		    rules != cni_masquerade_table.own_rules)
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

/* `leave`: the chain that masquerades; NULL: this one. */
static void put_network(struct cni_nft_tx *tx, const char *network, const struct cni_net *net,
			const char *leave)
{
	const struct family *family = family_of(&net->ip);
	char chain[CHAIN_SIZE];
	char comment[CNI_NFT_COMMENT_SIZE];
	char prefix[CNI_NET_TEXT_SIZE];

	name_chain(network, net, chain, comment);
	cni_nft_add_chain(tx, table, chain, comment);
	cni_nft_flush_chain(tx, table, chain);
	cni_nft_rule(tx, table, chain, "%s %s return", family->destination,
		     cni_net_format(net, prefix));
	cni_nft_rule(tx, table, chain, "%s %s return", family->destination, family->multicast);
	if (leave)
		cni_nft_rule(tx, table, chain, "goto %s", leave);
	else
		cni_nft_rule(tx, table, chain, "masquerade");
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

/* An ADD may lead to the same chain again: DEL and GC of the network drop one that an ADD leaves
 * without a use. */
static int release(struct cni_owned_change *change, const char *chain, struct cni_error *err)
{
	char target[CNI_NFT_NAME_SIZE];
	size_t rules;

	if (cni_leave_target(change->nl, chain, target, &rules, err) < 0)
		return -1;
	return *target && !change->wish ? cni_leave_release(change, target, err) : 0;
}

/* ---- the skeleton ---- */

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

static const char *const postrouting[] = {
	"meta nfproto ipv4 iifname . ip saddr vmap @masquerade_at4",
	"meta nfproto ipv4 ip saddr vmap @masquerade4",
	"meta nfproto ipv6 iifname . ip6 saddr vmap @masquerade_at6",
	"meta nfproto ipv6 ip6 saddr vmap @masquerade6",
	NULL,
};

static const struct cni_owned_chain chains[] = {
	/* linux/netfilter_ipv4.h: NF_IP_PRI_NAT_SRC, nft's "srcnat". */
	{"postrouting", "nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC, postrouting},
	{NULL},
};

const struct cni_owned_table cni_masquerade_table = {
	.table = {NFPROTO_INET, "cni"},
	.what = "masquerade",
	.sets = sets,
	.chains = chains,
	.own_rules = 3,
	.put = put,
	.follow = follow,
	.is_prepared = is_prepared,
	.prepare = prepare,
	.release = release,
};

/* ---- ADD ---- */

/* Postrouting knows the incoming interface since Linux 5.7 (ip_output() in
 * net/ipv4/ip_output.c). */
static struct cni_masquerade as_the_kernel_can(const struct cni_masquerade *wanted)
{
	struct cni_masquerade copy = *wanted;

	if (*copy.device && !cni_kernel_is_at_least(5, 7, true))
		copy.device = "";
	return copy;
}

/* Under the lock. */
static int make_all(struct cni_nl *nl, struct cni_masquerade *here,
		    const struct cni_destinations *kept, struct cni_error *err)
{
	const char *network = here->owner->network;
	clearing_wish struct cni_owned_wish wish = {0};
	struct cni_error ignored;
	bool has_any;

	if (!here->destinations)
		here->destinations = kept;
	wish = cni_owned_wish_make(&cni_masquerade_table, here->owner, here);
	if (cni_destinations_keep(network, here->destinations, err) < 0)
		return -1;
	if (cni_owned_make(nl, &wish, err) == 0)
		return 0;
	/* The rules may be made anyway, if only the answer got lost. */
	cni_destinations_keep(network, kept, &ignored);
	cni_masquerade_set_destinations(nl, network, kept, &has_any, &ignored);
	return -1;
}

static int make_locked(struct cni_nl *nl, struct cni_masquerade *here, struct cni_error *err)
{
	clearing_destinations struct cni_destinations kept = {.nets = NULL};
	struct cni_masquerade_change *change = here->change;
	closing int lock = -1;

	if (cni_destinations_lock(here->owner->network, CNI_LOCK_EXCLUSIVE, &lock, err) < 0 ||
	    cni_destinations_read(here->owner->network, &kept, err) < 0 ||
	    make_all(nl, here, &kept, err) < 0)
		return -1;
	if (!change || cni_destinations_equal(here->destinations, &kept))
		return 0;
	*change = (struct cni_masquerade_change){true, kept};
	kept = (struct cni_destinations){.nets = NULL};
	return 0;
}

/* The usual case, in which the network keeps its destinations: 1; another one: 0. */
static int add_quickly(struct cni_nl *nl, const struct cni_masquerade *wanted,
		       struct cni_error *err)
{
	clearing_destinations struct cni_destinations kept = {.nets = NULL};
	struct cni_masquerade here = *wanted;
	clearing_wish struct cni_owned_wish wish = {0};

	if (!here.destinations) {
		if (cni_destinations_read(here.owner->network, &kept, err) < 0)
			return -1;
		here.destinations = &kept;
	} else if (!cni_destinations_are_kept(here.owner->network, here.destinations)) {
		return 0;
	}
	wish = cni_owned_wish_make(&cni_masquerade_table, here.owner, &here);
	return cni_owned_add_quickly(nl, &wish, err);
}

int cni_masquerade_add(struct cni_nl *nl, const struct cni_masquerade *wanted,
		       struct cni_error *err)
{
	struct cni_masquerade here = as_the_kernel_can(wanted);
	int done = add_quickly(nl, &here, err);

	if (done)
		return done < 0 ? -1 : 0;
	return make_locked(nl, &here, err);
}

/* ---- CHECK ---- */

int cni_masquerade_check(struct cni_nl *nl, const struct cni_masquerade *wanted,
			 struct cni_error *err)
{
	struct cni_masquerade here = as_the_kernel_can(wanted);
	clearing_wish struct cni_owned_wish wish =
		cni_owned_wish_make(&cni_masquerade_table, here.owner, &here);

	if (cni_owned_check(nl, &wish, err) < 0)
		return -1;
	return cni_leave_check(nl, &wish, err);
}
