/* SPDX-License-Identifier: Apache-2.0 */
#include "portmap.h"

#include "cleanup.h"
#include "link.h"
#include "portmap_table.h"

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <stdlib.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_portmap_table.table;

/* ---- ports of others ---- */

/* `*ret_gone` becomes true if no link has the name of the attachment's link or, after a rename, its
 * alias; false if the attachment has no link on the host. */
static int is_gone(struct cni_nl *nl, const char *text, bool *ret_gone, struct cni_error *err)
{
	const struct cni_owner owner = cni_owner_of_text(text);
	struct cni_nft_bytes key = cni_owned_name_key(owner.key);
	char link[CNI_IFNAME_SIZE] = "";
	struct cni_nft_element back;
	bool exists = true;
	int found = cni_nft_look_up(nl, table, "owners", &key, &back, err);

	*ret_gone = false;
	if (found < 0)
		return -1;
	if (!found || !back.value.data[0])
		return 0;
	memcpy(link, back.value.data, sizeof(link) - 1);
	if (cni_link_exists(link, text, &exists, err) < 0)
		return -1;
	*ret_gone = !exists;
	return 0;
}

static bool same_container(const char *a, const char *b)
{
	freeing char *one = cni_owner_text_container(a);
	freeing char *other = cni_owner_text_container(b);

	return !strcmp(one, other);
}

/* Names the port as in the wish, and the container's address that it leads to now. */
static int refuse(const struct cni_owned_wish *wish, const struct cni_nft_item *item,
		  const struct cni_nft_element *there, struct cni_error *err)
{
	const struct cni_port_mapping *mapping = cni_portmap_mapping_at(wish->data, item);
	struct cni_ip target = cni_portmap_target(&there->value);
	char port[CNI_PORT_TEXT_SIZE];
	char ip[CNI_IP_TEXT_SIZE];

	return cni_fail(err, CNI_ETAKEN, "port %s is already published by '%s', for %s",
			cni_port_mapping_format(mapping, port), there->comment,
			cni_ip_format(&target, ip));
}

/* Two attachments may share an address with translated sources. */
static int meet(struct cni_nl *nl, const struct cni_owned_wish *wish,
		const struct cni_nft_item *item, const struct cni_nft_element *there,
		enum cni_owned_answer *ret_answer, struct cni_error *err)
{
	bool is_port = item->element.value.size != 0;
	clearing_items struct cni_nft_items list = {0};
	bool gone;

