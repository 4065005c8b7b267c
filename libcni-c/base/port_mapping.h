/* SPDX-License-Identifier: Apache-2.0 */
/* A published port of this host, which leads to a port of a container. */
#ifndef CNI_PORT_MAPPING_H
#define CNI_PORT_MAPPING_H

#include "decls.h"
#include "ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* Numbers in the host's byte order. */
struct cni_port_mapping {
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
	uint16_t host_port;
	uint16_t container_port;
	struct cni_ip host_ip; /* unset: any of this host; 0.0.0.0, ::: any of that family */
};

/* True if the mapping is for any address, or any of one family. */
bool cni_port_mapping_is_any(const struct cni_port_mapping *mapping);

/* True if both have the same port of the same address. A mapping for any address does not collide
 * with one for a certain address: the latter takes precedence. */
bool cni_port_mapping_collides(const struct cni_port_mapping *a, const struct cni_port_mapping *b);

/* "tcp 192.0.2.1:8080", "udp [2001:db8::1]:53", "tcp :80". Returns `text`. */
#define CNI_PORT_TEXT_SIZE (CNI_IP_TEXT_SIZE + 16)
const char *cni_port_mapping_format(const struct cni_port_mapping *mapping,
				    char text[CNI_PORT_TEXT_SIZE]);

/* Ports that a table had, for the caller to act on. */
struct cni_published {
	struct cni_port_mapping *mappings; /* the caller frees them; without container_port */
	size_t count;
};

CNI_END_DECLS

#endif
