/* SPDX-License-Identifier: Apache-2.0 */
/* The leases of a network's dhcp plugins, as their records below /run/cni/dhcp have them. */
#ifndef IPAM_DHCP_LEASES_H
#define IPAM_DHCP_LEASES_H

#include "attachment_file.h"
#include "dhcp_record.h"
#include "ipam.h"

struct lease_of {
	const struct cni_owner *owner;
	struct dhcp_record record;
	bool is_readable; /* `record` is filled */
};

struct leases {
	struct cni_attachment_files files;
	struct lease_of *items;
	size_t count;
};

/* Fails with CNI_EIO. The caller clears, also after a failure. */
int dhcp_leases_load(const struct ipam_source *source, struct leases *ret_leases,
		     struct cni_error *err);
void dhcp_leases_clear(struct leases *leases);
#define clearing_leases __attribute__((cleanup(dhcp_leases_clear)))

/* False for a damaged record, and for a lease that was lost. */
bool dhcp_lease_has_address(const struct lease_of *lease);

/* "" without an address. */
const char *dhcp_lease_address(const struct lease_of *lease, char text[CNI_IP_TEXT_SIZE]);
const char *dhcp_lease_server(const struct lease_of *lease, char text[CNI_IP_TEXT_SIZE]);

/* The rest of the lease: "for 55m more", "without an end", "which expired 5m ago". */
const char *dhcp_lease_term(const struct lease_of *lease, char text[64]);

/* "alive", "gone" or "unknown". */
const char *dhcp_lease_netns(const struct lease_of *lease);
/* True if the namespace is gone. */
bool dhcp_lease_is_stale(const struct lease_of *lease);

#endif
