/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant whose lease is one of IPv6: the machine of dhcp6_lease.h with a socket. dhcp_tenant.h calls these. */
#ifndef DHCP6_TENANT_H
#define DHCP6_TENANT_H

#include "dhcp_tenant.h"

void dhcp6_tenant_init(struct dhcp_tenant *tenant);

/* Each fails, or goes on, as its counterpart in dhcp_tenant.h. */
int dhcp6_tenant_begin(struct dhcp_tenant *tenant, struct cni_error *err);
void dhcp6_tenant_resume(struct dhcp_tenant *tenant);
void dhcp6_tenant_confirm(struct dhcp_tenant *tenant);
void dhcp6_tenant_wake(struct dhcp_tenant *tenant, uint64_t now);

/* Sends the next probe, or takes silence for an answer. */
void dhcp6_tenant_probe(struct dhcp_tenant *tenant);

#endif
