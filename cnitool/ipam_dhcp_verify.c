/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of dhcp's leases. */
#include "cleanup.h"
#include "dhcp_loop.h"
#include "ipam_dhcp.h"
#include "mem.h"

#include <string.h>

/* The leases of a source, and the faults that are found in them. */
struct search {
	const struct ipam_source *source;
	const struct leases *leases;
	struct ipam_faults *faults;
};

/* The address that both have; NULL: none. */
static const struct cni_ip *shared_address(const struct lease_of *one, const struct lease_of *other)
{
	const struct cni_result *result = dhcp_lease_result(one);

	for (size_t i = 0; i < result->ip_count; i++)
		if (dhcp_lease_has(other, &result->ips[i].address.ip))
			return &result->ips[i].address.ip;
	return NULL;
}

/* The end of the lease, and of its holder. */
static void verify_end(const struct search *search, const struct lease_of *lease)
{
	const struct cni_result *result = dhcp_lease_result(lease);
	const struct cni_ip *ip = result->ip_count ? &result->ips[0].address.ip : NULL;
	freeing char *text = NULL;
	char address[CNI_IP_TEXT_SIZE];
	char term[64];

	if (!lease->is_readable)
		text = cni_format("%s:%s: the record is damaged, and no daemon renews the lease",
				  lease->owner->container, lease->owner->ifname);
	else if (ip && dhcp_now() >= dhcp_lease_expires(lease))
		text = cni_format("%s: a lease %s is recorded for container %s, interface %s",
				  cni_ip_format(ip, address), dhcp_lease_term(lease, term),
				  lease->owner->container, lease->owner->ifname);
	else if (ip && dhcp_lease_is_gone(lease))
		text = cni_format(
			"%s: leased to container %s, interface %s, whose namespace is gone",
			cni_ip_format(ip, address), lease->owner->container, lease->owner->ifname);
	if (text)
		ipam_add_fault(search->faults, search->source, ip, text);
}

static void verify_lease(const struct search *search, size_t place)
{
	const struct lease_of *lease = &search->leases->items[place];

	verify_end(search, lease);
	for (size_t i = 0; i < place; i++) {
		const struct lease_of *other = &search->leases->items[i];
		const struct cni_ip *ip = shared_address(lease, other);
		char address[CNI_IP_TEXT_SIZE];
		freeing char *text = NULL;

		if (!ip)
			continue;
		text = cni_format("%s: leased to container %s, interface %s, and to container %s, "
				  "interface %s",
				  cni_ip_format(ip, address), other->owner->container,
				  other->owner->ifname, lease->owner->container,
				  lease->owner->ifname);
		ipam_add_fault(search->faults, search->source, ip, text);
	}
}

/* Leases of a daemon that does not run: a fault for each socket. */
static void verify_daemon(const struct search *search, size_t place)
{
	const struct leases *leases = search->leases;
	const struct lease_of *lease = &leases->items[place];
	const char *socket = dhcp_lease_socket(lease);
	freeing char *text = NULL;
	size_t count = 0;

	if (!lease->is_readable)
		return;
	for (size_t i = 0; i < leases->count; i++) {
		const struct lease_of *other = &leases->items[i];

		if (!other->is_readable || strcmp(dhcp_lease_socket(other), socket) != 0)
			continue;
		if (i < place)
			return;
		count++;
	}
	if (dhcp_lease_is_served(lease))
		return;
	text = cni_format("no daemon answers on '%s', which has %zu %s to renew", socket, count,
			  count == 1 ? "lease" : "leases");
	ipam_add_fault(search->faults, search->source, NULL, text);
}

int ipam_dhcp_verify(const struct ipam_source *source, struct ipam_faults *faults,
		     struct cni_error *err)
{
	clearing_leases struct leases leases;
	const struct search search = {.source = source, .leases = &leases, .faults = faults};

	if (dhcp_leases_load(source, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++) {
		verify_lease(&search, i);
		verify_daemon(&search, i);
	}
	return 0;
}
