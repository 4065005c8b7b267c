/* SPDX-License-Identifier: Apache-2.0 */
/* The elements of the portmap table: mappings, addresses and owners as keys and values. */
#include "portmap_table.h"

#include "mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* ---- keys and values ---- */

static const struct family {
	int number;		 /* AF_INET, AF_INET6 */
	const char *ports;	 /* protocol . port : address . port */
	const char *ports_at;	 /* address . protocol . port : address . port */
	const char *published;	 /* owner's key . index : address or none . protocol . port .
				    address . port */
	const char *hairpins;	 /* address . address */
	const char *masquerades; /* address */
	const char *localhosts;	 /* address; NULL in IPv6 */
} families[2] = {
	{AF_INET, "ports4", "ports_at4", "published4", "hairpins4", "masquerades4", "localhosts4"},
	{AF_INET6, "ports6", "ports_at6", "published6", "hairpins6", "masquerades6", NULL},
};

static void add_ip(struct cni_nft_bytes *bytes, const struct cni_ip *ip)
{
	cni_nft_bytes_add(bytes, ip->bytes, cni_ip_size(ip));
}

static void add_port(struct cni_nft_bytes *bytes, uint16_t port)
{
	uint16_t value = htons(port);

	cni_nft_bytes_add(bytes, &value, sizeof(value));
}

static const struct family *family_of(const struct cni_ip *ip)
{
	return &families[ip->family == AF_INET ? 0 : 1];
}

static const char *set_of(const struct family *family, const struct cni_port_mapping *mapping)
{
	return cni_port_mapping_is_any(mapping) ? family->ports : family->ports_at;
}

static struct cni_nft_bytes port_key(const struct cni_port_mapping *mapping)
{
	struct cni_nft_bytes key = {.size = 0};

	if (!cni_port_mapping_is_any(mapping))
		add_ip(&key, &mapping->host_ip);
	cni_nft_bytes_add(&key, &mapping->protocol, sizeof(mapping->protocol));
	add_port(&key, mapping->host_port);
	return key;
}

static struct cni_nft_bytes port_value(const struct cni_port_mapping *mapping,
				       const struct cni_ip *address)
{
	struct cni_nft_bytes value = {.size = 0};

	add_ip(&value, address);
	add_port(&value, mapping->container_port);
	return value;
}

static struct cni_nft_bytes published_value(const struct family *family,
					    const struct cni_port_mapping *mapping,
					    const struct cni_ip *address)
{
	struct cni_nft_bytes value = {.size = 0};
	struct cni_ip ip = mapping->host_ip;

	/* 0.0.0.0 means any address. */
	ip.family = (uint8_t)family->number;
	add_ip(&value, &ip);
	cni_nft_bytes_add(&value, &mapping->protocol, sizeof(mapping->protocol));
	add_port(&value, mapping->host_port);
	add_ip(&value, address);
	add_port(&value, mapping->container_port);
	return value;
}

static size_t size_of(const struct family *family)
{
	return family->number == AF_INET ? 4 : 16;
}

/* Without container_port. */
static struct cni_port_mapping mapping_of(const struct family *family,
					  const struct cni_nft_bytes *value)
{
	size_t size = size_of(family);
	struct cni_port_mapping mapping = {.protocol = value->data[size],
					   .host_ip.family = (uint8_t)family->number};
	uint16_t port;

	memcpy(mapping.host_ip.bytes, value->data, size);
	memcpy(&port, value->data + size + 4, sizeof(port));
	mapping.host_port = ntohs(port);
	return mapping;
}

static struct cni_ip target_of(const struct family *family, const struct cni_nft_bytes *value)
{
	struct cni_ip ip = {.family = (uint8_t)family->number};

	/* The target follows an address, a protocol and a port. */
	memcpy(ip.bytes, value->data + size_of(family) + 8, size_of(family));
	return ip;
}

const struct cni_port_mapping *cni_portmap_mapping_at(const struct cni_portmap *portmap,
						      const struct cni_nft_item *item)
{
	const struct cni_port_mapping *mapping = portmap->mappings;

	for (size_t i = 0; i < portmap->mapping_count; i++) {
		struct cni_nft_bytes key = port_key(&portmap->mappings[i]);

		if (cni_nft_bytes_equal(&key, &item->element.key))
			mapping = &portmap->mappings[i];
	}
	return mapping;
}

