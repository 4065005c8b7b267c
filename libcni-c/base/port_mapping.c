/* SPDX-License-Identifier: Apache-2.0 */
#include "port_mapping.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

const char *cni_port_mapping_format(const struct cni_port_mapping *mapping,
				    char text[CNI_PORT_TEXT_SIZE])
{
	const char *protocol = mapping->protocol == IPPROTO_TCP	  ? "tcp"
			       : mapping->protocol == IPPROTO_UDP ? "udp"
								  : "sctp";
	bool v6 = mapping->host_ip.family == AF_INET6;
	char ip[CNI_IP_TEXT_SIZE];

	snprintf(text, CNI_PORT_TEXT_SIZE, "%s %s%s%s:%u", protocol, v6 ? "[" : "",
		 cni_ip_format(&mapping->host_ip, ip), v6 ? "]" : "", mapping->host_port);
	return text;
}

bool cni_port_mapping_is_any(const struct cni_port_mapping *mapping)
{
	static const uint8_t any[sizeof(mapping->host_ip.bytes)];

	return !memcmp(mapping->host_ip.bytes, any, sizeof(any));
}

bool cni_port_mapping_collides(const struct cni_port_mapping *a, const struct cni_port_mapping *b)
{
	if (a->protocol != b->protocol || a->host_port != b->host_port)
		return false;
	if (cni_ip_is_set(&a->host_ip) && cni_ip_is_set(&b->host_ip))
		return cni_ip_equal(&a->host_ip, &b->host_ip);
	return cni_port_mapping_is_any(a) && cni_port_mapping_is_any(b);
}
