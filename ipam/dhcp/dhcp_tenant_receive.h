/* SPDX-License-Identifier: Apache-2.0 */
/* An answer of a server, from the tenant's socket to the machine of its lease. */
#ifndef DHCP_TENANT_RECEIVE_H
#define DHCP_TENANT_RECEIVE_H

#include "dhcp_tenant.h"

/* Packets that are read at once: a flood for one container does not hold up the others. */
#define DHCP_RECEIVE_BATCH 16

/* Reads one packet and gives the machine what is an answer to this client. False if nothing is there. */
bool dhcp_tenant_receive(struct dhcp_tenant *tenant, struct dhcp_step *ret_step);

#endif
