/* SPDX-License-Identifier: Apache-2.0 */
/* A lease's interface: a link in a namespace, and the link of the host that leads to the same network. */
#ifndef DHCP_PLACE_H
#define DHCP_PLACE_H

#include "error.h"
#include "owner.h"
#include "result.h"

#include <stdbool.h>
#include <stdlib.h>

/* All zeroes is none. */
struct dhcp_place {
	char *netns;	 /* the path */
	uint64_t cookie; /* of the namespace; 0: the kernel has none */
	char ifname[CNI_IFNAME_SIZE];
	int index; /* of the interface in the namespace */
	uint8_t mac[CNI_MAC_SIZE];
	bool shares_mac;	      /* ipvlan: no unicast arrives before there is an address */
	char parent[CNI_IFNAME_SIZE]; /* on the host; "": not known */
	int parent_index;
	uint16_t vlan; /* of a VLAN: frames on the parent have this tag; 0: none */
	/* Without a parent: a device of the host, which has no other link with this MAC, may be there again
	 * later. The container chooses its MAC: one that a link of the host has leads to no device. */
	bool may_return;
};

static inline void dhcp_place_clear(struct dhcp_place *place)
{
	free(place->netns);
	*place = (struct dhcp_place){.netns = NULL};
}

/* Opens the namespace. Fails with CNI_EENV: errnum ENOENT if it is gone, also if another one has its path. */
int dhcp_place_open(const struct dhcp_place *place, int *ret_netns, struct cni_error *err);

/* Finds `netns` and `ifname`, sets the link up, because nothing can be sent before, and fills the rest. Fails with
 * CNI_EENV or CNI_EKERNEL. */
int dhcp_place_find(struct dhcp_place *place, struct cni_error *err);

/* Finds the same, but for the host's side, and changes nothing. `*ret_has` tells whether the interface has the
 * address `net`. Fails likewise. */
int dhcp_place_look(struct dhcp_place *place, const struct cni_net *net, bool *ret_has,
		    bool *ret_is_up, struct cni_error *err);

/* The index of the one link of the host with this MAC; 0: none, -1: more than one. */
int dhcp_place_host_link(const uint8_t mac[CNI_MAC_SIZE]);

/* Puts the addresses and the routes on the interface, instead of those of `before` (no address: none). Fails with
 * CNI_EKERNEL, after all of it was tried. */
int dhcp_place_apply(const struct dhcp_place *place, const struct cni_result *before,
		     const struct cni_result *result, struct cni_error *err);

/* Takes the addresses and their routes off the interface. Success if they are not there. */
int dhcp_place_withdraw(const struct dhcp_place *place, const struct cni_result *result,
			struct cni_error *err);

#endif
