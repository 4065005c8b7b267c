/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the portmap table, for those who fill it and those who look at it. portmap.h shows
 * it whole. */
#ifndef CNI_PORTMAP_TABLE_H
#define CNI_PORTMAP_TABLE_H

#include "nft.h"
#include "portmap.h"

extern const struct cni_nft_table cni_portmap_table;
extern const char cni_portmap_localnets[];

struct cni_portmap_family {
	int number;		 /* AF_INET, AF_INET6 */
	const char *ports;	 /* protocol . port : address . port */
	const char *ports_at;	 /* address . protocol . port : address . port */
	const char *published;	 /* owner's name . index : address or none . protocol . port */
	const char *hairpins;	 /* address . address */
	const char *localhosts;	 /* address; NULL in IPv6 */
	const char *masquerades; /* address */
	enum cni_nft_type type;
};
extern const struct cni_portmap_family cni_portmap_families[2];

const struct cni_portmap_family *cni_portmap_family_of(const struct cni_ip *ip);

/* Where a mapping stands, and under which key; with `address`, which family it is for. */
const char *cni_portmap_set_of(const struct cni_portmap_family *family,
			       const struct cni_port_mapping *mapping);
struct cni_nft_bytes cni_portmap_key(const struct cni_port_mapping *mapping);
struct cni_nft_bytes cni_portmap_value(const struct cni_port_mapping *mapping,
				       const struct cni_ip *address);

/* A published4 or published6 element: the key of the owner's `index`-th, its value, and the mapping
 * that a value is. */
struct cni_nft_bytes cni_portmap_back_key(const char *name, uint32_t index);
struct cni_nft_bytes cni_portmap_back_value(const struct cni_portmap_family *family,
					    const struct cni_port_mapping *mapping);
struct cni_port_mapping cni_portmap_mapping_of(const struct cni_portmap_family *family,
					       const struct cni_nft_bytes *value);

/* Is the mapping for this address? */
bool cni_portmap_is_for(const struct cni_port_mapping *mapping, const struct cni_ip *address);

/* address . address */
struct cni_nft_bytes cni_portmap_hairpin_key(const struct cni_ip *address);

/* 1 if the element is there, 0 if it, its set or the table is not, -1 on failure. */
int cni_portmap_look_up(struct cni_nl *nl, const char *set, const struct cni_nft_bytes *key,
			struct cni_nft_element *ret_element, struct cni_error *err);

/* The chains, how many rules each has, and how many jump to it; ends with a NULL name. */
struct cni_portmap_chain {
	const char *name;
	uint32_t rules;
	uint32_t jumps;
};
extern const struct cni_portmap_chain cni_portmap_chains[];

/* Is an interface in `localnets`? As cni_portmap_look_up(). */
struct cni_nft_bytes cni_portmap_localnet_key(const char *ifname);

/* The elements that a mapping and an address of the container have, ready to be added: `port` and
 * its way back, and what lets the container itself, 127.0.0.1 and everybody else be masqueraded. */
struct cni_nft_element cni_portmap_port(const struct cni_portmap *portmap,
					const struct cni_port_mapping *mapping,
					const struct cni_ip *address);
struct cni_nft_element cni_portmap_back(const struct cni_portmap *portmap,
					const struct cni_port_mapping *mapping,
					const struct cni_ip *address, uint32_t index);

/* The sets that an address has to be in, with the element for each; at most CNI_PORTMAP_SOURCES.
 * Returns their number, 0 if the address publishes nothing. */
#define CNI_PORTMAP_SOURCES 3
struct cni_portmap_source {
	const char *set;
	struct cni_nft_element element;
};
size_t cni_portmap_sources(const struct cni_portmap *portmap, const struct cni_ip *address,
			   struct cni_portmap_source sources[CNI_PORTMAP_SOURCES]);

/* The table, its sets, chains and rules, whatever of it is there already. */
void cni_portmap_add_skeleton(struct cni_nft_tx *tx);

#endif
