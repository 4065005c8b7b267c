/* SPDX-License-Identifier: Apache-2.0 */
#include "masquerade_iptables.h"

#include "cleanup.h"
#include "kept_destinations.h"
#include "masquerade.h"
#include "masquerade_destinations.h"
#include "nat_attachment.h"
#include "netfilter.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void clear_nats(struct cni_nat nats[2])
{
	cni_nat_clear(&nats[0]);
	cni_nat_clear(&nats[1]);
}

static void make_nats(const struct cni_attachment *at, const struct cni_destinations *destinations,
		      struct cni_nat nats[2])
{
	struct cni_masquerade wanted = {
		.owner = at->owner, .device = "", .destinations = destinations};
	freeing struct cni_net *nets = cni_attachment_addresses(at, &wanted.count);

	wanted.nets = nets;
	cni_nat_masquerade(&wanted, AF_INET, &nats[0]);
	cni_nat_masquerade(&wanted, AF_INET6, &nats[1]);
}

int cni_masquerade_detach(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err)
{
	struct cni_published published;
	int failed = cni_nat_detach(nl, &cni_nat_of_masquerade, owner, &published, err);

	free(published.mappings);
	return failed;
}

static int make_in_iptables(struct cni_attachment *at, struct cni_nl *nl,
			    const struct cni_destinations *destinations, struct cni_error *err)
{
	clearing_nat_record struct cni_nat_record record = {.tool = CNI_IPTABLES_PLAIN};
	struct cni_nat nats[2];
	int failed;

	memcpy(record.link, at->host.name, sizeof(record.link));
	record.nets = cni_attachment_addresses(at, &record.net_count);
	make_nats(at, destinations, nats);
	failed = cni_nat_attach(nl, &cni_nat_of_masquerade, at->owner, nats, 2, &record, err);
	clear_nats(nats);
	return failed;
}

/* Under the lock of the network's destinations: attachments that are there follow first. */
static int add_locked(struct cni_attachment *at, struct cni_nl *nl,
		      struct cni_masquerade_part *spec, struct cni_error *err)
{
	clearing_destinations struct cni_destinations kept = {.nets = NULL};
	const struct cni_destinations *wanted =
		at->call->env.command == CNI_MEND ? NULL : &spec->destinations;
	const char *network = at->owner->network;
	struct cni_error ignored;

	if (cni_destinations_read(network, &kept, err) < 0)
		return -1;
	if (!wanted)
		wanted = &kept;
	if ((at->call->env.command == CNI_MEND || !cni_destinations_equal(wanted, &kept)) &&
	    cni_masquerade_set(nl, network, wanted, err) < 0)
		return -1;
	if (cni_destinations_keep(network, wanted, err) == 0 &&
	    make_in_iptables(at, nl, wanted, err) == 0) {
		spec->changed = !cni_destinations_equal(wanted, &kept);
		spec->before = kept;
		kept = (struct cni_destinations){.nets = NULL};
		return 0;
	}
	if (!cni_destinations_equal(wanted, &kept))
		cni_masquerade_set(nl, network, &kept, &ignored);
	return -1;
}

/* Asked before anything changes. */
static int find_tool(const struct cni_attachment *at, struct cni_error *err)
{
	struct cni_nat nats[2];
	int failed;

	make_nats(at, NULL, nats);
	failed = cni_nat_find_tool(nats, 2, err);
	clear_nats(nats);
	return failed;
}

/* Also in place of elements of ours. */
int cni_masquerade_add_by_iptables(struct cni_attachment *at, struct cni_masquerade_part *spec,
				   struct cni_error *err)
{
	const char *network = at->owner->network;
	closing int shared = -1;
	closing int lock = -1;
	struct cni_nl *nl;

	if (find_tool(at, err) < 0 || cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_destinations_lock(network, CNI_LOCK_SHARED, &shared, err) < 0)
		return -1;
	if (at->call->env.command == CNI_MEND ||
	    !cni_destinations_are_kept(network, &spec->destinations)) {
		cni_close_fdp(&shared);
		shared = -1;
		if (cni_destinations_lock(network, CNI_LOCK_EXCLUSIVE, &lock, err) < 0)
			return -1;
	}
	if (add_locked(at, nl, spec, err) < 0)
		return -1;
	return cni_owned_del(nl, &cni_masquerade_table, at->owner, NULL, err) < 0
		       ? cni_attachment_netfilter_failed("nf_tables", err)
		       : 0;
}

int cni_masquerade_check_by_iptables(struct cni_attachment *at, struct cni_error *err)
{
	clearing_destinations struct cni_destinations kept = {.nets = NULL};
	struct cni_nat nats[2];
	int failed;

	if (cni_destinations_read(at->owner->network, &kept, err) < 0)
		return cni_fail_within(err, "masquerade");
	make_nats(at, &kept, nats);
	failed = cni_nat_check_all(&cni_nat_of_masquerade, at->owner, nats, 2, err);
	clear_nats(nats);
	return failed ? cni_fail_within(err, "masquerade") : 0;
}
