/* SPDX-License-Identifier: Apache-2.0 */
#include "ipam_dhcp_leases.h"

#include "cleanup.h"
#include "dhcp_asker.h"
#include "dhcp_loop.h"
#include "dhcp_routes.h"
#include "mem.h"
#include "namespace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK_MS 2000

static const char *const directories[] = {DHCP_RECORDS, DHCP6_RECORDS};

void dhcp_leases_clear(struct leases *leases)
{
	for (size_t i = 0; i < leases->count; i++)
		dhcp_record_clear(&leases->items[i].record);
	free(leases->items);
	for (size_t i = 0; i < 2; i++)
		cni_attachment_files_clear(&leases->files[i]);
}

/* Reads the record. A temporary file of an ADD that is under way, or was killed, is none. */
static int add(struct leases *leases, const char *records, const struct cni_owner *owner,
	       struct cni_error *err)
{
	struct lease_of *lease = &leases->items[leases->count];
	freeing char *text = NULL;

	*lease = (struct lease_of){.owner = owner, .records = records};
	if (cni_attachment_file_read(records, owner, &text, err) < 0)
		return -1;
	if (!text)
		return 0;
	leases->count++;
	return dhcp_record_read_in(records, owner, &lease->record, &lease->is_readable, err);
}

int dhcp_leases_load(const struct ipam_source *source, struct leases *ret_leases,
		     struct cni_error *err)
{
	const char *network = source->tool->list.name;
	struct cni_attachment_files *files = ret_leases->files;

	*ret_leases = (struct leases){.count = 0};
	for (size_t i = 0; i < 2; i++)
		if (cni_attachment_files(directories[i], network, &files[i], err) < 0)
			return -1;
	ret_leases->items = cni_alloc((files[0].owners.count + files[1].owners.count + 1) *
				      sizeof(*ret_leases->items));
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < files[i].owners.count; j++)
			if (add(ret_leases, directories[i], &files[i].owners.items[j], err) < 0)
				return -1;
	return 0;
}

const struct cni_result *dhcp_lease_result(const struct lease_of *lease)
{
	return dhcp_record_result(&lease->record);
}

bool dhcp_lease_has(const struct lease_of *lease, const struct cni_ip *ip)
{
	const struct cni_result *result = dhcp_lease_result(lease);

	for (size_t i = 0; i < result->ip_count; i++)
		if (cni_ip_equal(&result->ips[i].address.ip, ip))
			return true;
	return false;
}

uint64_t dhcp_lease_expires(const struct lease_of *lease)
{
	const struct dhcp_record *record = &lease->record;

	return dhcp_record_is_six(record) ? record->six.expires : record->lease.expires;
}

uint64_t dhcp_lease_renews(const struct lease_of *lease)
{
	const struct dhcp_record *record = &lease->record;

	return dhcp_record_is_six(record) ? record->six.renews : record->lease.renews;
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

bool dhcp_lease_is_gone(const struct lease_of *lease)
{
	return !strcmp(dhcp_lease_netns(lease), "gone");
}

const char *dhcp_lease_socket(const struct lease_of *lease)
{
	return lease->record.socket ? lease->record.socket : "";
}

bool dhcp_lease_is_served(const struct lease_of *lease)
{
	const struct dhcp_request request = {.verb = DHCP_VERB_STATUS};
	freeing char *answer = NULL;
	struct cni_error ignored;

	return dhcp_ask(dhcp_lease_socket(lease), &request, NULL, ASK_MS, &answer, &ignored) == 0;
}

const char *dhcp_lease_term(const struct lease_of *lease, char text[64])
{
	uint64_t expires = dhcp_lease_expires(lease);
	uint64_t now = dhcp_now();
	char span[AGE_TEXT_SIZE];

	if (expires == DHCP_NEVER)
		snprintf(text, 64, "without an end");
	else if (expires > now)
		snprintf(text, 64, "for %s more", ipam_span((double)(expires - now) / 1000, span));
	else
		snprintf(text, 64, "which expired %s ago",
			 ipam_span((double)(now - expires) / 1000, span));
	return text;
}

const char *dhcp_lease_server(const struct lease_of *lease, char text[CNI_IP_TEXT_SIZE])
{
	struct cni_ip ip = dhcp_ip(lease->record.lease.terms.server);

	if (dhcp_record_is_six(&lease->record))
		return lease->record.six.mode == DHCP6_STATEFUL ? "DHCPv6" : "a router";
	return cni_ip_format(&ip, text);
}
