/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_advert.h"

#include <netinet/icmp6.h>
#include <string.h>

#define ADVERT_HEADER 16
#define PREFIX_SIZE   32 /* RFC 4861, section 4.6.2, with its header */
#define MTU_SIZE      8
#define MTU_MIN	      1280 /* RFC 8200, section 5 */
#define OPTION_RDNSS  25   /* RFC 8106 */
#define OPTION_DNSSL  31
/* RFC 7136: the identifier of an interface has 64 bits. */
#define AUTONOMOUS_LENGTH 64

void dhcp6_advert_clear(struct dhcp6_advert *advert)
{
	cni_dns_clear(&advert->dns);
	memset(advert, 0, sizeof(*advert));
}

/* RFC 4862, section 5.5.3: a prefix that is link-local or has a preferred lifetime beyond the valid one counts for
 * nothing. */
static void read_prefix(const uint8_t *option, size_t size, struct dhcp6_advert *advert)
{
	struct dhcp6_advertised *prefix = &advert->prefixes[advert->prefix_count];
	struct cni_net net;

	if (size != PREFIX_SIZE || advert->prefix_count == DHCP6_PREFIXES_MAX || !option[2] ||
	    option[2] > 128)
		return;
	net = (struct cni_net){.ip = dhcp6_ip(option + 16), .prefix = option[2]};
	*prefix = (struct dhcp6_advertised){
		.net = cni_net_masked(&net),
		.is_on_link = option[3] & ND_OPT_PI_FLAG_ONLINK,
		.is_autonomous =
			(option[3] & ND_OPT_PI_FLAG_AUTO) && option[2] == AUTONOMOUS_LENGTH,
		.valid = dhcp6_u32(option + 4),
		.preferred = dhcp6_u32(option + 8),
	};
	if (!dhcp6_fault_of_host(&net.ip) && prefix->preferred <= prefix->valid)
		advert->prefix_count++;
}

/* A lifetime of zero takes them back. */
static void read_resolver(const uint8_t *option, size_t size, struct cni_dns *dns)
{
	struct dhcp6_span list = {option + 8, size - 8};

	if (!dhcp6_u32(option + 4))
		return;
	if (option[0] == OPTION_RDNSS)
		dhcp6_nameservers_read(list, dns);
	else
		dhcp6_search_read(list, dns);
}

static void read_option(const uint8_t *option, size_t size, struct dhcp6_advert *advert)
{
	switch (option[0]) {
	case ND_OPT_PREFIX_INFORMATION:
		read_prefix(option, size, advert);
		break;
	case ND_OPT_MTU:
		if (size == MTU_SIZE && dhcp6_u32(option + 4) >= MTU_MIN)
			advert->mtu = dhcp6_u32(option + 4);
		break;
	case OPTION_RDNSS:
	case OPTION_DNSSL:
		if (size > 8)
			read_resolver(option, size, &advert->dns);
		break;
	default:
		break;
	}
}

const char *dhcp6_advert_read(const uint8_t *bytes, size_t size, struct dhcp6_advert *ret_advert)
{
	memset(ret_advert, 0, sizeof(*ret_advert));
	if (size < ADVERT_HEADER || bytes[0] != ND_ROUTER_ADVERT || bytes[1])
		return "it is no router's advertisement";
	for (size_t at = ADVERT_HEADER; at < size;) {
		size_t length = at + 2 <= size ? bytes[at + 1] * 8U : 0;

		if (!length || length > size - at) {
			dhcp6_advert_clear(ret_advert);
			return "an option of the router's advertisement runs over the end";
		}
		read_option(bytes + at, length, ret_advert);
		at += length;
	}
	ret_advert->is_managed = bytes[5] & ND_RA_FLAG_MANAGED;
	ret_advert->has_other = bytes[5] & ND_RA_FLAG_OTHER;
	ret_advert->lifetime = dhcp6_u16(bytes + 6);
	return NULL;
}

/* ---- solicitations ---- */

size_t dhcp6_solicit_router(const uint8_t mac[CNI_MAC_SIZE], uint8_t bytes[DHCP6_ND_SIZE])
{
	memset(bytes, 0, DHCP6_ND_SIZE);
	bytes[0] = ND_ROUTER_SOLICIT;
	bytes[8] = ND_OPT_SOURCE_LINKADDR;
	bytes[9] = 1;
	memcpy(bytes + 10, mac, CNI_MAC_SIZE);
	return 16;
}

size_t dhcp6_solicit_neighbour(const struct cni_ip *target, uint8_t bytes[DHCP6_ND_SIZE])
{
	memset(bytes, 0, DHCP6_ND_SIZE);
	bytes[0] = ND_NEIGHBOR_SOLICIT;
	memcpy(bytes + 8, target->bytes, 16);
	return 24;
}

struct cni_ip dhcp6_solicited_group(const struct cni_ip *ip)
{
	struct cni_ip group = {.family = AF_INET6,
			       .bytes = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff}};

	memcpy(group.bytes + 13, ip->bytes + 13, 3);
	return group;
}

struct cni_ip dhcp6_neighbour_claims(const uint8_t *bytes, size_t size, const struct cni_ip *from)
{
	static const uint8_t zeroes[16];
	bool probes = !memcmp(from->bytes, zeroes, 16);

	if (size < DHCP6_ND_SIZE || bytes[1] ||
	    (bytes[0] != ND_NEIGHBOR_ADVERT && !(bytes[0] == ND_NEIGHBOR_SOLICIT && probes)))
		return (struct cni_ip){.family = 0};
	return dhcp6_ip(bytes + 8);
}
