/* SPDX-License-Identifier: Apache-2.0 */
/* A bridge's interface in a VLAN, "br0.100": a veth whose other end is a port of the bridge with
 * that VLAN. The networks that use the VLAN share it; it has their gateways. */
#ifndef CNI_BRIDGE_VLAN_LINK_H
#define CNI_BRIDGE_VLAN_LINK_H

#include "attachment.h"
#include "bridge_vlan.h"
#include "decls.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* The interface of a bridge in one of its VLANs. */
struct cni_bridge_vlan_link {
	const char *bridge;
	uint32_t vlan;
	bool keeps_default_vlan; /* its port lets through what the bridge's ports begin with, too */
	bool made;		 /* by this run */
};

/* Room for any bridge's name with a VLAN behind it; that it fits IFNAMSIZ is checked before. */
#define CNI_BRIDGE_VLAN_LINK_NAME_SIZE (CNI_IFNAME_SIZE + 8)
/* "br0.100", by the name of `bridge`, which the configuration may know by a second one; without an index it
 * is not known yet. Returns `name`. */
const char *cni_bridge_vlan_link_name(const struct cni_bridge_vlan_link *vlan_link,
				      const struct cni_link *bridge,
				      char name[CNI_BRIDGE_VLAN_LINK_NAME_SIZE]);

/* Makes it if it is absent, and finishes what a killed ADD has left half made. Somebody's own link
 * of that name, a VLAN device say, is taken as it is. at->master is the bridge. All or nothing. */
int cni_bridge_vlan_link_ensure(struct cni_attachment *at, struct cni_bridge_vlan_link *vlan_link,
				struct cni_link *ret_link, struct cni_error *err);

/* Fails with CNI_EMISMATCH unless `link` and its port are up, and the port has the VLAN. */
int cni_bridge_vlan_link_check(struct cni_attachment *at,
			       const struct cni_bridge_vlan_link *vlan_link,
			       const struct cni_link *link, struct cni_error *err);

CNI_END_DECLS

#endif
