/* SPDX-License-Identifier: Apache-2.0 */
#include "portmap_table.h"

#include "nft_rule.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
#include <sys/socket.h>

const struct cni_nft_table cni_portmap_table = {NFPROTO_INET, "cni_portmap"};
const char cni_portmap_localnets[] = "localnets";

static const char ports[] = "ports";
static const char prerouting[] = "prerouting";
static const char output[] = "output";
static const char postrouting[] = "postrouting";
static const char martians[] = "martians";

const struct cni_portmap_chain cni_portmap_chains[] = {
	{ports, 4, 2},	     {prerouting, 2, 0}, {output, 1, 0},
	{postrouting, 5, 0}, {martians, 1, 0},	 {0},
};

const struct cni_portmap_family cni_portmap_families[2] = {
	{AF_INET, "ports4", "ports_at4", "published4", "hairpins4", "localhosts4", "masquerades4",
	 CNI_NFT_IPV4},
	{AF_INET6, "ports6", "ports_at6", "published6", "hairpins6", NULL, "masquerades6",
	 CNI_NFT_IPV6},
};

const struct cni_portmap_family *cni_portmap_family_of(const struct cni_ip *ip)
{
	return &cni_portmap_families[ip->family == AF_INET ? 0 : 1];
}

int cni_portmap_look_up(struct cni_nl *nl, const char *set, const struct cni_nft_bytes *key,
			struct cni_nft_element *ret_element, struct cni_error *err)
{
	if (cni_nft_get(nl, &cni_portmap_table, set, key, ret_element, err) == 0)
		return 1;
	return err->errnum == ENOENT ? 0 : -1;
}

/* ---- skeleton ---- */

static void add_sets(struct cni_nft_tx *tx, const struct cni_portmap_family *family)
{
	const enum cni_nft_type type = family->type;
	const struct cni_nft_set sets[] = {
		{family->ports,
		 {CNI_NFT_INET_PROTO, CNI_NFT_INET_SERVICE},
		 {type, CNI_NFT_INET_SERVICE}},
		{family->ports_at,
		 {type, CNI_NFT_INET_PROTO, CNI_NFT_INET_SERVICE},
		 {type, CNI_NFT_INET_SERVICE}},
		{family->published,
		 {CNI_NFT_IFNAME, CNI_NFT_MARK},
		 {type, CNI_NFT_INET_PROTO, CNI_NFT_INET_SERVICE}},
		{family->hairpins, {type, type}, {CNI_NFT_NONE}},
		{family->masquerades, {type}, {CNI_NFT_NONE}},
		{family->localhosts, {type}, {CNI_NFT_NONE}},
	};

	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		if (sets[i].name)
			cni_nft_add_set(tx, &cni_portmap_table, &sets[i]);
}

static void begin_rule(struct cni_nft_tx *tx, const char *chain, int family)
{
	cni_nft_rule(tx, &cni_portmap_table, chain);
	if (family)
		cni_nft_family_is(tx, family);
}

static void add_port_rules(struct cni_nft_tx *tx, const struct cni_portmap_family *family)
{
	/* dnat ip to ip daddr . meta l4proto . th dport map @ports_at4 */
	begin_rule(tx, ports, family->number);
	cni_nft_dnat_map(tx, family->number, true, family->ports_at);
	cni_nft_rule_end(tx);
	/* dnat ip to meta l4proto . th dport map @ports4 */
	begin_rule(tx, ports, family->number);
	cni_nft_dnat_map(tx, family->number, false, family->ports);
	cni_nft_rule_end(tx);
}

static void add_masquerade_rules(struct cni_nft_tx *tx, const struct cni_portmap_family *family,
				 const struct cni_net *loopback)
{
	/* ip saddr . ip daddr @hairpins4 masquerade */
	begin_rule(tx, postrouting, family->number);
	cni_nft_source_destination_in_set(tx, family->number, family->hairpins);
	cni_nft_masquerade(tx);
	cni_nft_rule_end(tx);
	if (family->localhosts) {
		/* ip saddr 127.0.0.0/8 ip daddr @localhosts4 masquerade */
		begin_rule(tx, postrouting, family->number);
		cni_nft_source_in(tx, loopback);
		cni_nft_destination_in_set(tx, family->number, family->localhosts);
		cni_nft_masquerade(tx);
		cni_nft_rule_end(tx);
	}
	/* ct status dnat ip daddr @masquerades4 masquerade */
	begin_rule(tx, postrouting, family->number);
	cni_nft_is_translated(tx);
	cni_nft_destination_in_set(tx, family->number, family->masquerades);
	cni_nft_masquerade(tx);
	cni_nft_rule_end(tx);
}

static void add_chains(struct cni_nft_tx *tx)
{
	/* Behind all that others do at the usual priority: Services go first (CVE-2019-9946). */
	const int32_t after_dstnat = NF_IP_PRI_NAT_DST + 1;

	cni_nft_add_chain(tx, &cni_portmap_table, ports, "");
	cni_nft_add_base_chain(tx, &cni_portmap_table, prerouting, "nat", NF_INET_PRE_ROUTING,
			       after_dstnat);
	cni_nft_add_base_chain(tx, &cni_portmap_table, output, "nat", NF_INET_LOCAL_OUT,
			       after_dstnat);
	cni_nft_add_base_chain(tx, &cni_portmap_table, postrouting, "nat", NF_INET_POST_ROUTING,
			       NF_IP_PRI_NAT_SRC);
	cni_nft_add_base_chain(tx, &cni_portmap_table, martians, "filter", NF_INET_PRE_ROUTING,
			       NF_IP_PRI_RAW);
	for (const struct cni_portmap_chain *chain = cni_portmap_chains; chain->name; chain++)
		cni_nft_flush_chain(tx, &cni_portmap_table, chain->name);
}

void cni_portmap_add_skeleton(struct cni_nft_tx *tx)
{
	static const struct cni_nft_set localnets = {
		cni_portmap_localnets, {CNI_NFT_IFNAME}, {CNI_NFT_NONE}};
	static const char *const doors[] = {prerouting, output};
	struct cni_net loopback;

	cni_net_parse("127.0.0.0/8", &loopback);
	cni_nft_add_table(tx, &cni_portmap_table);
	for (size_t i = 0; i < 2; i++)
		add_sets(tx, &cni_portmap_families[i]);
	cni_nft_add_set(tx, &cni_portmap_table, &localnets);
	add_chains(tx);
	/* ip daddr 127.0.0.0/8 return */
	begin_rule(tx, prerouting, AF_INET);
	cni_nft_destination_in(tx, &loopback);
	cni_nft_verdict(tx, NFT_RETURN);
	cni_nft_rule_end(tx);
	for (size_t i = 0; i < 2; i++) {
		/* fib daddr type local jump ports */
		begin_rule(tx, doors[i], 0);
		cni_nft_destination_is_local(tx);
		cni_nft_jump(tx, ports);
		cni_nft_rule_end(tx);
		add_port_rules(tx, &cni_portmap_families[i]);
		add_masquerade_rules(tx, &cni_portmap_families[i], &loopback);
	}
	/* iifname @localnets ip daddr 127.0.0.0/8 drop */
	begin_rule(tx, martians, AF_INET);
	cni_nft_iifname_in(tx, cni_portmap_localnets);
	cni_nft_destination_in(tx, &loopback);
	cni_nft_verdict(tx, NF_DROP);
	cni_nft_rule_end(tx);
}
