/* SPDX-License-Identifier: Apache-2.0 */
/* The ports of an attachment, and publishing them elsewhere than in our table of nf_tables (portmap.h): by
 * iptables (nat.h), or with conditions (conditional_ports.h). Our table then has route_localnet and its guard
 * alone. */
#ifndef CNI_PORTMAP_SCENE_H
#define CNI_PORTMAP_SCENE_H

#include "parts.h"

#include <net/if.h>

struct cni_portmap_scene {
	struct cni_portmap portmap;
	struct cni_ip addresses[2]; /* the first one of each family */
	struct cni_net nets[2];	    /* the same, with their networks */
	char localnet[IF_NAMESIZE];
};

/* True if the part's configuration publishes elsewhere. */
bool cni_portmap_is_elsewhere(const struct cni_portmap_part *spec);

/* Publishes, also in place of elements of our table. Fails with CNI_ECONFIG if a command is not there. */
int cni_portmap_add_elsewhere(struct cni_attachment *at, const struct cni_portmap_part *spec,
			      const struct cni_portmap_scene *scene, struct cni_nl *nl,
			      struct cni_error *err);

/* Checks what the record names, or without one the configuration. */
int cni_portmap_check_elsewhere(struct cni_attachment *at, const struct cni_portmap_part *spec,
				const struct cni_portmap_scene *scene, struct cni_nl *nl,
				struct cni_error *err);

#endif
