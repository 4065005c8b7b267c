/* SPDX-License-Identifier: Apache-2.0 */
#include "questions.h"

#include "addr.h"
#include "cleanup.h"
#include "conntrack.h"
#include "link.h"
#include "link_settings.h"
#include "nft.h"
#include "qdisc.h"
#include "redirect.h"
#include "route.h"
#include "vlan.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <stdlib.h>
#include <string.h>

const char questions_scene[] =
	"set -e; ip link set lo up; ip link add br0 index 10 type bridge; "
	"ip link add port0 index 11 mtu 1400 address 02:11:22:33:44:55 type veth "
	"peer name end0 index 12; "
	"ip link set port0 alias blue/red/eth0 master br0 up; ip link set br0 up; "
	"ip link set end0 up; "
	"ip link set port0 type bridge_slave hairpin on isolated on || true; "
	"ip addr add 10.1.0.7/24 dev end0; ip addr add fd01::7/64 dev end0 nodad; "
	"ip route add 10.8.0.0/16 via 10.1.0.1 metric 5; "
	"ip route add 10.9.0.0/16 nexthop via 10.1.0.1 nexthop via 10.1.0.2; "
	"ip route add fd09::/64 nexthop via fd01::1 nexthop via fd01::2; "
	"ip route add 10.7.0.0/16 dev end0 table 77; "
	"tc qdisc add dev port0 root handle c41: tbf rate 40gbit burst 200k latency 25ms peakrate "
	"80gbit mtu 2000; "
	"tc qdisc add dev end0 root fq_codel || true; "
	"{ tc qdisc add dev port0 ingress && tc filter add dev port0 parent ffff: protocol all "
	"prio 1 u32 match u32 0 0 action mirred egress redirect dev end0; } || true; "
	"nft -f - <<END\n"
	"table inet mine {\n"
	"	map jumps { type ipv4_addr : verdict; }\n"
	"	map ports { type inet_proto . inet_service : ipv4_addr . inet_service; }\n"
	"	set names { type ifname; elements = { \"eth0\" comment \"blue/red/eth0\" } }\n"
	"	chain inner { counter accept comment \"inner\"; }\n"
	"	chain shared { ip saddr 10.1.0.7 jump inner comment \"blue/red/eth0\"; drop; }\n"
	"	chain base { type filter hook forward priority 5; policy drop; jump shared; }\n"
	"}\n"
	"add element inet mine jumps { 10.1.0.7 comment \"blue/red/eth0\" : jump inner }\n"
	"add element inet mine jumps { 10.1.0.8 comment \"blue/green/eth0\" : goto shared }\n"
	"add element inet mine ports { tcp . 8080 : 10.1.0.7 . 80 }\n"
	"END\n"
	"iptables-nft -A FORWARD -s 10.1.0.7 -m comment --comment blue/red/eth0 -j ACCEPT || true; "
	"conntrack -I -p udp -s 203.0.113.9 -d 192.0.2.1 --sport 1000 --dport 53 -t 3600 -u "
	"SEEN_REPLY "
	">/dev/null 2>&1 || true; "
	"conntrack -I -p udp -s 203.0.113.9 -d 192.0.2.1 --sport 1000 --dport 5353 -t 3600 "
	"-u SEEN_REPLY >/dev/null 2>&1 || true; "
	"conntrack -I -p tcp -s 203.0.113.9 -d 192.0.2.1 --sport 1000 --dport 53 -t 3600 "
	"--state ESTABLISHED -u SEEN_REPLY >/dev/null 2>&1 || true; "
	"conntrack -I -p udp -s 2001:db8::9 -d 2001:db8::1 --sport 1000 --dport 53 -t 3600 "
	"-u SEEN_REPLY >/dev/null 2>&1 || true";

static struct cni_ip ip(const char *text)
{
	struct cni_ip parsed = {0};

	if (cni_ip_parse(text, &parsed) < 0)
		abort();
	return parsed;
}

static struct cni_net net(const char *text)
{
	struct cni_net parsed = {.prefix = 0};

	if (cni_net_parse(text, &parsed) < 0)
		abort();
	return parsed;
}

/* ---- rtnetlink ---- */

/* Reads all of it: what is not terminated is for the sanitizers. */
static int see(const struct cni_link *link, void *data, struct cni_error *err)
{
	(void)data;
	(void)err;
	if (strlen(link->name) >= sizeof(link->name) || strlen(link->kind) >= sizeof(link->kind) ||
	    strlen(link->alias) >= sizeof(link->alias))
		abort();
	return 0;
}

static int link_by_name(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_link link;

	return cni_link_get(nl, QUESTIONS_PORT, &link, err) < 0 ? -1 : see(&link, NULL, err);
}

static int link_by_index(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_link link;

	return cni_link_get_by_index(nl, QUESTIONS_BRIDGE_INDEX, &link, err) < 0
		       ? -1
		       : see(&link, NULL, err);
}

