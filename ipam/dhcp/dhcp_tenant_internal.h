/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the tenant. */
#ifndef DHCP_TENANT_INTERNAL_H
#define DHCP_TENANT_INTERNAL_H

#include "dhcp_tenant.h"

/* Does what the machine of the lease says. */
void dhcp_tenant_perform(struct dhcp_tenant *tenant, struct dhcp_step step);

#endif
