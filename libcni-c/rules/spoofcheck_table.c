/* SPDX-License-Identifier: Apache-2.0 */
#include "spoofcheck_table.h"

#include "nft_rule.h"
#include "spoofcheck_sources.h"

#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <stdio.h>
#include <string.h>

const char cni_spoofcheck_guarded[] = "guarded";
const char cni_spoofcheck_allowed[] = "allowed";
const char cni_spoofcheck_sources4[] = "sources4";
const char cni_spoofcheck_sources6[] = "sources6";
static const char attachments[] = "attachments";
static const char given[] = "given";

static const char prerouting[] = "prerouting";
const char cni_spoofcheck_check_chain[] = "check";
const char cni_spoofcheck_sources_chain[] = "sources";
const char cni_spoofcheck_fragments_chain[] = "fragments";

static const struct cni_nft_table *const table = &cni_spoofcheck_table.table;

/* ---- elements ---- */

static struct cni_nft_bytes mac_key(const char *port, const uint8_t mac[CNI_MAC_SIZE])
{
	struct cni_nft_bytes key = cni_owned_name_key(port);

	cni_nft_bytes_add(&key, mac, CNI_MAC_SIZE);
	return key;
}

static struct cni_nft_bytes source_key(const char *port, const struct cni_ip *ip)
{
	struct cni_nft_bytes key = cni_owned_name_key(port);

	cni_nft_bytes_add(&key, ip->bytes, cni_ip_size(ip));
	return key;
}

static const char *sources_of(const struct cni_ip *ip)
{
	return ip->family == AF_INET ? cni_spoofcheck_sources4 : cni_spoofcheck_sources6;
}

/* `given` holds IPv4 addresses as IPv4-mapped ones (RFC 4291, section 2.5.5.2). */
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static struct cni_nft_bytes given_value(const struct cni_ip *ip)
{
	struct cni_nft_bytes value = {.size = 0};

	if (ip->family == AF_INET)
		cni_nft_bytes_add(&value, mapped, sizeof(mapped));
	cni_nft_bytes_add(&value, ip->bytes, cni_ip_size(ip));
	return value;
}

static struct cni_ip given_ip(const struct cni_nft_bytes *value)
{
	struct cni_ip ip = {.family = AF_INET6};

	if (!memcmp(value->data, mapped, sizeof(mapped))) {
		ip.family = AF_INET;
		memcpy(ip.bytes, value->data + sizeof(mapped), 4);
	} else {
		memcpy(ip.bytes, value->data, sizeof(ip.bytes));
	}
	return ip;
}

static void follow(const char *set, const struct cni_nft_element *back, struct cni_nft_items *leads)
{
	struct cni_nft_element lead = {.key = {.size = 0}};
	char port[CNI_IFNAME_SIZE] = "";

	memcpy(port, back->key.data, sizeof(port) - 1);
	if (!strcmp(set, attachments)) {
		lead.key = mac_key(port, back->value.data);
		cni_nft_items_put(leads, cni_spoofcheck_allowed, &lead);
	}
	if (!strcmp(set, given)) {
		struct cni_ip ip = given_ip(&back->value);

		lead.key = source_key(port, &ip);
		cni_nft_items_put(leads, sources_of(&ip), &lead);
	}
}

static void put_mac(struct cni_owned_wish *wish, const struct cni_spoofcheck *wanted)
{
	struct cni_nft_bytes name = cni_owned_name_key(wish->owner->key);
	struct cni_nft_bytes pair = mac_key(wish->owner->key, wanted->mac);
	struct cni_nft_element *element = cni_owned_wish_put(wish, cni_spoofcheck_guarded, &name);

	snprintf(element->jump, sizeof(element->jump), "%s",
		 wanted->by_address ? cni_spoofcheck_sources_chain : cni_spoofcheck_check_chain);
	element = cni_owned_wish_put(wish, attachments, &name);
	cni_nft_bytes_add(&element->value, wanted->mac, CNI_MAC_SIZE);
	/* A single field is not padded. */
	element->value.size = CNI_MAC_SIZE;
	cni_owned_wish_put(wish, cni_spoofcheck_allowed, &pair);
}

/* The address that the kernel makes of a MAC address (RFC 4291, appendix A). */
static struct cni_ip link_local(const uint8_t mac[CNI_MAC_SIZE])
{
	return (struct cni_ip){.family = AF_INET6,
			       .bytes = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2],
					 0xff, 0xfe, mac[3], mac[4], mac[5]}};
}

static void put_source(struct cni_owned_wish *wish, const struct cni_ip *ip, uint32_t index)
{
	struct cni_nft_bytes key = source_key(wish->owner->key, ip);
	struct cni_nft_bytes back = cni_owned_index_key(wish->owner->key, index);

	cni_owned_wish_put(wish, sources_of(ip), &key);
	cni_owned_wish_put(wish, given, &back)->value = given_value(ip);
}

/* The link-local address comes first: there is always an index 0. */
static void put_sources(struct cni_owned_wish *wish, const struct cni_spoofcheck *wanted)
{
	struct cni_ip own = link_local(wanted->mac);
	uint32_t index = 0;

	put_source(wish, &own, index++);
	for (size_t i = 0; i < wanted->count; i++) {
		const struct cni_ip *ip = &wanted->sources[i].ip;
		bool again = cni_ip_equal(ip, &own);

		/* An address may be given twice, with two prefixes. */
		for (size_t j = 0; j < i; j++)
			again |= cni_ip_equal(ip, &wanted->sources[j].ip);
		if (!again)
			put_source(wish, ip, index++);
	}
}