static int missing_link(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_link link;

	return cni_link_get(nl, "none", &link, err);
}

static int links(struct cni_nl *nl, struct cni_error *err)
{
	return cni_link_each(nl, NULL, see, NULL, NULL, err);
}

static int links_of_a_kind(struct cni_nl *nl, struct cni_error *err)
{
	return cni_link_each(nl, "veth", see, NULL, NULL, err);
}

static int settings(struct cni_nl *nl, struct cni_error *err)
{
	char text[CNI_LINK_SETTING_TEXT_SIZE];
	struct cni_link_settings found;
	int index;

	if (cni_link_settings_get(nl, QUESTIONS_PORT, &index, &found, err) < 0)
		return -1;
	for (enum cni_link_setting s = 0; s < CNI_LINK_SETTING_COUNT; s++)
		cni_link_setting_format(&found, s, text);
	return 0;
}

static int change(struct cni_nl *nl, struct cni_error *err)
{
	return cni_link_change(nl, QUESTIONS_PORT_INDEX, &(struct cni_link_change){.mtu = 1300},
			       err);
}

static int refused_change(struct cni_nl *nl, struct cni_error *err)
{
	return cni_link_change(nl, QUESTIONS_PORT_INDEX, &(struct cni_link_change){.mtu = 100000},
			       err);
}

