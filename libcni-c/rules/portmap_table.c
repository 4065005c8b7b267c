/* SPDX-License-Identifier: Apache-2.0 */
#include "portmap_table.h"

#include "nft_rule.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>
#include <sys/socket.h>

static const struct cni_nft_table *const table = &cni_portmap_table.table;

const char cni_portmap_owners[] = "owners";
const char cni_portmap_localnets[] = "localnets";

static const char ports[] = "ports";
static const char prerouting[] = "prerouting";
static const char output[] = "output";
static const char postrouting[] = "postrouting";
static const char martians[] = "martians";

const struct cni_portmap_family cni_portmap_families[2] = {
	{AF_INET, "ports4", "ports_at4", "published4", "waiting4", "hairpins4", "localhosts4",
	 "masquerades4"},
	{AF_INET6, "ports6", "ports_at6", "published6", "waiting6", "hairpins6", NULL,
	 "masquerades6"},
};

/* ---- skeleton ---- */

static void begin_rule(struct cni_nft_tx *tx, const char *chain, int family)
{
	cni_nft_rule(tx, table, chain);
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
	/* After the rules of others at the usual priority, such as Services (CVE-2019-9946). */
	const int32_t after_dstnat = NF_IP_PRI_NAT_DST + 1;

	cni_nft_add_chain(tx, table, ports, "");
	cni_nft_add_base_chain(tx, table, prerouting, "nat", NF_INET_PRE_ROUTING, after_dstnat);
	cni_nft_add_base_chain(tx, table, output, "nat", NF_INET_LOCAL_OUT, after_dstnat);
	cni_nft_add_base_chain(tx, table, postrouting, "nat", NF_INET_POST_ROUTING,
			       NF_IP_PRI_NAT_SRC);
	cni_nft_add_base_chain(tx, table, martians, "filter", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW);
	for (const struct cni_owned_chain *chain = cni_portmap_table.chains; chain->name; chain++)
		cni_nft_flush_chain(tx, table, chain->name);
}

static void put_chains(struct cni_nft_tx *tx)
{
	static const char *const doors[] = {prerouting, output};
	struct cni_net loopback;

	cni_net_parse("127.0.0.0/8", &loopback);
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

/* ---- the table ---- */

static const char *waiting(const char *set)
{
	for (size_t i = 0; i < 2; i++) {
		const struct cni_portmap_family *family = &cni_portmap_families[i];
		const char *const waited_for[] = {family->ports, family->ports_at, family->hairpins,
						  family->masquerades, family->localhosts};

		for (size_t j = 0; j < sizeof(waited_for) / sizeof(*waited_for); j++)
			if (waited_for[j] && !strcmp(waited_for[j], set))
				return family->waiting;
	}
	return NULL;
}

static bool stays(const char *comment, const void *data)
{
	const struct cni_owned_goers *goers = data;

	return !goers->goes(comment, goers->data);
}

/* Idle if no other owner is left: one with ports, or with route_localnet alone. */
static int is_idle(struct cni_owned_removal *removal, bool *ret_idle, struct cni_error *err)
{
	const char *const of_owners[] = {cni_portmap_owners, cni_portmap_families[0].published,
					 cni_portmap_families[1].published};
	bool has = false;

	for (size_t i = 0; i < sizeof(of_owners) / sizeof(*of_owners) && !has; i++)
		if (cni_nft_has_other(table, of_owners[i], stays, removal->goers, &has, err) < 0)
			return -1;
	*ret_idle = !has;
	return 0;
}

static const struct cni_owned_set sets[] = {
	{.set = {"ports4",
		 {CNI_NFT_INET_PROTO, CNI_NFT_INET_SERVICE},
		 {CNI_NFT_IPV4, CNI_NFT_INET_SERVICE}}},
	{.set = {"ports_at4",
		 {CNI_NFT_IPV4, CNI_NFT_INET_PROTO, CNI_NFT_INET_SERVICE},
		 {CNI_NFT_IPV4, CNI_NFT_INET_SERVICE}}},
	{.set = {"published4",
		 {CNI_NFT_IFNAME, CNI_NFT_MARK},
		 {CNI_NFT_IPV4, CNI_NFT_INET_PROTO, CNI_NFT_INET_SERVICE, CNI_NFT_IPV4,
		  CNI_NFT_INET_SERVICE}},
	 .role = CNI_OWNED_BY_INDEX},
	{.set = {"waiting4", {CNI_NFT_IPV6, CNI_NFT_MARK}, {CNI_NFT_IPV4, CNI_NFT_INET_SERVICE}},
	 .role = CNI_OWNED_WAITING},
	{.set = {"hairpins4", {CNI_NFT_IPV4, CNI_NFT_IPV4}, {CNI_NFT_NONE}}},
	{.set = {"masquerades4", {CNI_NFT_IPV4}, {CNI_NFT_NONE}}},
	{.set = {"localhosts4", {CNI_NFT_IPV4}, {CNI_NFT_NONE}}},
	{.set = {"ports6",
		 {CNI_NFT_INET_PROTO, CNI_NFT_INET_SERVICE},
		 {CNI_NFT_IPV6, CNI_NFT_INET_SERVICE}}},
	{.set = {"ports_at6",
		 {CNI_NFT_IPV6, CNI_NFT_INET_PROTO, CNI_NFT_INET_SERVICE},
		 {CNI_NFT_IPV6, CNI_NFT_INET_SERVICE}}},
	{.set = {"published6",
		 {CNI_NFT_IFNAME, CNI_NFT_MARK},
		 {CNI_NFT_IPV6, CNI_NFT_INET_PROTO, CNI_NFT_INET_SERVICE, CNI_NFT_IPV6,
		  CNI_NFT_INET_SERVICE}},
	 .role = CNI_OWNED_BY_INDEX},
	{.set = {"waiting6", {CNI_NFT_IPV6, CNI_NFT_MARK}, {CNI_NFT_IPV6, CNI_NFT_INET_SERVICE}},
	 .role = CNI_OWNED_WAITING},
	{.set = {"hairpins6", {CNI_NFT_IPV6, CNI_NFT_IPV6}, {CNI_NFT_NONE}}},
	{.set = {"masquerades6", {CNI_NFT_IPV6}, {CNI_NFT_NONE}}},
	{.set = {cni_portmap_owners, {CNI_NFT_IFNAME}, {CNI_NFT_IFNAME}},
	 .role = CNI_OWNED_BY_NAME},
	{.set = {cni_portmap_localnets, {CNI_NFT_IFNAME}, {CNI_NFT_NONE}},
	 .role = CNI_OWNED_SHARED},
	{.set = {NULL}},
};

static const struct cni_owned_chain chains[] = {
	{ports, 4, 2},	     {prerouting, 2, 0}, {output, 1, 0},
	{postrouting, 5, 0}, {martians, 1, 0},	 {NULL},
};

const struct cni_owned_table cni_portmap_table = {
	.table = {NFPROTO_INET, "cni_portmap"},
	.sets = sets,
	.chains = chains,
	.links = cni_portmap_owners,
	.put_chains = put_chains,
	.follow = cni_portmap_follow,
	.waiting = waiting,
	.is_prepared = cni_portmap_has_localnet,
	.prepare = cni_portmap_put_localnet,
	.meet = cni_portmap_meet,
	.is_idle = is_idle,
	.close = cni_portmap_close,
};
