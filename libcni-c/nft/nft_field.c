/* SPDX-License-Identifier: Apache-2.0 */
#include "nft_field.h"

#include "ip.h"

/* Before those of the kernel, which then leave out what these have. */
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#define LINK	  CNI_NFT_PAYLOAD, NFT_PAYLOAD_LL_HEADER
#define NETWORK	  CNI_NFT_PAYLOAD, NFT_PAYLOAD_NETWORK_HEADER
#define TRANSPORT CNI_NFT_PAYLOAD, NFT_PAYLOAD_TRANSPORT_HEADER
#define FRAGMENT  CNI_NFT_EXTHDR, IPPROTO_FRAGMENT

/* The texts are in the tables: a pointer to each would have to be relocated by each process. */
static const struct cni_nft_field fields[] = {
	{"iifname", CNI_NFT_META, NFT_META_IIFNAME, 0, IFNAMSIZ},
	{"oifname", CNI_NFT_META, NFT_META_OIFNAME, 0, IFNAMSIZ},
	{"meta nfproto", CNI_NFT_META, NFT_META_NFPROTO, 0, 1},
	/* The protocol of a frame, behind a VLAN tag if there is one. */
	{"meta protocol", CNI_NFT_META, NFT_META_PROTOCOL, 0, 2},
	/* Behind IPv6's extension headers. A packet with headers that cannot be followed has none. */
	{"meta l4proto", CNI_NFT_META, NFT_META_L4PROTO, 0, 1},
	{"ct state", CNI_NFT_CT, NFT_CT_STATE, 0, 4},
	{"ct status", CNI_NFT_CT, NFT_CT_STATUS, 0, 4},
	{"fib daddr type", CNI_NFT_FIB, NFT_FIB_RESULT_ADDRTYPE, 0, 4},
	{"ether saddr", LINK, 6, 6},
	{"ip frag-off", NETWORK, 6, 2},
	{"ip saddr", NETWORK, 12, 4},
	{"ip daddr", NETWORK, 16, 4},
	{"ip6 saddr", NETWORK, 8, 16},
	{"ip6 daddr", NETWORK, 24, 16},
	{"arp operation", NETWORK, 6, 2},
	{"arp saddr ether", NETWORK, 8, 6},
	{"arp saddr ip", NETWORK, 14, 4},
	{"arp daddr ip", NETWORK, 24, 4},
	{"frag nexthdr", FRAGMENT, 0, 1},
	{"frag frag-off", FRAGMENT, 2, 2},
	{"icmpv6 type", TRANSPORT, 0, 1},
	{"icmpv6 taddr", TRANSPORT, 8, 16},
	/* At the same place in TCP, UDP and SCTP. */
	{"th dport", TRANSPORT, 2, 2},
	/* Header, offset and size in bits. */
	{"@nh,0,48", NETWORK, 0, 6},
	{"@th,0,32", TRANSPORT, 0, 4},
	{"@th,288,48", TRANSPORT, 36, 6},
	{""},
};

static const struct value_name {
	char text[24];
	uint32_t number;
} names[] = {
	{"ipv4", NFPROTO_IPV4},
	{"ipv6", NFPROTO_IPV6},
	{"ip", ETH_P_IP},
	{"ip6", ETH_P_IPV6},
	{"arp", ETH_P_ARP},
	{"udp", IPPROTO_UDP},
	{"ipv6-icmp", IPPROTO_ICMPV6},
	{"established,related",
	 NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED)},
	{"dnat", IPS_DST_NAT},
	{"local", RTN_LOCAL},
	{"request", 1},
	{"nd-router-advert", ND_ROUTER_ADVERT},
	{"nd-neighbor-solicit", ND_NEIGHBOR_SOLICIT},
	{"nd-neighbor-advert", ND_NEIGHBOR_ADVERT},
	{"nd-redirect", ND_REDIRECT},
	{"mld2-listener-report", 143}, /* RFC 3810, section 5.2 */
	{""},
};

bool cni_nft_take(const char **text, const char *words)
{
	size_t length = strlen(words);

	if (strncmp(*text, words, length) != 0 || ((*text)[length] && (*text)[length] != ' '))
		return false;
	*text += length;
	*text += strspn(*text, " ");
	return true;
}

const struct cni_nft_field *cni_nft_take_field(const char **text)
{
	for (const struct cni_nft_field *field = fields; *field->name; field++)
		if (cni_nft_take(text, field->name))
			return field;
	abort();
}

void cni_nft_take_word(const char **text, char ret_word[CNI_NFT_WORD_SIZE])
{
	size_t length = strcspn(*text, " ");

	if (!length || length >= CNI_NFT_WORD_SIZE)
		abort();
	memcpy(ret_word, *text, length);
	ret_word[length] = '\0';
	*text += length;
	*text += strspn(*text, " ");
}

/* The kernel has numbers of its own, of connections and of routes, in the host's byte order. */
static bool is_of_kernel(const struct cni_nft_field *field)
{
	return field->load == CNI_NFT_CT || field->load == CNI_NFT_FIB;
}

static void write_number(const struct cni_nft_field *field, uint64_t number, uint8_t *bytes)
{
	uint32_t own = (uint32_t)number;

	if (is_of_kernel(field))
		memcpy(bytes, &own, sizeof(own));
	else
		for (uint32_t i = field->size; i-- > 0; number >>= 8)
			bytes[i] = (uint8_t)number;
}

/* "17", "0x3fff", "131-133". */
static bool read_numbers(const struct cni_nft_field *field, const char *word,
			 struct cni_nft_value *value)
{
	char *end;
	uint64_t number = strtoull(word, &end, 0);

	write_number(field, number, value->bytes);
	if (end > word && *end == '-') {
		value->kind = CNI_NFT_RANGE;
		write_number(field, strtoull(end + 1, &end, 0), value->more);
	}
	return !*end;
}

static bool read_name(const struct cni_nft_field *field, const char *word,
		      struct cni_nft_value *value)
{
	for (const struct value_name *name = names; *name->text; name++)
		if (!strcmp(name->text, word)) {
			write_number(field, name->number, value->bytes);
			return true;
		}
	return false;
}

static bool read_address(const char *word, struct cni_nft_value *value)
{
	struct cni_net net = {.prefix = 0};

	if (cni_net_parse(word, &net) == 0) {
		struct cni_net ones = net;

		value->kind = CNI_NFT_PREFIX;
		memset(ones.ip.bytes, 0xff, cni_ip_size(&net.ip));
		ones = cni_net_masked(&ones);
		memcpy(value->more, ones.ip.bytes, sizeof(value->more));
		net = cni_net_masked(&net);
	} else if (cni_ip_parse(word, &net.ip) < 0) {
		return false;
	}
	memcpy(value->bytes, net.ip.bytes, sizeof(value->bytes));
	return true;
}

struct cni_nft_value cni_nft_take_value(const char **text, const struct cni_nft_field *field)
{
	struct cni_nft_value value = {.kind = CNI_NFT_SINGLE};
	char word[CNI_NFT_WORD_SIZE];

	if (field->load == CNI_NFT_CT)
		value.kind = CNI_NFT_BITS;
	cni_nft_take_word(text, word);
	if (!read_address(word, &value) && !read_name(field, word, &value) &&
	    !read_numbers(field, word, &value))
		abort();
	return value;
}
