/* SPDX-License-Identifier: Apache-2.0 */
/* All tenants of the daemon and the visitors that ask for them. */
#ifndef DHCP_HOUSE_H
#define DHCP_HOUSE_H

#include "dhcp_carrier.h"
#include "dhcp_flags.h"
#include "dhcp_tenant.h"
#include "dhcp_visitor.h"

struct dhcp_house {
	struct dhcp_setting setting;
	const struct dhcp_flags *flags;
	struct dhcp_carrier carrier;
	struct dhcp_tenant **tenants;
	size_t tenant_count;
	struct dhcp_visitor **visitors;
	size_t visitor_count;
};

/* Visitors at one time. */
#define DHCP_VISITORS_MAX 1024

/* ADD waits for a server no longer than this: plugins give an IPAM plugin 100 seconds (spec/exec.h). */
#define DHCP_ADD_MS 90000

/* `socket` and `flags` must outlive the house. Fails with CNI_EKERNEL. */
int dhcp_house_open(struct dhcp_house *house, const struct dhcp_flags *flags, const char *socket,
		    struct cni_error *err);
void dhcp_house_close(struct dhcp_house *house);

/* Goes on with the leases of all records of this socket. */
void dhcp_house_resume(struct dhcp_house *house);

/* Takes a connection. */
void dhcp_house_admit(struct dhcp_house *house, int fd);

/* When dhcp_house_tend() is due at the latest; it is also due after each event. */
uint64_t dhcp_house_wakes(const struct dhcp_house *house);
void dhcp_house_tend(struct dhcp_house *house);

#endif
