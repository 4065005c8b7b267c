/* SPDX-License-Identifier: Apache-2.0 */
/* The elements of the portmap table: what a mapping, an address and an owner are in keys and
 * values.
 */
#include "portmap_table.h"

#include <arpa/inet.h>
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

/* ---- keys and values ---- */

static void add_ip(struct cni_nft_bytes *bytes, const struct cni_ip *ip)
{
	cni_nft_bytes_add(bytes, ip->bytes, cni_ip_size(ip));
}

static void add_port(struct cni_nft_bytes *bytes, uint16_t port)
{
	uint16_t value = htons(port);

	cni_nft_bytes_add(bytes, &value, sizeof(value));
}

const char *cni_portmap_set_of(const struct cni_portmap_family *family,
			       const struct cni_port_mapping *mapping)
{
	return cni_port_mapping_is_any(mapping) ? family->ports : family->ports_at;
}

struct cni_nft_bytes cni_portmap_key(const struct cni_port_mapping *mapping)
{
	struct cni_nft_bytes key = {.size = 0};

	if (!cni_port_mapping_is_any(mapping))
		add_ip(&key, &mapping->host_ip);
	cni_nft_bytes_add(&key, &mapping->protocol, sizeof(mapping->protocol));
	add_port(&key, mapping->host_port);
	return key;
}

struct cni_nft_bytes cni_portmap_value(const struct cni_port_mapping *mapping,
				       const struct cni_ip *address)
{
	struct cni_nft_bytes value = {.size = 0};

	add_ip(&value, address);
	add_port(&value, mapping->container_port);
	return value;
}

struct cni_nft_bytes cni_portmap_back_key(const char *name, uint32_t index)
{
	struct cni_nft_bytes key = {.size = 0};

	cni_nft_bytes_add_ifname(&key, name);
	cni_nft_bytes_add(&key, &index, sizeof(index));
	return key;
}

struct cni_nft_bytes cni_portmap_back_value(const struct cni_portmap_family *family,
					    const struct cni_port_mapping *mapping)
{
	struct cni_nft_bytes value = {.size = 0};
	struct cni_ip ip = mapping->host_ip;

	/* 0.0.0.0 stands for any. */
	ip.family = (uint8_t)family->number;
	add_ip(&value, &ip);
	cni_nft_bytes_add(&value, &mapping->protocol, sizeof(mapping->protocol));
	add_port(&value, mapping->host_port);
	return value;
}

struct cni_port_mapping cni_portmap_mapping_of(const struct cni_portmap_family *family,
					       const struct cni_nft_bytes *value)
{
	size_t size = family->number == AF_INET ? 4 : 16;
	struct cni_port_mapping mapping = {.protocol = value->data[size],
					   .host_ip.family = (uint8_t)family->number};
	uint16_t port;

	memcpy(mapping.host_ip.bytes, value->data, size);
	memcpy(&port, value->data + size + 4, sizeof(port));
	mapping.host_port = ntohs(port);
	return mapping;
}

bool cni_portmap_is_for(const struct cni_port_mapping *mapping, const struct cni_ip *address)
{
	return !cni_ip_is_set(&mapping->host_ip) || mapping->host_ip.family == address->family;
}

struct cni_nft_bytes cni_portmap_hairpin_key(const struct cni_ip *address)
{
	struct cni_nft_bytes key = cni_nft_ip(address);

	add_ip(&key, address);
	return key;
}

struct cni_nft_bytes cni_portmap_localnet_key(const char *ifname)
{
	struct cni_nft_bytes key = {.size = 0};

	cni_nft_bytes_add_ifname(&key, ifname);
	return key;
}

/* ---- elements ---- */

static struct cni_nft_element element_of(const struct cni_owner *owner, struct cni_nft_bytes key)
{
	struct cni_nft_element element = {.key = key};

	cni_owner_format(owner, element.comment);
	return element;
}

struct cni_nft_element cni_portmap_port(const struct cni_portmap *portmap,
					const struct cni_port_mapping *mapping,
					const struct cni_ip *address)
{
	struct cni_nft_element port = element_of(portmap->owner, cni_portmap_key(mapping));

	port.value = cni_portmap_value(mapping, address);
	return port;
}

struct cni_nft_element cni_portmap_back(const struct cni_portmap *portmap,
					const struct cni_port_mapping *mapping,
					const struct cni_ip *address, uint32_t index)
{
	char name[CNI_IFNAME_SIZE];
	struct cni_nft_element back;

	cni_owner_ifname(portmap->owner, "veth", name);
	back = element_of(portmap->owner, cni_portmap_back_key(name, index));
	back.value = cni_portmap_back_value(cni_portmap_family_of(address), mapping);
	return back;
}

/* Does the address publish anything? */
static bool publishes(const struct cni_portmap *portmap, const struct cni_ip *address)
{
	for (size_t i = 0; i < portmap->mapping_count; i++)
		if (cni_portmap_is_for(&portmap->mappings[i], address))
			return true;
	return false;
}

size_t cni_portmap_sources(const struct cni_portmap *portmap, const struct cni_ip *address,
			   struct cni_portmap_source sources[CNI_PORTMAP_SOURCES])
{
	const struct cni_portmap_family *family = cni_portmap_family_of(address);
	struct cni_nft_element plain = element_of(portmap->owner, cni_nft_ip(address));
	struct cni_nft_element pair = element_of(portmap->owner, cni_portmap_hairpin_key(address));
	size_t count = 0;

	if (!portmap->snat || !publishes(portmap, address))
		return 0;
	sources[count++] = (struct cni_portmap_source){family->hairpins, pair};
	if (family->localhosts)
		sources[count++] = (struct cni_portmap_source){family->localhosts, plain};
	if (portmap->masq_all)
		sources[count++] = (struct cni_portmap_source){family->masquerades, plain};
	return count;
}
