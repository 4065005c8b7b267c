/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall_place.h"

#include "cleanup.h"
#include "mem.h"
#include "netfilter.h"

#include <stdlib.h>

/* ---- whose packets ---- */

/* The interfaces of the host by which the container's packets come and go. */
struct interfaces {
	const char **names; /* ends with NULL */
	size_t count;
};

static void free_interfaces(struct interfaces *interfaces)
{
	free(interfaces->names);
}
#define freeing_interfaces __attribute__((cleanup(free_interfaces)))

static struct interfaces interfaces_of(const struct cni_attachment *at)
{
	size_t count = at->result->interface_count;
	struct interfaces interfaces = {.names = cni_alloc((count + 1) * sizeof(char *))};

	for (size_t i = 0; i < count; i++)
		if (cni_attachment_is_on_host(&at->result->interfaces[i]))
			interfaces.names[interfaces.count++] = at->result->interfaces[i].name;
	return interfaces;
}

static struct cni_firewall_traffic traffic_of(const struct cni_firewall_record *record,
					      const struct interfaces *interfaces)
{
	return (struct cni_firewall_traffic){.addresses = record->addresses,
					     .count = record->count,
					     .interfaces =
						     interfaces->count ? interfaces->names : NULL};
}

int cni_firewall_place(struct cni_attachment *at, enum cni_firewall_backend written,
		       struct cni_firewall_record *record, struct cni_error *err)
{
	freeing_interfaces struct interfaces interfaces = interfaces_of(at);
	const struct cni_firewall_traffic traffic = traffic_of(record, &interfaces);
	struct cni_firewall_choice choice;
	struct cni_nl *nl;

	record->backend = written;
	if (written != CNI_FIREWALL_AUTOMATIC && written != CNI_FIREWALL_IPTABLES)
		return 0;
	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_firewall_choose(nl, written, &traffic, &choice, err) < 0)
		return -1;
	record->is_chosen = written == CNI_FIREWALL_AUTOMATIC;
	record->backend = choice.backend;
	record->tools = choice.tools;
	return 0;
}

/* True if the backend is for us to choose, today and by ADD. */
static bool may_move(const struct cni_firewall_part *spec, const struct cni_firewall_record *record)
{
	return spec->backend == CNI_FIREWALL_AUTOMATIC &&
	       (record->is_chosen || !record->has_digest);
}

int cni_firewall_check_place(struct cni_attachment *at, const struct cni_firewall_part *spec,
			     const struct cni_firewall_record *record, struct cni_error *err)
{
	freeing_interfaces struct interfaces interfaces = interfaces_of(at);
	const struct cni_firewall_traffic traffic = traffic_of(record, &interfaces);
	const struct cni_firewall_choice choice = {record->backend, record->tools};
	struct cni_nl *nl;

	if (!interfaces.count || !record->count)
		return 0;
	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_firewall_reaches(nl, &choice, &traffic, may_move(spec, record), CNI_EMISMATCH,
				 err) < 0)
		return cni_fail_within(err, "firewall");
	return 0;
}

/* ---- moving ---- */

int cni_firewall_place_today(struct cni_attachment *at, const struct cni_firewall_part *spec,
			     const struct cni_firewall_record *record,
			     struct cni_firewall_record *ret_record, bool *ret_moves,
			     struct cni_error *err)
{
	bool is_written = spec->backend == record->backend;

	*ret_record = cni_firewall_record_copy(record);
	*ret_moves = false;
	if (!is_written && !may_move(spec, record))
		return 0;
	if (cni_firewall_place(at, spec->backend, ret_record, err) < 0)
		return -1;
	*ret_moves = ret_record->backend != record->backend ||
		     ret_record->tools != cni_iptables_resolve(record->tools) ||
		     record->leaving_tools || record->leaving_firewalld;
	return 0;
}

void cni_firewall_note_leaving(const struct cni_firewall_record *from,
			       struct cni_firewall_record *to)
{
	unsigned int tools = from->leaving_tools;

	if (from->backend == CNI_FIREWALL_IPTABLES)
		tools |= cni_iptables_resolve(from->tools);
	/* The command without a suffix, of no known kind, may be one of those. */
	if (to->backend == CNI_FIREWALL_IPTABLES)
		tools &= ~(to->tools | CNI_IPTABLES_PLAIN);
	to->leaving_tools = tools;
	to->leaving_firewalld =
		(from->leaving_firewalld || from->backend == CNI_FIREWALL_FIREWALLD) &&
		to->backend != CNI_FIREWALL_FIREWALLD;
}