static int addresses(struct cni_nl *nl, struct cni_error *err)
{
	freeing struct cni_net *nets = NULL;
	char text[CNI_NET_TEXT_SIZE];
	size_t count = 0;

	if (cni_addr_list(nl, QUESTIONS_END_INDEX, &nets, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!*cni_net_format(&nets[i], text))
			abort();
	return 0;
}

static int detection(struct cni_nl *nl, struct cni_error *err)
{
	return cni_addr_wait_settled(nl, -1, QUESTIONS_END_INDEX, 0, err);
}

static int route(struct cni_nl *nl, const char *dst, const char *gw, struct cni_error *err)
{
	struct cni_route wanted = {.dst = net(dst), .gw = ip(gw), .priority = 5};
	bool exists;

	return cni_route_exists(nl, 0, &wanted, true, &exists, err);
}

static int route4(struct cni_nl *nl, struct cni_error *err)
{
	return route(nl, "10.9.0.0/16", "10.1.0.2", err);
}

static int route6(struct cni_nl *nl, struct cni_error *err)
{
	return route(nl, "fd09::/64", "fd01::2", err);
}

static int way(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_ip to = ip("10.9.0.1");
	struct cni_route_way found;

	return cni_route_get(nl, &to, &found, err);
}

static int vlans(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_vlan_port found;

	return cni_vlan_get(nl, QUESTIONS_PORT_INDEX, &found, err);
}

static int tbf(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_qdisc found;

	return cni_qdisc_get(nl, QUESTIONS_PORT_INDEX, TC_H_ROOT, &found, err);
}

static int fq_codel(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_qdisc found;

	return cni_qdisc_get(nl, QUESTIONS_END_INDEX, TC_H_ROOT, &found, err);
}

static int redirect(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_redirect found;

	return cni_redirect_get(nl, QUESTIONS_PORT_INDEX, &found, err);
}

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct question rtnetlink_items[] = {
	{"link-by-name", link_by_name},
	{"link-by-index", link_by_index},
	{"missing-link", missing_link},
	{"links", links},
	{"links-of-a-kind", links_of_a_kind},
	{"settings", settings},
	{"change", change},
	{"refused-change", refused_change},
	{"addresses", addresses},
	{"detection", detection},
	{"route4", route4},
	{"route6", route6},
	{"way", way},
	{"vlans", vlans},
	{"tbf", tbf},
	{"fq-codel", fq_codel},
	{"redirect", redirect},
};
const struct questions rtnetlink_questions = {"rtnetlink", NETLINK_ROUTE, rtnetlink_items,
					      COUNT(rtnetlink_items)};

/* ---- nf_tables ---- */

static const struct cni_nft_table mine = {NFPROTO_INET, "mine"};
static const struct cni_nft_table filter = {NFPROTO_IPV4, "filter"};

static int generation(struct cni_nl *nl, struct cni_error *err)
{
	uint32_t found;

	return cni_nft_generation(nl, &found, err);
}

static int table_use(struct cni_nl *nl, struct cni_error *err)
{
	uint32_t found;

	return cni_nft_table_use(nl, &mine, &found, err);
}

static int chain_use(struct cni_nl *nl, struct cni_error *err)
{
	uint32_t found;

	return cni_nft_chain_use(nl, &mine, "shared", &found, err);
}

static int missing_chain(struct cni_nl *nl, struct cni_error *err)
{
	uint32_t found;

	return cni_nft_chain_use(nl, &mine, "none", &found, err);
}

static int policy(struct cni_nl *nl, struct cni_error *err)
{
	uint32_t found;

	return cni_nft_chain_policy(nl, &mine, "base", &found, err);
}

static int rule_count(struct cni_nl *nl, struct cni_error *err)
{
	uint32_t found;

	return cni_nft_rule_count(nl, &mine, "shared", &found, err);
}

static int rules_of(struct cni_nl *nl, const struct cni_nft_table *table, const char *chain,
		    struct cni_error *err)
{
	freeing struct cni_nft_rule_info *found = NULL;
	size_t count = 0;

	if (cni_nft_rules(nl, table, chain, &found, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (strlen(found[i].jump) >= sizeof(found[i].jump) ||
		    strlen(found[i].comment) >= sizeof(found[i].comment))
			abort();
	return 0;
}

static int rules(struct cni_nl *nl, struct cni_error *err)
{
	return rules_of(nl, &mine, "shared", err);
}

static int rules_of_iptables(struct cni_nl *nl, struct cni_error *err)
{
	return rules_of(nl, &filter, "FORWARD", err);
}

static void see_element(const struct cni_nft_element *element)
{
	if (element->key.size > sizeof(element->key.data) ||
	    element->value.size > sizeof(element->value.data) ||
	    strlen(element->jump) >= sizeof(element->jump) ||
	    strlen(element->comment) >= sizeof(element->comment))
		abort();
}

static int element(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_ip address = ip("10.1.0.7");
	struct cni_nft_bytes key = cni_nft_ip(&address);
	struct cni_nft_element found = {.key = {.size = 0}};

	if (cni_nft_get(nl, &mine, "jumps", &key, &found, err) < 0)
		return -1;
	see_element(&found);
	return 0;
}

static int elements_of(struct cni_nl *nl, const char *set, struct cni_error *err)
{
	freeing struct cni_nft_element *found = NULL;
	size_t count = 0;

	if (cni_nft_list(nl, &mine, set, &found, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		see_element(&found[i]);
	return 0;
}

static int jumps(struct cni_nl *nl, struct cni_error *err)
{
	return elements_of(nl, "jumps", err);
}

static int ports(struct cni_nl *nl, struct cni_error *err)
{
	return elements_of(nl, "ports", err);
}

static int names(struct cni_nl *nl, struct cni_error *err)
{
	return elements_of(nl, "names", err);
}

static int others(struct cni_nl *nl, struct cni_error *err)
{
	bool found;

	(void)nl;
	return cni_nft_has_others(&mine, "jumps", "blue/red/eth0", &found, err);
}

static int transaction(struct cni_nl *nl, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, 0);

	cni_nft_add_table(tx, &mine);
	cni_nft_add_chain(tx, &mine, "late", "blue");
	return cni_nft_commit(tx, err);
}

static int refused_transaction(struct cni_nl *nl, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, 0);

	cni_nft_add_chain(tx, &mine, "later", "blue");
	cni_nft_del_chain(tx, &mine, "none");
	cni_nft_del_set(tx, &mine, "none");
	return cni_nft_commit(tx, err);
}

static const struct question nftables_items[] = {
	{"generation", generation},
	{"table-use", table_use},
	{"chain-use", chain_use},
	{"missing-chain", missing_chain},
	{"policy", policy},
	{"rule-count", rule_count},
	{"rules", rules},
	{"rules-of-iptables", rules_of_iptables},
	{"element", element},
	{"jumps", jumps},
	{"ports", ports},
	{"names", names},
	{"others", others},
	{"transaction", transaction},
	{"refused-transaction", refused_transaction},
};
const struct questions nftables_questions = {"nftables", NETLINK_NETFILTER, nftables_items,
					     COUNT(nftables_items)};

/* ---- conntrack ---- */

/* Half of the host's addresses. */
static bool is_local(const struct cni_ip *address, void *data)
{
	(void)data;
	return address->bytes[cni_ip_size(address) - 1] & 1;
}

static int forget(struct cni_nl *nl, uint8_t family, const char *address, struct cni_error *err)
{
	struct cni_conntrack_target targets[] = {
		{.port = 53}, {.port = 53, .address = ip(address)}, {.port = 54}};

	return cni_conntrack_forget(nl, family, IPPROTO_UDP, targets, COUNT(targets), is_local,
				    NULL, err);
}

static int flows4(struct cni_nl *nl, struct cni_error *err)
{
	return forget(nl, AF_INET, "192.0.2.1", err);
}

static int flows6(struct cni_nl *nl, struct cni_error *err)
{
	return forget(nl, AF_INET6, "2001:db8::1", err);
}

static int flows_of_one_port(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_conntrack_target target = {.port = 5353};

	return cni_conntrack_forget(nl, AF_INET, IPPROTO_UDP, &target, 1, is_local, NULL, err);
}

static const struct question conntrack_items[] = {
	{"flows4", flows4},
	{"flows6", flows6},
	{"flows-of-one-port", flows_of_one_port},
};
const struct questions conntrack_questions = {"conntrack", NETLINK_NETFILTER, conntrack_items,
					      COUNT(conntrack_items)};
