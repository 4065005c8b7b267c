/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_terms.h"

#include "cleanup.h"
#include "dhcp_options.h"
#include "dhcp_routes.h"
#include "dhcp_search.h"
#include "json.h"
#include "mem.h"

#include <arpa/inet.h>
#include <string.h>

#define MTU_MIN 576 /* RFC 791; a smaller one is of no use to IPv4 */
/* A list of servers that is longer is cut. */
#define SERVERS_MAX 16

void dhcp_terms_clear(struct dhcp_terms *terms)
{
	cni_result_clear(&terms->result);
	*terms = (struct dhcp_terms){.mtu = 0};
}

void dhcp_terms_copy(const struct dhcp_terms *from, struct dhcp_terms *ret_to)
{
	*ret_to = *from;
	ret_to->result = (struct cni_result){0};
	cni_result_copy(&from->result, &ret_to->result);
}

/* ---- the address ---- */

static const char *fault_of_host(const uint8_t address[4])
{
	if (!address[0])
		return "its address is in 0.0.0.0/8";
	if (address[0] == 127)
		return "its address is in 127.0.0.0/8";
	return address[0] >= 224 ? "its address is no unicast address" : NULL;
}

/* The length of the prefix, or -1 for a mask with holes. */
static int prefix_of(const uint8_t mask[4])
{
	uint32_t bits = (uint32_t)mask[0] << 24 | (uint32_t)mask[1] << 16 | (uint32_t)mask[2] << 8 |
			mask[3];
	int prefix = __builtin_popcount(bits);

	return bits == (prefix ? UINT32_MAX << (32 - prefix) : 0) ? prefix : -1;
}

static bool is_end_of(const struct cni_net *net)
{
	struct cni_net first = cni_net_masked(net);
	struct cni_ip last = cni_net_last(net);

	return net->prefix < 31 &&
	       (cni_ip_equal(&net->ip, &first.ip) || cni_ip_equal(&net->ip, &last));
}

static const char *read_address(const struct dhcp_packet *packet, struct cni_net *ret_net)
{
	const char *fault = fault_of_host(packet->yiaddr);
	size_t size;
	const uint8_t *mask = dhcp_options_get(&packet->options, DHCP_OPTION_MASK, &size);
	int prefix;

	if (fault)
		return fault;
	if (!mask || size != 4)
		return "it has no subnet mask";
	prefix = prefix_of(mask);
	if (prefix < 1)
		return "its subnet mask is none";
	*ret_net = (struct cni_net){.ip = dhcp_ip(packet->yiaddr), .prefix = (uint8_t)prefix};
	return is_end_of(ret_net) ? "its address is that of the network, or its broadcast" : NULL;
}

static struct cni_ip read_gateway(const struct dhcp_packet *packet)
{
	size_t size;
	const uint8_t *routers = dhcp_options_get(&packet->options, DHCP_OPTION_ROUTERS, &size);

	if (!routers || size < 4 || fault_of_host(routers))
		return (struct cni_ip){0};
	return dhcp_ip(routers);
}

/* ---- times ---- */

/* Times that are out of order are replaced as RFC 2131, section 4.4.5, has them. */
static const char *read_times(const struct dhcp_options *options, struct dhcp_terms *terms)
{
	uint64_t whole;

	terms->lease_seconds = DHCP_LEASE_SECONDS;
	dhcp_options_get_u32(options, DHCP_OPTION_LEASE_TIME, &terms->lease_seconds);
	if (!terms->lease_seconds)
		return "its lease time is zero";
	whole = terms->lease_seconds;
	terms->renewal_seconds = (uint32_t)(whole / 2);
	terms->rebinding_seconds = (uint32_t)(whole * 7 / 8);
	if (whole == DHCP_FOREVER)
		return NULL;
	dhcp_options_get_u32(options, DHCP_OPTION_RENEWAL_TIME, &terms->renewal_seconds);
	dhcp_options_get_u32(options, DHCP_OPTION_REBINDING_TIME, &terms->rebinding_seconds);
	if (terms->renewal_seconds && terms->renewal_seconds <= terms->rebinding_seconds &&
	    terms->rebinding_seconds <= whole)
		return NULL;
	terms->renewal_seconds = (uint32_t)(whole / 2);
	terms->rebinding_seconds = (uint32_t)(whole * 7 / 8);
	return NULL;
}

/* ---- resolver ---- */

