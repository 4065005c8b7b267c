/* SPDX-License-Identifier: Apache-2.0 */
/* VLANs of the bridge's ports. Kernels without bridge VLAN filtering skip these tests; scripts/vm
 * has one with it. */
#ifndef BRIDGE_VLAN_H
#define BRIDGE_VLAN_H

#include "attached.h"

/* First of all: a skip jumps over what would free. */
#define needs_vlan_filtering()                                                                     \
	do {                                                                                       \
		(void)state;                                                                       \
		if (!sandbox_has_vlan_filtering())                                                 \
			skip_because("this kernel has no bridge VLAN filtering");                  \
	} while (0)

/* Pieces of a configuration. */
#define ACCESS "'vlan':100"
#define TRUNK  "'vlanTrunk':[{'id':10},{'minID':20,'maxID':22},{'id':30}]"

/* As bridge(8) shows the VLAN of untagged frames. */
#define NATIVE "'flags':['PVID','Egress Untagged']"

/* Compares the VLANs of a port, as bridge(8) shows them. */
#define assert_vlans(port, expected)                                                               \
	assert_shown(expected, "0.vlans", "bridge -j vlan show dev %s", port)

#endif
