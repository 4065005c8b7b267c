/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of `sources` and `fragments`. Each rule accepts what is known to be right; the last one
 * drops the rest. A rule therefore does not accept a packet that is too short, or has headers that
 * cannot be followed. Frequent packets come first.
 *
 * Fragments of IPv6 have a chain of their own, because rules read the whole frame, padding
 * included: a first fragment could end before the header of a router advertisement and show another
 * header in the padding (RFC 7113). A fragment must therefore begin with the header of its
 * protocol, not with further headers of IPv6; ICMPv6 fragments must be echoes, because neighbour
 * discovery is never fragmented (RFC 6980). Later fragments without the first are harmless. */
#include "spoofcheck_sources.h"

#include "nft_field.h"
#include "nft_rule.h"
#include "spoofcheck_table.h"

/* Before those of the kernel, which then leave out what these have. */
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

static const struct cni_nft_table *const table = &cni_spoofcheck_table.table;

/* Header, offset, size. */
#define LINK	  NFT_PAYLOAD_LL_HEADER
#define NETWORK	  NFT_PAYLOAD_NETWORK_HEADER
#define TRANSPORT NFT_PAYLOAD_TRANSPORT_HEADER
#define FRAGMENT  CNI_NFT_FRAGMENT_HEADER
static const struct cni_nft_field ether_source = {LINK, 6, 6};
static const struct cni_nft_field ip_fragment = {NETWORK, 6, 2};
static const struct cni_nft_field ip_source = {NETWORK, 12, 4};
static const struct cni_nft_field ip_destination = {NETWORK, 16, 4};
static const struct cni_nft_field udp_ports = {TRANSPORT, 0, 4};
static const struct cni_nft_field dhcp_client_mac = {TRANSPORT, 8 + 28, 6}; /* RFC 2131: chaddr */
static const struct cni_nft_field ip6_source = {NETWORK, 8, 16};
static const struct cni_nft_field fragment_protocol = {FRAGMENT, 0, 1};
static const struct cni_nft_field fragment_offset = {FRAGMENT, 2, 2};
static const struct cni_nft_field icmp6_type = {TRANSPORT, 0, 1};
static const struct cni_nft_field nd_target = {TRANSPORT, 8, 16};
static const struct cni_nft_field arp_kind = {NETWORK, 0, 6};
static const struct cni_nft_field arp_operation = {NETWORK, 6, 2};
static const struct cni_nft_field arp_sender_mac = {NETWORK, 8, 6};
static const struct cni_nft_field arp_sender = {NETWORK, 14, 4};
static const struct cni_nft_field arp_target = {NETWORK, 24, 4};

static const uint8_t unspecified[16];

static void begin(struct cni_nft_tx *tx, uint16_t protocol)
{
	cni_nft_rule(tx, table, cni_spoofcheck_sources_chain);
	cni_nft_protocol_is(tx, protocol);
}

static void end(struct cni_nft_tx *tx, int verdict)
{
	cni_nft_verdict(tx, verdict);
	cni_nft_rule_end(tx);
}

static void drop_the_rest(struct cni_nft_tx *tx, const char *chain)
{
	/* drop */
	cni_nft_rule(tx, table, chain);
	end(tx, NF_DROP);
}

void cni_spoofcheck_add_mac_rule(struct cni_nft_tx *tx, const char *chain)
{
	/* iifname . ether saddr != @allowed drop */
	cni_nft_rule(tx, table, chain);
	cni_nft_iifname_field_not_in(tx, &ether_source, cni_spoofcheck_allowed);
	end(tx, NF_DROP);
}

/* ---- IPv4 ---- */

static void add_ip_rule(struct cni_nft_tx *tx)
{
	/* iifname . ip saddr @sources4 accept */
	begin(tx, ETH_P_IP);
	cni_nft_iifname_field_in(tx, &ip_source, cni_spoofcheck_sources4);
	end(tx, NF_ACCEPT);
}