struct cni_ip cni_portmap_target(const struct cni_nft_bytes *value)
{
	/* A port follows the address. */
	struct cni_ip ip = {.family = value->size == 4 + 4 ? AF_INET : AF_INET6};

	memcpy(ip.bytes, value->data, cni_ip_size(&ip));
	return ip;
}

struct cni_published cni_portmap_published(const struct cni_nft_items *removed)
{
	struct cni_published published = {
		.mappings = cni_alloc(removed->count * sizeof(*published.mappings))};

	for (size_t i = 0; i < removed->count; i++)
		for (size_t j = 0; j < 2; j++)
			if (!strcmp(removed->items[i].set, families[j].published))
				published.mappings[published.count++] =
					mapping_of(&families[j], &removed->items[i].element.value);
	return published;
}

static struct cni_nft_bytes hairpin_key(const struct cni_ip *address)
{
	struct cni_nft_bytes key = cni_nft_ip(address);

	add_ip(&key, address);
	return key;
}

/* ---- leads ---- */

static void put_lead(struct cni_nft_items *leads, const char *set, const struct cni_nft_bytes *key)
{
	const struct cni_nft_element lead = {.key = *key};

	if (!cni_nft_items_has(leads, set, key))
		cni_nft_items_put(leads, set, &lead);
}

void cni_portmap_follow(const char *set, const struct cni_nft_element *back,
			struct cni_nft_items *leads)
{
	for (size_t i = 0; i < 2; i++) {
		const struct family *family = &families[i];
		struct cni_port_mapping mapping;
		struct cni_nft_bytes key;
		struct cni_ip target;

		if (strcmp(set, family->published) != 0)
			continue;
		mapping = mapping_of(family, &back->value);
		target = target_of(family, &back->value);
		key = port_key(&mapping);
		put_lead(leads, set_of(family, &mapping), &key);
		key = hairpin_key(&target);
		put_lead(leads, family->hairpins, &key);
		key = cni_nft_ip(&target);
		put_lead(leads, family->masquerades, &key);
		if (family->localhosts)
			put_lead(leads, family->localhosts, &key);
	}
}

/* ---- elements ---- */

static bool is_for(const struct cni_port_mapping *mapping, const struct cni_ip *address)
{
	return !cni_ip_is_set(&mapping->host_ip) || mapping->host_ip.family == address->family;
}

/* Sources are translated for the container itself, for 127.0.0.1, or for all. */
static void put_sources(struct cni_owned_wish *wish, const struct cni_portmap *portmap,
			const struct cni_ip *address)
{
	const struct family *family = family_of(address);
	struct cni_nft_bytes pair = hairpin_key(address);
	struct cni_nft_bytes plain = cni_nft_ip(address);

	cni_owned_put(wish, family->hairpins, &pair);
	if (family->localhosts)
		cni_owned_put(wish, family->localhosts, &plain);
	if (portmap->masq_all)
		cni_owned_put(wish, family->masquerades, &plain);
}

static void put_address(struct cni_owned_wish *wish, const struct cni_portmap *portmap,
			const struct cni_ip *address)
{
	const struct family *family = family_of(address);
	bool has_ports = false;

	for (size_t i = 0; i < portmap->mapping_count; i++) {
		const struct cni_port_mapping *mapping = &portmap->mappings[i];
		struct cni_nft_bytes key = port_key(mapping);

		if (!is_for(mapping, address))
			continue;
		has_ports = true;
		cni_owned_put(wish, set_of(family, mapping), &key)->value =
			port_value(mapping, address);
		cni_owned_put_back(wish, family->published)->value =
			published_value(family, mapping, address);
	}
	if (has_ports && portmap->snat)
		put_sources(wish, portmap, address);
}

void cni_portmap_put(struct cni_owned_wish *wish)
{
	const struct cni_portmap *portmap = wish->data;

	for (size_t i = 0; i < portmap->address_count; i++)
		put_address(wish, portmap, &portmap->addresses[i]);
}