static void read_dns(const struct dhcp_options *options, struct cni_dns *dns)
{
	size_t size;
	const uint8_t *servers = dhcp_options_get(options, DHCP_OPTION_NAMESERVERS, &size);
	const uint8_t *domain;

	for (size_t i = 0; servers && i + 4 <= size && i < 4UL * SERVERS_MAX; i += 4) {
		struct cni_ip ip = dhcp_ip(servers + i);
		char text[CNI_IP_TEXT_SIZE];

		/* A resolver of the container itself may be meant by 127.0.0.1, but not by a server. */
		if (!fault_of_host(servers + i))
			cni_dns_add(&dns->nameservers, &dns->nameserver_count,
				    cni_ip_format(&ip, text));
	}
	domain = dhcp_options_get(options, DHCP_OPTION_DOMAIN, &size);
	if (domain)
		dns->domain = dhcp_domain_read(domain, size);
	domain = dhcp_options_get(options, DHCP_OPTION_SEARCH, &size);
	if (domain)
		dhcp_search_read(domain, size, dns);
}

/* ---- all of it ---- */

static void read_rest(const struct dhcp_packet *packet, uint32_t priority, struct dhcp_terms *terms)
{
	const struct cni_ip *gateway = &terms->result.ips[0].gateway;
	uint16_t mtu = 0;

	if (dhcp_options_get_u16(&packet->options, DHCP_OPTION_MTU, &mtu) && mtu >= MTU_MIN)
		terms->mtu = mtu;
	dhcp_routes_read(&packet->options, gateway, &terms->result);
	for (size_t i = 0; i < terms->result.route_count; i++) {
		terms->result.routes[i].priority = priority;
		terms->result.routes[i].mtu = terms->mtu;
	}
	read_dns(&packet->options, &terms->result.dns);
}

const char *dhcp_terms_read(const struct dhcp_packet *packet, uint32_t priority,
			    struct dhcp_terms *ret_terms)
{
	struct cni_result_ip ip = {.interface = CNI_NO_INTERFACE};
	const char *fault = read_address(packet, &ip.address);
	const uint8_t *server;
	size_t size;

	*ret_terms = (struct dhcp_terms){.mtu = 0};
	if (fault)
		return fault;
	server = dhcp_options_get(&packet->options, DHCP_OPTION_SERVER, &size);
	if (!server || size != 4 || fault_of_host(server))
		return "it does not name its server";
	fault = read_times(&packet->options, ret_terms);
	if (fault)
		return fault;
	memcpy(ret_terms->server, server, 4);
	ip.gateway = read_gateway(packet);
	cni_result_add_ip(&ret_terms->result, &ip);
	read_rest(packet, priority, ret_terms);
	return NULL;
}

/* ---- as text ---- */

char *dhcp_result_encode(const struct cni_result *result)
{
	freeing_json cJSON *json = cni_result_encode(result, CNI_VERSION_LATEST);

	return cni_json_print_compact(json);
}

char *dhcp_dns_encode(const struct cni_dns *dns)
{
	/* Borrows the strings. */
	const struct cni_result only = {.dns = *dns};

	return dhcp_result_encode(&only);
}

char *dhcp_terms_encode(const struct dhcp_terms *terms)
{
	return dhcp_result_encode(&terms->result);
}

bool dhcp_terms_decode(const char *text, struct dhcp_terms *terms)
{
	freeing_json cJSON *json = NULL;
	struct cni_error ignored;

	cni_result_clear(&terms->result);
	if (cni_json_parse_object(text, strlen(text), "result", &json, &ignored) < 0 ||
	    cni_result_decode(json, CNI_VERSION_LATEST, "result", &terms->result, &ignored) < 0)
		return false;
	if (terms->result.ip_count == 1 && terms->result.ips[0].address.ip.family == AF_INET)
		return true;
	cni_result_clear(&terms->result);
	return false;
}

bool dhcp_terms_equal_on_link(const struct dhcp_terms *one, const struct dhcp_terms *other)
{
	struct dhcp_terms first = *one;
	struct dhcp_terms second = *other;

	first.result.dns = second.result.dns = (struct cni_dns){.domain = NULL};
	return dhcp_terms_equal(&first, &second);
}

bool dhcp_terms_equal(const struct dhcp_terms *one, const struct dhcp_terms *other)
{
	freeing char *first = dhcp_terms_encode(one);
	freeing char *second = dhcp_terms_encode(other);

	return !strcmp(first, second);
}
