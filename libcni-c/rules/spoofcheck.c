/* SPDX-License-Identifier: Apache-2.0 */
#include "spoofcheck.h"

#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <stdio.h>
#include <string.h>

/* ---- elements ---- */

static struct cni_nft_bytes mac_key(const char *port, const uint8_t mac[CNI_MAC_SIZE])
{
	struct cni_nft_bytes key = cni_owned_name_key(port);

	cni_nft_bytes_add(&key, mac, CNI_MAC_SIZE);
	return key;
}

static const char *sources_of(const struct cni_ip *ip)
{
	return ip->family == AF_INET ? "sources4" : "sources6";
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
	if (!strcmp(set, "attachments")) {
		lead.key = mac_key(port, back->value.data);
		cni_nft_items_put(leads, "allowed", &lead);
	}
	if (!strcmp(set, "given")) {
		struct cni_ip ip = given_ip(&back->value);

		lead.key = cni_owned_address_key(port, &ip);
		cni_nft_items_put(leads, sources_of(&ip), &lead);
	}
}

static void put_mac(struct cni_owned_wish *wish, const struct cni_spoofcheck *wanted)
{
	struct cni_nft_bytes pair = mac_key(wish->owner->key, wanted->mac);
	struct cni_nft_element *element = cni_owned_put_back(wish, "guarded");

	snprintf(element->jump, sizeof(element->jump), "%s",
		 wanted->by_address ? "sources" : "check");
	element = cni_owned_put_back(wish, "attachments");
	cni_nft_bytes_add(&element->value, wanted->mac, CNI_MAC_SIZE);
	/* A single field is not padded. */
	element->value.size = CNI_MAC_SIZE;
	cni_owned_put(wish, "allowed", &pair);
}

/* The address that the kernel makes of a MAC address (RFC 4291, appendix A). */
static struct cni_ip link_local(const uint8_t mac[CNI_MAC_SIZE])
{
	return (struct cni_ip){.family = AF_INET6,
			       .bytes = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2],
					 0xff, 0xfe, mac[3], mac[4], mac[5]}};
}

/* An address may be given twice, with two prefixes. */
static void put_source(struct cni_owned_wish *wish, const struct cni_ip *ip)
{
	struct cni_nft_bytes key = cni_owned_address_key(wish->owner->key, ip);

	if (cni_nft_items_has(&wish->items, sources_of(ip), &key))
		return;
	cni_owned_put(wish, sources_of(ip), &key);
	cni_owned_put_back(wish, "given")->value = given_value(ip);
}

static void put(struct cni_owned_wish *wish)
{
	const struct cni_spoofcheck *wanted = wish->data;
	const struct cni_ip own = link_local(wanted->mac);

	wish->what = wanted->by_address ? "ipspoofchk" : "macspoofchk";
	put_mac(wish, wanted);
	if (!wanted->by_address)
		return;
	put_source(wish, &own);
	for (size_t i = 0; i < wanted->count; i++)
		put_source(wish, &wanted->sources[i].ip);
}

/* ---- the skeleton ---- */

static const struct cni_owned_set sets[] = {
	{.set = {"guarded", {CNI_NFT_IFNAME}, {CNI_NFT_VERDICT}}, .role = CNI_OWNED_BY_NAME},
	{.set = {"allowed", {CNI_NFT_IFNAME, CNI_NFT_ETHER}, {CNI_NFT_NONE}}},
	{.set = {"attachments", {CNI_NFT_IFNAME}, {CNI_NFT_ETHER}}, .role = CNI_OWNED_BY_NAME},
	{.set = {"sources4", {CNI_NFT_IFNAME, CNI_NFT_IPV4}, {CNI_NFT_NONE}}, .optional = true},
	{.set = {"sources6", {CNI_NFT_IFNAME, CNI_NFT_IPV6}, {CNI_NFT_NONE}}, .optional = true},
	{.set = {"given", {CNI_NFT_IFNAME, CNI_NFT_MARK}, {CNI_NFT_IPV6}},
	 .role = CNI_OWNED_BY_INDEX,
	 .optional = true},
	{.set = {NULL}},
};

#define HAS_OTHER_MAC "iifname . ether saddr != @allowed drop"
#define IS_OWN6	      "iifname . ip6 saddr @sources6 accept"
#define ICMP6	      "meta protocol ip6 meta l4proto ipv6-icmp "
/* About IPv4 on Ethernet, with the port's MAC address as the sender's. */
#define ARP "meta protocol arp @nh,0,48 0x000108000604 iifname . arp saddr ether @allowed "

static const char *const check[] = {HAS_OTHER_MAC, NULL};
static const char *const prerouting[] = {"iifname vmap @guarded", NULL};

/* Each rule accepts what is known to be right; the last one drops the rest. A rule therefore does not accept a packet
 * that is too short, or has headers that cannot be followed. Frequent packets come first. */
