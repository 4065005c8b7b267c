/* SPDX-License-Identifier: Apache-2.0 */
/* The spoof check's table: names, keys, and what is there before any port is. */
#include "spoofcheck_table.h"

#include "nft_rule.h"
#include "spoofcheck_sources.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <string.h>

const struct cni_nft_table cni_spoofcheck_table = {NFPROTO_BRIDGE, "cni"};

const char cni_spoofcheck_guarded[] = "guarded";
const char cni_spoofcheck_allowed[] = "allowed";
const char cni_spoofcheck_attachments[] = "attachments";
const char cni_spoofcheck_sources4[] = "sources4";
const char cni_spoofcheck_sources6[] = "sources6";
const char cni_spoofcheck_given[] = "given";

const char cni_spoofcheck_prerouting[] = "prerouting";
const char cni_spoofcheck_check_chain[] = "check";
const char cni_spoofcheck_sources_chain[] = "sources";
const char cni_spoofcheck_fragments_chain[] = "fragments";

static const struct cni_nft_table *const table = &cni_spoofcheck_table;

/* linux/netfilter_bridge.h: NF_BR_PRI_FILTER_BRIDGED, nft's "filter" in this family. */
#define PRIORITY NF_BR_PRI_FILTER_BRIDGED

/* ---- keys ---- */

struct cni_nft_bytes cni_spoofcheck_key(const char *port)
{
	struct cni_nft_bytes key = {.size = 0};

	cni_nft_bytes_add_ifname(&key, port);
	return key;
}

struct cni_nft_bytes cni_spoofcheck_mac_key(const char *port, const uint8_t mac[CNI_MAC_SIZE])
{
	struct cni_nft_bytes key = cni_spoofcheck_key(port);

	cni_nft_bytes_add(&key, mac, CNI_MAC_SIZE);
	return key;
}

struct cni_nft_bytes cni_spoofcheck_source_key(const char *port, const struct cni_ip *ip)
{
	struct cni_nft_bytes key = cni_spoofcheck_key(port);

	cni_nft_bytes_add(&key, ip->bytes, cni_ip_size(ip));
	return key;
}

struct cni_nft_bytes cni_spoofcheck_given_key(const char *port, uint32_t index)
{
	struct cni_nft_bytes key = cni_spoofcheck_key(port);

	cni_nft_bytes_add(&key, &index, sizeof(index));
	return key;
}

const char *cni_spoofcheck_set_of(const struct cni_ip *ip)
{
	return ip->family == AF_INET ? cni_spoofcheck_sources4 : cni_spoofcheck_sources6;
}

int cni_spoofcheck_look_up(struct cni_nl *nl, const char *set, const struct cni_nft_bytes *key,
			   struct cni_nft_element *ret_element, struct cni_error *err)
{
	if (cni_nft_get(nl, table, set, key, ret_element, err) == 0)
		return 1;
	return err->errnum == ENOENT ? 0 : -1;
}

/* ---- what is shared ---- */

static void add_sets(struct cni_nft_tx *tx, const struct cni_nft_set *sets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cni_nft_add_set(tx, table, &sets[i]);
}

void cni_spoofcheck_add_skeleton(struct cni_nft_tx *tx)
{
	static const struct cni_nft_set sets[] = {
		{cni_spoofcheck_guarded, {CNI_NFT_IFNAME}, {CNI_NFT_VERDICT}},
		{cni_spoofcheck_allowed, {CNI_NFT_IFNAME, CNI_NFT_ETHER}, {CNI_NFT_NONE}},
		{cni_spoofcheck_attachments, {CNI_NFT_IFNAME}, {CNI_NFT_ETHER}},
	};

	cni_nft_add_table(tx, table);
	add_sets(tx, sets, sizeof(sets) / sizeof(*sets));
	cni_nft_add_chain(tx, table, cni_spoofcheck_check_chain, "");
	cni_nft_add_base_chain(tx, table, cni_spoofcheck_prerouting, "filter", NF_BR_PRE_ROUTING,
			       PRIORITY);
	cni_nft_flush_chain(tx, table, cni_spoofcheck_check_chain);
	cni_nft_flush_chain(tx, table, cni_spoofcheck_prerouting);
	cni_spoofcheck_add_mac_rule(tx, cni_spoofcheck_check_chain);
	/* iifname vmap @guarded */
	cni_nft_rule(tx, table, cni_spoofcheck_prerouting);
	cni_nft_iifname_vmap(tx, cni_spoofcheck_guarded);
	cni_nft_rule_end(tx);
}

void cni_spoofcheck_add_sources_skeleton(struct cni_nft_tx *tx)
{
	static const struct cni_nft_set sets[] = {
		{cni_spoofcheck_sources4, {CNI_NFT_IFNAME, CNI_NFT_IPV4}, {CNI_NFT_NONE}},
		{cni_spoofcheck_sources6, {CNI_NFT_IFNAME, CNI_NFT_IPV6}, {CNI_NFT_NONE}},
		{cni_spoofcheck_given, {CNI_NFT_IFNAME, CNI_NFT_MARK}, {CNI_NFT_IPV6}},
	};

	add_sets(tx, sets, sizeof(sets) / sizeof(*sets));
	cni_nft_add_chain(tx, table, cni_spoofcheck_sources_chain, "");
	cni_nft_add_chain(tx, table, cni_spoofcheck_fragments_chain, "");
	cni_nft_flush_chain(tx, table, cni_spoofcheck_sources_chain);
	cni_nft_flush_chain(tx, table, cni_spoofcheck_fragments_chain);
	cni_spoofcheck_add_sources_rules(tx);
}

void cni_spoofcheck_del_sources_skeleton(struct cni_nft_tx *tx)
{
	/* The first jumps to the second. */
	cni_nft_del_chain(tx, table, cni_spoofcheck_sources_chain);
	cni_nft_del_chain(tx, table, cni_spoofcheck_fragments_chain);
	cni_nft_del_set(tx, table, cni_spoofcheck_sources4);
	cni_nft_del_set(tx, table, cni_spoofcheck_sources6);
	cni_nft_del_set(tx, table, cni_spoofcheck_given);
}
