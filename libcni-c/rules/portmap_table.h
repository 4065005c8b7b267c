/* SPDX-License-Identifier: Apache-2.0 */
/* The table of published ports, which portmap.h shows. */
#ifndef CNI_PORTMAP_TABLE_H
#define CNI_PORTMAP_TABLE_H

#include "nft_owned.h"
#include "portmap.h"

extern const struct cni_owned_table cni_portmap_table;

extern const char cni_portmap_owners[];
extern const char cni_portmap_localnets[];

struct cni_portmap_family {
	int number;		 /* AF_INET, AF_INET6 */
	const char *ports;	 /* protocol . port : address . port */
	const char *ports_at;	 /* address . protocol . port : address . port */
	const char *published;	 /* owner's key . index : address or none . protocol . port .
				    address . port */
	const char *waiting;	 /* see nft_owned.h */
	const char *hairpins;	 /* address . address */
	const char *localhosts;	 /* address; NULL in IPv6 */
	const char *masquerades; /* address */
};
extern const struct cni_portmap_family cni_portmap_families[2];

/* Puts all elements of the attachment into the wish. */
void cni_portmap_put(struct cni_owned_wish *wish, const struct cni_portmap *portmap);

/* The elements that a value of `published` leads to, including those that may not exist. */
void cni_portmap_follow(const char *set, const struct cni_nft_element *back,
			struct cni_nft_items *leads);

/* The mapping in a value of `published`, without container_port. */
struct cni_port_mapping cni_portmap_mapping_of(const struct cni_portmap_family *family,
					       const struct cni_nft_bytes *value);

/* For an element of `ports` or `ports_at`: the attachment's mapping with its key; the address in a
 * value. */
const struct cni_port_mapping *cni_portmap_mapping_at(const struct cni_portmap *portmap,
						      const struct cni_nft_item *item);
struct cni_ip cni_portmap_target(const char *set, const struct cni_nft_bytes *value);

/* Functions of the table in files of their own: a port in the way (portmap.c), and route_localnet
 * (portmap_localnet.c). */
int cni_portmap_meet(struct cni_nl *nl, const struct cni_owned_wish *wish,
		     const struct cni_nft_item *item, const struct cni_nft_element *there,
		     enum cni_owned_answer *ret_answer, struct cni_error *err);
bool cni_portmap_has_localnet(struct cni_nl *nl, const struct cni_owned_wish *wish);
int cni_portmap_put_localnet(struct cni_nl *nl, struct cni_nft_tx *tx,
			     const struct cni_owned_wish *wish, struct cni_error *err);
int cni_portmap_close(struct cni_nl *nl, bool closes, struct cni_error *err);

/* Turns route_localnet on, and checks it. The rule of martians must exist before. */
int cni_portmap_turn_on_localnet(const char *ifname, struct cni_error *err);
int cni_portmap_check_localnet(struct cni_nl *nl, const char *ifname, struct cni_error *err);

#endif
