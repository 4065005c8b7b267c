/* SPDX-License-Identifier: Apache-2.0 */
/* The terms that a server offers: an address and all that goes with it, for a time. Pure. */
#ifndef DHCP_TERMS_H
#define DHCP_TERMS_H

#include "dhcp_packet.h"
#include "result.h"

/* All zeroes is none. */
struct dhcp_terms {
	struct cni_result result; /* one address, its routes, resolver settings; no interface */
	uint8_t server[4];	  /* option 54 */
	uint32_t lease_seconds;	  /* DHCP_FOREVER: without end */
	uint32_t renewal_seconds;
	uint32_t rebinding_seconds;
	uint32_t mtu; /* option 26; 0: not given */
};

#define DHCP_FOREVER UINT32_MAX

/* The servers' default of the Go plugin for an offer without option 51. */
#define DHCP_LEASE_SECONDS 3600

void dhcp_terms_clear(struct dhcp_terms *terms);
#define clearing_terms __attribute__((cleanup(dhcp_terms_clear)))
void dhcp_terms_copy(const struct dhcp_terms *from, struct dhcp_terms *ret_to);

/* Reads an OFFER or an ACK. Routes have the metric `priority` (0: none) and, where option 26 says so, an MTU.
 * Returns NULL, or the reason for which no container may use it; `ret_terms` is empty then. */
const char *dhcp_terms_read(const struct dhcp_packet *packet, uint32_t priority,
			    struct dhcp_terms *ret_terms);

/* The address. `terms` must not be empty. */
static inline const struct cni_net *dhcp_terms_address(const struct dhcp_terms *terms)
{
	return &terms->result.ips[0].address;
}
static inline bool dhcp_terms_are_empty(const struct dhcp_terms *terms)
{
	return terms->result.ip_count == 0;
}

/* True if address, gateway, routes and resolver settings are the same, whatever the times are. */
bool dhcp_terms_equal(const struct dhcp_terms *one, const struct dhcp_terms *other);

/* The same for address, gateway and routes alone: all that the interface has. */
bool dhcp_terms_equal_on_link(const struct dhcp_terms *one, const struct dhcp_terms *other);

/* A result as JSON in one line, which the caller frees. */
char *dhcp_result_encode(const struct cni_result *result);

/* The same of the terms, and back: false if it has not exactly one IPv4 address. */
char *dhcp_terms_encode(const struct dhcp_terms *terms);
bool dhcp_terms_decode(const char *text, struct dhcp_terms *terms);

/* Resolver settings alone, likewise. */
char *dhcp_dns_encode(const struct cni_dns *dns);

#endif
