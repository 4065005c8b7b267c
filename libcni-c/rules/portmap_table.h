/* SPDX-License-Identifier: Apache-2.0 */
/* The table of published ports, which portmap.h shows. */
#ifndef CNI_PORTMAP_TABLE_H
#define CNI_PORTMAP_TABLE_H

#include "nft_owned.h"
#include "portmap.h"

extern const struct cni_owned_table cni_portmap_table;

/* Elements, in portmap_element.c: what an attachment has; what a value of `published` leads to,
 * including elements that may not exist. */
void cni_portmap_put(struct cni_owned_wish *wish);
void cni_portmap_follow(const char *set, const struct cni_nft_element *back,
			struct cni_nft_items *leads);

/* The mappings of removed elements. */
struct cni_published cni_portmap_published(const struct cni_nft_items *removed);

/* For an element of `ports` or `ports_at`: the attachment's mapping with its key; the address in a
 * value. */
const struct cni_port_mapping *cni_portmap_mapping_at(const struct cni_portmap *portmap,
						      const struct cni_nft_item *item);
struct cni_ip cni_portmap_target(const struct cni_nft_bytes *value);

/* route_localnet, in portmap_localnet.c. */
bool cni_portmap_has_localnet(struct cni_nl *nl, const struct cni_owned_wish *wish);
int cni_portmap_put_localnet(struct cni_nl *nl, struct cni_nft_tx *tx,
			     const struct cni_owned_wish *wish, struct cni_error *err);
int cni_portmap_close(struct cni_nl *nl, bool closes, struct cni_error *err);

/* Turns route_localnet on, and checks it. The rule of martians must exist before. */
int cni_portmap_turn_on_localnet(const char *ifname, struct cni_error *err);
int cni_portmap_check_localnet(struct cni_nl *nl, const char *ifname, struct cni_error *err);

#endif