static const char *const sources[] = {
	HAS_OTHER_MAC,
	"meta protocol ip iifname . ip saddr @sources4 accept",
	/* All fragments. */
	"meta protocol ip6 frag nexthdr 0-255 jump fragments",
	"meta protocol ip6 meta l4proto != ipv6-icmp " IS_OWN6,
	ICMP6 "icmpv6 type nd-router-advert drop",
	ICMP6 "icmpv6 type nd-redirect drop",
	ICMP6 "icmpv6 type nd-neighbor-advert iifname . icmpv6 taddr @sources6 " IS_OWN6,
	ICMP6 "icmpv6 type nd-neighbor-advert drop",
	ICMP6 IS_OWN6,
	/* From ::. */
	ICMP6 "icmpv6 type nd-neighbor-solicit ip6 saddr :: "
	      "iifname . icmpv6 taddr @sources6 accept",
	ICMP6 "icmpv6 type mld2-listener-report ip6 saddr :: accept",
	/* mld-listener-report to nd-router-solicit. */
	ICMP6 "icmpv6 type 131-133 ip6 saddr :: accept",
	ARP "iifname . arp saddr ip @sources4 accept",
	ARP "arp operation request arp saddr ip 0.0.0.0 iifname . arp daddr ip @sources4 accept",
	/* DHCP, from port 68 to 67 with the MAC address in chaddr (RFC 2131); no fragments. */
	"meta protocol ip ip saddr 0.0.0.0 ip daddr 255.255.255.255 ip frag-off & 0x3fff == 0 "
	"meta l4proto udp @th,0,32 0x00440043 iifname . @th,288,48 @allowed accept",
	"drop",
	NULL,
};

/* Fragments of IPv6 have a chain of their own, because rules read the whole frame, padding included: a first
 * fragment could end before the header of a router advertisement and show another header in the padding (RFC 7113).
 * A fragment must therefore begin with the header of its protocol, not with further headers of IPv6 (RFC 7045,
 * section 4: the gaps); ICMPv6 fragments must be echoes, because neighbour discovery is never fragmented (RFC 6980).
 * Later fragments without the first are harmless. */
static const char *const fragments[] = {
	/* The lower three bits are flags (RFC 8200, section 4.5). */
	"meta protocol ip6 frag frag-off & 0xfff8 != 0 " IS_OWN6,
	"meta protocol ip6 frag nexthdr 1-42 " IS_OWN6,
	"meta protocol ip6 frag nexthdr 45-50 " IS_OWN6,
	"meta protocol ip6 frag nexthdr 61-134 " IS_OWN6,
	"meta protocol ip6 frag nexthdr ipv6-icmp meta l4proto ipv6-icmp icmpv6 type "
	"128-129 " IS_OWN6,
	"drop",
	NULL,
};

static const struct cni_owned_chain chains[] = {
	{"check", .rules = check, .needed_with = "check"},
	/* linux/netfilter_bridge.h: NF_BR_PRI_FILTER_BRIDGED, nft's "filter" in this family. */
	{"prerouting", "filter", NF_BR_PRE_ROUTING, NF_BR_PRI_FILTER_BRIDGED, prerouting},
	/* In this order: the first jumps to the second. */
	{"sources", .rules = sources, .needed_with = "sources", .optional = true},
	{"fragments", .rules = fragments, .jumps = 1, .needed_with = "sources", .optional = true},
	{NULL},
};

const struct cni_owned_table cni_spoofcheck_table = {
	.table = {NFPROTO_BRIDGE, "cni"},
	.what = "macspoofchk",
	.sets = sets,
	.chains = chains,
	.put = put,
	.follow = follow,
};

/* ---- the verbs ---- */

int cni_spoofcheck_add(struct cni_nl *nl, const struct cni_spoofcheck *wanted,
		       struct cni_error *err)
{
	clearing_wish struct cni_owned_wish wish =
		cni_owned_wish_make(&cni_spoofcheck_table, wanted->owner, wanted);

	return cni_owned_add(nl, &wish, err);
}

/* True if the port has its IP addresses checked. */
static bool is_stricter(struct cni_nl *nl, const struct cni_nft_item *guarded)
{
	struct cni_nft_element found;
	struct cni_error ignored;

	return cni_nft_look_up(nl, &cni_spoofcheck_table.table, guarded->set, &guarded->element.key,
			       &found, &ignored) > 0 &&
	       !strcmp(found.jump, "sources");
}

int cni_spoofcheck_check(struct cni_nl *nl, const struct cni_spoofcheck *wanted,
			 struct cni_error *err)
{
	clearing_wish struct cni_owned_wish wish =
		cni_owned_wish_make(&cni_spoofcheck_table, wanted->owner, wanted);
	struct cni_nft_item *guarded = &wish.items.items[0];

	if (cni_owned_check(nl, &wish, err) == 0)
		return 0;
	if (wanted->by_address || !is_stricter(nl, guarded))
		return -1;
	snprintf(guarded->element.jump, sizeof(guarded->element.jump), "sources");
	return cni_owned_check(nl, &wish, err);
}
