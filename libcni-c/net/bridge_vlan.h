/* SPDX-License-Identifier: Apache-2.0 */
/* The VLANs of a bridge's port, over rtnetlink(7) with AF_BRIDGE (linux/if_bridge.h). */
#ifndef CNI_BRIDGE_VLAN_H
#define CNI_BRIDGE_VLAN_H

#include "decls.h"
#include "nl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

CNI_BEGIN_DECLS

#define CNI_BRIDGE_VLAN_MAX 4094

/* A bit for each VLAN id. */
struct cni_bridge_vlan_set {
	uint64_t bits[(CNI_BRIDGE_VLAN_MAX + 64) / 64];
};

/* `id` is at most CNI_BRIDGE_VLAN_MAX. */
static inline void cni_bridge_vlan_set_add(struct cni_bridge_vlan_set *set, uint32_t id)
{
	set->bits[id / 64] |= 1ULL << (id % 64);
}

/* True if `id`, which is at most CNI_BRIDGE_VLAN_MAX, is in the set. */
static inline bool cni_bridge_vlan_set_has(const struct cni_bridge_vlan_set *set, uint32_t id)
{
	return set->bits[id / 64] & (1ULL << (id % 64));
}

/* True if no VLAN is in the set. */
bool cni_bridge_vlan_set_is_empty(const struct cni_bridge_vlan_set *set);

/* The VLANs of a port: `native` (0: none) untagged, `tagged` with their tags. */
struct cni_bridge_vlan_port {
	uint32_t native;
	struct cni_bridge_vlan_set tagged;
};

/* Adds the VLANs to the port `index`, in as few ranges as possible; the port keeps its other
 * VLANs. Fails with CNI_EKERNEL; errnum EOPNOTSUPP if the kernel has no bridge VLAN filtering. */
int cni_bridge_vlan_add(struct cni_nl *nl, int index, const struct cni_bridge_vlan_port *port,
			struct cni_error *err);

/* Removes a VLAN from a port, if present. */
int cni_bridge_vlan_del(struct cni_nl *nl, int index, uint32_t id, struct cni_error *err);

/* Reads the VLANs of the port. */
int cni_bridge_vlan_get(struct cni_nl *nl, int index, struct cni_bridge_vlan_port *ret_port,
			struct cni_error *err);

CNI_END_DECLS

#endif