static void add_dhcp_rule(struct cni_nft_tx *tx)
{
	static const uint8_t client_to_server[] = {0, 68, 0, 67};
	static const uint8_t everybody[] = {255, 255, 255, 255};
	static const uint8_t more_or_offset[] = {0x3f, 0xff};

	/* ip saddr 0.0.0.0 ip daddr 255.255.255.255 ip frag-off & 0x3fff == 0
	 * udp sport 68 udp dport 67 iifname . (chaddr) @allowed accept */
	begin(tx, ETH_P_IP);
	cni_nft_field_is(tx, &ip_source, unspecified);
	cni_nft_field_is(tx, &ip_destination, everybody);
	cni_nft_field_lacks(tx, &ip_fragment, more_or_offset);
	cni_nft_l4proto_is(tx, IPPROTO_UDP);
	cni_nft_field_is(tx, &udp_ports, client_to_server);
	cni_nft_iifname_field_in(tx, &dhcp_client_mac, cni_spoofcheck_allowed);
	end(tx, NF_ACCEPT);
}

/* ---- IPv6 ---- */

static void accept_own6(struct cni_nft_tx *tx)
{
	/* iifname . ip6 saddr @sources6 accept */
	cni_nft_iifname_field_in(tx, &ip6_source, cni_spoofcheck_sources6);
	end(tx, NF_ACCEPT);
}

/* Begins a rule about messages of one type. */
static void begin_message(struct cni_nft_tx *tx, uint8_t type)
{
	begin(tx, ETH_P_IPV6);
	cni_nft_l4proto_is(tx, IPPROTO_ICMPV6);
	cni_nft_field_is(tx, &icmp6_type, &type);
}

static void drop_messages(struct cni_nft_tx *tx, uint8_t type)
{
	begin_message(tx, type);
	end(tx, NF_DROP);
}

static void add_ip6_rules(struct cni_nft_tx *tx)
{
	static const uint8_t any[] = {0, 255};

	/* frag nexthdr 0-255 jump fragments: all fragments */
	begin(tx, ETH_P_IPV6);
	cni_nft_field_between(tx, &fragment_protocol, &any[0], &any[1]);
	cni_nft_jump(tx, cni_spoofcheck_fragments_chain);
	cni_nft_rule_end(tx);
	/* meta l4proto != ipv6-icmp iifname . ip6 saddr @sources6 accept */
	begin(tx, ETH_P_IPV6);
	cni_nft_l4proto_is_not(tx, IPPROTO_ICMPV6);
	accept_own6(tx);
	/* icmpv6 type nd-router-advert drop */
	drop_messages(tx, ND_ROUTER_ADVERT);
	/* icmpv6 type nd-redirect drop */
	drop_messages(tx, ND_REDIRECT);
	/* icmpv6 type nd-neighbor-advert iifname . icmpv6 taddr @sources6
	 * iifname . ip6 saddr @sources6 accept */
	begin_message(tx, ND_NEIGHBOR_ADVERT);
	cni_nft_iifname_field_in(tx, &nd_target, cni_spoofcheck_sources6);
	accept_own6(tx);
	/* icmpv6 type nd-neighbor-advert drop */
	drop_messages(tx, ND_NEIGHBOR_ADVERT);
	/* meta l4proto ipv6-icmp iifname . ip6 saddr @sources6 accept */
	begin(tx, ETH_P_IPV6);
	cni_nft_l4proto_is(tx, IPPROTO_ICMPV6);
	accept_own6(tx);
}

/* From ::. */
static void add_unspecified6_rules(struct cni_nft_tx *tx)
{
	static const uint8_t report = MLD_LISTENER_REPORT;
	static const uint8_t solicitation = ND_ROUTER_SOLICIT;

	/* icmpv6 type nd-neighbor-solicit ip6 saddr :: iifname . icmpv6 taddr @sources6 accept */
	begin_message(tx, ND_NEIGHBOR_SOLICIT);
	cni_nft_field_is(tx, &ip6_source, unspecified);
	cni_nft_iifname_field_in(tx, &nd_target, cni_spoofcheck_sources6);
	end(tx, NF_ACCEPT);
	/* icmpv6 type mld2-listener-report ip6 saddr :: accept */
	begin_message(tx, 143); /* RFC 3810, section 5.2 */
	cni_nft_field_is(tx, &ip6_source, unspecified);
	end(tx, NF_ACCEPT);
	/* icmpv6 type 131-133 ip6 saddr :: accept: mld-listener-report to nd-router-solicit */
	begin(tx, ETH_P_IPV6);
	cni_nft_l4proto_is(tx, IPPROTO_ICMPV6);
	cni_nft_field_between(tx, &icmp6_type, &report, &solicitation);
	cni_nft_field_is(tx, &ip6_source, unspecified);
	end(tx, NF_ACCEPT);
}

