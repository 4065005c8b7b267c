/* SPDX-License-Identifier: Apache-2.0 */
#include "ipam_dhcp_leases.h"

#include "cleanup.h"
#include "dhcp_loop.h"
#include "dhcp_routes.h"
#include "mem.h"
#include "namespace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dhcp_leases_clear(struct leases *leases)
{
	for (size_t i = 0; i < leases->count; i++)
		dhcp_record_clear(&leases->items[i].record);
	free(leases->items);
	cni_attachment_files_clear(&leases->files);
}
int dhcp_leases_load(const struct ipam_source *source, struct leases *ret_leases,
		     struct cni_error *err)
{
	*ret_leases = (struct leases){.count = 0};
	if (cni_attachment_files(DHCP_RECORDS, source->tool->list.name, &ret_leases->files, err) <
	    0)
		return -1;
	ret_leases->items =
		cni_alloc((ret_leases->files.owners.count + 1) * sizeof(*ret_leases->items));
	for (size_t i = 0; i < ret_leases->files.owners.count; i++) {
		struct lease_of *lease = &ret_leases->items[ret_leases->count];

		lease->owner = &ret_leases->files.owners.items[i];
		if (dhcp_record_read(lease->owner, &lease->record, &lease->is_readable, err) < 0)
			return -1;
		/* The temporary file of an ADD that is under way, or was killed. */
		if (lease->is_readable || dhcp_record_may_exist(lease->owner))
			ret_leases->count++;
	}
	return 0;
}

bool dhcp_lease_has_address(const struct lease_of *lease)
{
	return lease->is_readable && !dhcp_terms_are_empty(&lease->record.lease.terms);
}

const char *dhcp_lease_address(const struct lease_of *lease, char text[CNI_IP_TEXT_SIZE])
{
	*text = '\0';
	return dhcp_lease_has_address(lease)
		       ? cni_ip_format(&dhcp_terms_address(&lease->record.lease.terms)->ip, text)
		       : text;
}

const char *dhcp_lease_netns(const struct lease_of *lease)
{
	const struct dhcp_place *place = &lease->record.place;
	freeing char *identity = NULL;

	if (!lease->is_readable)
		return "unknown";
	if (place->cookie)
		identity = cni_format("boot=- cookie=%" PRIu64 " ino=0", place->cookie);
	switch (cni_namespace_ask(place->netns, identity)) {
	case CNI_NAMESPACE_LIVES:
		return "alive";
	case CNI_NAMESPACE_GONE:
		return "gone";
	case CNI_NAMESPACE_UNKNOWN:
		break;
	}
	return "unknown";
}

bool dhcp_lease_is_stale(const struct lease_of *lease)
{
	return !strcmp(dhcp_lease_netns(lease), "gone");
}

const char *dhcp_lease_term(const struct lease_of *lease, char text[64])
{
	uint64_t expires = lease->record.lease.expires;
	uint64_t now = dhcp_now();
	char span[AGE_TEXT_SIZE];

	if (expires == DHCP_NEVER)
		return strcpy(text, "without an end");
	if (expires > now)
		snprintf(text, 64, "for %s more", ipam_span((double)(expires - now) / 1000, span));
	else
		snprintf(text, 64, "which expired %s ago",
			 ipam_span((double)(now - expires) / 1000, span));
	return text;
}

const char *dhcp_lease_server(const struct lease_of *lease, char text[CNI_IP_TEXT_SIZE])
{
	struct cni_ip ip = dhcp_ip(lease->record.lease.terms.server);

	return cni_ip_format(&ip, text);
}