	if (is_gone(nl, there->comment, &gone, err) < 0)
		return -1;
	*ret_answer = gone ? CNI_OWNED_TAKE_OVER : CNI_OWNED_WAIT;
	if (!is_port)
		return 0;
	if (!gone && !same_container(there->comment, wish->owner->text))
		return refuse(wish, item, there, err);
	if (cni_owned_list_waiting(nl, wish->table, item, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		const struct cni_nft_element *next = &list.items[i].element;

		if (same_container(next->comment, wish->owner->text))
			continue;
		if (is_gone(nl, next->comment, &gone, err) < 0)
			return -1;
		if (!gone)
			return refuse(wish, item, next, err);
	}
	return 0;
}

/* ---- the skeleton ---- */

static bool stays(const char *comment, const void *change)
{
	return !cni_owned_goes(change, comment);
}

/* Idle if no other owner is left: one with ports, or with route_localnet alone. */
static int is_idle(struct cni_owned_change *change, bool *ret_idle, struct cni_error *err)
{
	bool has = false;

	for (const struct cni_owned_set *set = cni_portmap_table.sets; set->set.name && !has; set++)
		if (cni_owned_is_back(set) &&
		    cni_nft_has_other(table, set->set.name, stays, change, &has, err) < 0)
			return -1;
	*ret_idle = !has;
	return 0;
}

#define PORT CNI_NFT_INET_PROTO, CNI_NFT_INET_SERVICE
#define AT4  CNI_NFT_IPV4, CNI_NFT_INET_SERVICE
#define AT6  CNI_NFT_IPV6, CNI_NFT_INET_SERVICE
static const struct cni_owned_set sets[] = {
	{.set = {"ports4", {PORT}, {AT4}}, .waiting = "waiting4"},
	{.set = {"ports_at4", {CNI_NFT_IPV4, PORT}, {AT4}}, .waiting = "waiting4"},
	{.set = {"published4", {CNI_NFT_IFNAME, CNI_NFT_MARK}, {CNI_NFT_IPV4, PORT, AT4}},
	 .role = CNI_OWNED_BY_INDEX},
	{.set = {"waiting4", {CNI_NFT_IPV6, CNI_NFT_MARK}, {AT4}}, .role = CNI_OWNED_WAITING},
	{.set = {"hairpins4", {CNI_NFT_IPV4, CNI_NFT_IPV4}, {CNI_NFT_NONE}}, .waiting = "waiting4"},
	{.set = {"masquerades4", {CNI_NFT_IPV4}, {CNI_NFT_NONE}}, .waiting = "waiting4"},
	{.set = {"localhosts4", {CNI_NFT_IPV4}, {CNI_NFT_NONE}}, .waiting = "waiting4"},
	{.set = {"ports6", {PORT}, {AT6}}, .waiting = "waiting6"},
	{.set = {"ports_at6", {CNI_NFT_IPV6, PORT}, {AT6}}, .waiting = "waiting6"},
	{.set = {"published6", {CNI_NFT_IFNAME, CNI_NFT_MARK}, {CNI_NFT_IPV6, PORT, AT6}},
	 .role = CNI_OWNED_BY_INDEX},
	{.set = {"waiting6", {CNI_NFT_IPV6, CNI_NFT_MARK}, {AT6}}, .role = CNI_OWNED_WAITING},
	{.set = {"hairpins6", {CNI_NFT_IPV6, CNI_NFT_IPV6}, {CNI_NFT_NONE}}, .waiting = "waiting6"},
	{.set = {"masquerades6", {CNI_NFT_IPV6}, {CNI_NFT_NONE}}, .waiting = "waiting6"},
	{.set = {"owners", {CNI_NFT_IFNAME}, {CNI_NFT_IFNAME}}, .role = CNI_OWNED_BY_NAME},
	{.set = {"localnets", {CNI_NFT_IFNAME}, {CNI_NFT_NONE}}, .role = CNI_OWNED_SHARED},
	{.set = {NULL}},
};

#define IP4	 "meta nfproto ipv4 "
#define IP6	 "meta nfproto ipv6 "
#define TO_LOCAL "fib daddr type local jump ports"

static const char *const ports[] = {
	IP4 "dnat ip to ip daddr . meta l4proto . th dport map @ports_at4",
	IP4 "dnat ip to meta l4proto . th dport map @ports4",
	IP6 "dnat ip6 to ip6 daddr . meta l4proto . th dport map @ports_at6",
	IP6 "dnat ip6 to meta l4proto . th dport map @ports6",
	NULL,
};
static const char *const prerouting[] = {IP4 "ip daddr 127.0.0.0/8 return", TO_LOCAL, NULL};
static const char *const output[] = {TO_LOCAL, NULL};
static const char *const postrouting[] = {
	IP4 "ip saddr . ip daddr @hairpins4 masquerade",
	IP4 "ip saddr 127.0.0.0/8 ip daddr @localhosts4 masquerade",
	IP4 "ct status dnat ip daddr @masquerades4 masquerade",
	IP6 "ip6 saddr . ip6 daddr @hairpins6 masquerade",
	IP6 "ct status dnat ip6 daddr @masquerades6 masquerade",
	NULL,
};
static const char *const martians[] = {IP4 "iifname @localnets ip daddr 127.0.0.0/8 drop", NULL};

/* After the rules of others at the usual priority, such as Services (CVE-2019-9946). */
#define AFTER_DSTNAT (NF_IP_PRI_NAT_DST + 1)
static const struct cni_owned_chain chains[] = {
	{"ports", .rules = ports, .jumps = 2},
	{"prerouting", "nat", NF_INET_PRE_ROUTING, AFTER_DSTNAT, prerouting},
	{"output", "nat", NF_INET_LOCAL_OUT, AFTER_DSTNAT, output},
	{"postrouting", "nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC, postrouting},
	{"martians", "filter", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW, martians},
	{NULL},
};

const struct cni_owned_table cni_portmap_table = {
	.table = {NFPROTO_INET, "cni_portmap"},
	.what = "portmap",
	.sets = sets,
	.chains = chains,
	.links = "owners",
	.put = cni_portmap_put,
	.follow = cni_portmap_follow,
	.is_prepared = cni_portmap_has_localnet,
	.prepare = cni_portmap_put_localnet,
	.meet = meet,
	.is_idle = is_idle,
	.close = cni_portmap_close,
};

/* ---- the verbs ---- */

int cni_portmap_add(struct cni_nl *nl, const struct cni_portmap *portmap, struct cni_error *err)
{
	clearing_wish struct cni_owned_wish wish =
		cni_owned_wish_make(&cni_portmap_table, portmap->owner, portmap);
	struct cni_published published;
	struct cni_error ignored;

	/* CHECK does without: the link may have another name since. */
	cni_owned_put_back(&wish, "owners")->value = cni_owned_name_key(portmap->link);
	if (cni_owned_add(nl, &wish, err) < 0)
		return -1;
	if (cni_portmap_turn_on_localnet(portmap->localnet, err) == 0)
		return 0;
	cni_portmap_del(nl, portmap->owner, &published, &ignored);
	free(published.mappings);
	return -1;
}

int cni_portmap_check(struct cni_nl *nl, const struct cni_portmap *portmap, struct cni_error *err)
{
	clearing_wish struct cni_owned_wish wish =
		cni_owned_wish_make(&cni_portmap_table, portmap->owner, portmap);

	if (cni_owned_check(nl, &wish, err) < 0)
		return -1;
	return cni_portmap_check_localnet(nl, portmap->localnet, err);
}

int cni_portmap_del(struct cni_nl *nl, const struct cni_owner *owner,
		    struct cni_published *ret_published, struct cni_error *err)
{
	clearing_items struct cni_nft_items removed = {0};
	int failed = cni_owned_del(nl, &cni_portmap_table, owner, &removed, err);

	*ret_published = cni_portmap_published(&removed);
	return failed;
}

int cni_portmap_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		   struct cni_published *ret_published, struct cni_error *err)
{
	clearing_items struct cni_nft_items removed = {0};
	int failed = cni_owned_gc(nl, &cni_portmap_table, network, valid, &removed, err);

	*ret_published = cni_portmap_published(&removed);
	return failed;
}

int cni_portmap_sweep(struct cni_nl *nl, struct cni_published *ret_published, size_t *ret_left,
		      struct cni_error *err)
{
	clearing_items struct cni_nft_items removed = {0};
	int failed = cni_owned_sweep(nl, &cni_portmap_table, &removed, ret_left, err);

	*ret_published = cni_portmap_published(&removed);
	return failed;
}