void cni_spoofcheck_put(struct cni_owned_wish *wish, const struct cni_spoofcheck *wanted)
{
	put_mac(wish, wanted);
	if (wanted->by_address)
		put_sources(wish, wanted);
}

/* ---- the skeleton ---- */

static void put_chains(struct cni_nft_tx *tx)
{
	cni_nft_add_chain(tx, table, cni_spoofcheck_check_chain, "");
	/* linux/netfilter_bridge.h: NF_BR_PRI_FILTER_BRIDGED, nft's "filter" in this family. */
	cni_nft_add_base_chain(tx, table, prerouting, "filter", NF_BR_PRE_ROUTING,
			       NF_BR_PRI_FILTER_BRIDGED);
	cni_nft_flush_chain(tx, table, cni_spoofcheck_check_chain);
	cni_nft_flush_chain(tx, table, prerouting);
	cni_spoofcheck_add_mac_rule(tx, cni_spoofcheck_check_chain);
	/* iifname vmap @guarded */
	cni_nft_rule(tx, table, prerouting);
	cni_nft_iifname_vmap(tx, cni_spoofcheck_guarded);
	cni_nft_rule_end(tx);
}

/* ---- shared by ports with IP addresses checked ---- */

static bool is_prepared(struct cni_nl *nl, const struct cni_owned_wish *wish)
{
	const struct cni_spoofcheck *wanted = wish->data;
	struct cni_error ignored;
	uint32_t use;

	return !wanted->by_address ||
	       cni_nft_chain_use(nl, table, cni_spoofcheck_sources_chain, &use, &ignored) == 0;
}

static int prepare(struct cni_nl *nl, struct cni_nft_tx *tx, const struct cni_owned_wish *wish,
		   struct cni_error *err)
{
	const struct cni_spoofcheck *wanted = wish->data;

	(void)nl;
	(void)err;
	if (!wanted->by_address)
		return 0;
	for (const struct cni_owned_set *set = cni_spoofcheck_table.sets; set->set.name; set++)
		if (set->optional)
			cni_nft_add_set(tx, table, &set->set);
	cni_nft_add_chain(tx, table, cni_spoofcheck_sources_chain, "");
	cni_nft_add_chain(tx, table, cni_spoofcheck_fragments_chain, "");
	cni_nft_flush_chain(tx, table, cni_spoofcheck_sources_chain);
	cni_nft_flush_chain(tx, table, cni_spoofcheck_fragments_chain);
	cni_spoofcheck_add_sources_rules(tx);
	return 0;
}

static uint32_t rules_of(const char *chain)
{
	return !strcmp(chain, cni_spoofcheck_sources_chain) ? CNI_SPOOFCHECK_SOURCES_RULES
							    : CNI_OWNED_STAYS_ALWAYS;
}

static int release(struct cni_owned_removal *removal, const char *chain, struct cni_error *err)
{
	(void)err;
	/* In this order: the first jumps to the second. */
	cni_nft_del_chain(removal->tx, table, chain);
	cni_nft_del_chain(removal->tx, table, cni_spoofcheck_fragments_chain);
	for (const struct cni_owned_set *set = cni_spoofcheck_table.sets; set->set.name; set++)
		if (set->optional)
			cni_nft_del_set(removal->tx, table, set->set.name);
	return 0;
}

/* Idle if no port jumps to either chain. */
static int is_idle(struct cni_owned_removal *removal, bool *ret_idle, struct cni_error *err)
{
	enum cni_owned_fate fate;

	if (cni_owned_fate_of(removal, cni_spoofcheck_check_chain, CNI_SPOOFCHECK_CHECK_RULES,
			      &fate, err) < 0)
		return -1;
	if (fate != CNI_OWNED_STAYS &&
	    cni_owned_fate_of(removal, cni_spoofcheck_sources_chain, CNI_SPOOFCHECK_SOURCES_RULES,
			      &fate, err) < 0)
		return -1;
	*ret_idle = fate != CNI_OWNED_STAYS;
	return 0;
}

/* ---- the table ---- */

static const struct cni_owned_set sets[] = {
	{.set = {cni_spoofcheck_guarded, {CNI_NFT_IFNAME}, {CNI_NFT_VERDICT}},
	 .role = CNI_OWNED_BY_NAME},
	{.set = {cni_spoofcheck_allowed, {CNI_NFT_IFNAME, CNI_NFT_ETHER}, {CNI_NFT_NONE}}},
	{.set = {attachments, {CNI_NFT_IFNAME}, {CNI_NFT_ETHER}}, .role = CNI_OWNED_BY_NAME},
	{.set = {cni_spoofcheck_sources4, {CNI_NFT_IFNAME, CNI_NFT_IPV4}, {CNI_NFT_NONE}},
	 .optional = true},
	{.set = {cni_spoofcheck_sources6, {CNI_NFT_IFNAME, CNI_NFT_IPV6}, {CNI_NFT_NONE}},
	 .optional = true},
	{.set = {given, {CNI_NFT_IFNAME, CNI_NFT_MARK}, {CNI_NFT_IPV6}},
	 .role = CNI_OWNED_BY_INDEX,
	 .optional = true},
	{.set = {NULL}},
};

static const struct cni_owned_chain chains[] = {{prerouting, 1, 0}, {NULL}};

const struct cni_owned_table cni_spoofcheck_table = {
	.table = {NFPROTO_BRIDGE, "cni"},
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
