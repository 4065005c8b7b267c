/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the tenant. */
#ifndef DHCP_TENANT_INTERNAL_H
#define DHCP_TENANT_INTERNAL_H

#include "dhcp_tenant.h"

/* Does what the machine of the lease says. */
void dhcp_tenant_perform(struct dhcp_tenant *tenant, struct dhcp_step step);

/* Writes the record. A failure is logged. */
int dhcp_tenant_write(struct dhcp_tenant *tenant, struct cni_error *err);

/* Logs a failure. An interface that is gone takes its lease with it. */
void dhcp_tenant_failed(struct dhcp_tenant *tenant, const struct cni_error *err);

#endif