static void begin_fragment(struct cni_nft_tx *tx)
{
	cni_nft_rule(tx, table, cni_spoofcheck_fragments_chain);
	cni_nft_protocol_is(tx, ETH_P_IPV6);
}

static void add_fragment_rules(struct cni_nft_tx *tx)
{
	/* The lower three bits are flags (RFC 8200, section 4.5). */
	static const uint8_t offset[] = {0xff, 0xf8};
	/* The gaps are IPv6's own headers (RFC 7045, section 4), and ICMPv6. */
	static const uint8_t protocols[][2] = {{1, 42}, {45, 50}, {61, 134}};
	static const uint8_t icmp6 = IPPROTO_ICMPV6;
	static const uint8_t echoes[] = {ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY};

	/* frag frag-off != 0 iifname . ip6 saddr @sources6 accept */
	begin_fragment(tx);
	cni_nft_field_has(tx, &fragment_offset, offset);
	accept_own6(tx);
	/* frag nexthdr 1-42 iifname . ip6 saddr @sources6 accept, and so on */
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		begin_fragment(tx);
		cni_nft_field_between(tx, &fragment_protocol, &protocols[i][0], &protocols[i][1]);
		accept_own6(tx);
	}
	/* frag nexthdr ipv6-icmp icmpv6 type 128-129 iifname . ip6 saddr @sources6 accept */
	begin_fragment(tx);
	cni_nft_field_is(tx, &fragment_protocol, &icmp6);
	cni_nft_l4proto_is(tx, IPPROTO_ICMPV6);
	cni_nft_field_between(tx, &icmp6_type, &echoes[0], &echoes[1]);
	accept_own6(tx);
	drop_the_rest(tx, cni_spoofcheck_fragments_chain);
}

/* ---- ARP ---- */

/* Begins a rule about ARP for IPv4 on Ethernet, with the port's MAC address as the sender's. */
static void begin_arp(struct cni_nft_tx *tx)
{
	static const uint8_t ether_ip[] = {0, 1, ETH_P_IP >> 8, ETH_P_IP & 0xff, 6, 4};

	begin(tx, ETH_P_ARP);
	cni_nft_field_is(tx, &arp_kind, ether_ip);
	cni_nft_iifname_field_in(tx, &arp_sender_mac, cni_spoofcheck_allowed);
}

static void add_arp_rules(struct cni_nft_tx *tx)
{
	static const uint8_t request[] = {0, 1};

	/* arp htype 1 arp ptype ip arp hlen 6 arp plen 4 iifname . arp saddr ether @allowed
	 * iifname . arp saddr ip @sources4 accept */
	begin_arp(tx);
	cni_nft_iifname_field_in(tx, &arp_sender, cni_spoofcheck_sources4);
	end(tx, NF_ACCEPT);
	/* … arp operation request arp saddr ip 0.0.0.0 iifname . arp daddr ip @sources4 accept */
	begin_arp(tx);
	cni_nft_field_is(tx, &arp_operation, request);
	cni_nft_field_is(tx, &arp_sender, unspecified);
	cni_nft_iifname_field_in(tx, &arp_target, cni_spoofcheck_sources4);
	end(tx, NF_ACCEPT);
}

void cni_spoofcheck_add_sources_rules(struct cni_nft_tx *tx)
{
	cni_spoofcheck_add_mac_rule(tx, cni_spoofcheck_sources_chain);
	add_ip_rule(tx);
	add_ip6_rules(tx);
	add_unspecified6_rules(tx);
	add_arp_rules(tx);
	add_dhcp_rule(tx);
	drop_the_rest(tx, cni_spoofcheck_sources_chain);
	add_fragment_rules(tx);
}
