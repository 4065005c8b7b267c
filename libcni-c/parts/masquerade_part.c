/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "cleanup.h"
#include "go_rules.h"
#include "kept_destinations.h"
#include "masquerade.h"
#include "masquerade_destinations.h"
#include "masquerade_iptables.h"
#include "nat_attachment.h"
#include "nat_legacy.h"
#include "netfilter.h"
#include "readiness.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void print(FILE *out, const void *data)
{
	const struct cni_masquerade_part *spec = data;

	fputs(!spec->wanted	  ? " owner, none"
	      : spec->by_iptables ? " owner, iptables"
				  : " owner",
	      out);
	if (spec->wanted && spec->destinations.count)
		fprintf(out, ", but for %zu destinations", spec->destinations.count);
}

/* Packets of a bridge in a VRF come in through the VRF's interface (ip-vrf(8)). */
static int name_vrf(struct cni_attachment *at, int index, char device[CNI_IFNAME_SIZE],
		    struct cni_error *err)
{
	struct cni_link link;

	if (!index)
		return 0;
	if (cni_link_get_by_index(&at->nl[CNI_HOST], index, &link, err) < 0)
		return -1;
	if (!strcmp(link.kind, "vrf"))
		memcpy(device, link.name, CNI_IFNAME_SIZE);
	return 0;
}

/* The interface that the container's packets come in through. */
static int find_device(struct cni_attachment *at, const struct cni_masquerade_part *spec,
		       char device[CNI_IFNAME_SIZE], struct cni_error *err)
{
	char name[CNI_BRIDGE_VLAN_LINK_NAME_SIZE];
	struct cni_link link = at->master.index ? at->master : at->host;

	if (spec->link.vlan &&
	    cni_link_get(&at->nl[CNI_HOST],
			 cni_bridge_vlan_link_name(&spec->link, &at->master, name), &link, err) < 0)
		return -1;
	memcpy(device, link.name, CNI_IFNAME_SIZE);
	return link.index == at->host.index ? 0 : name_vrf(at, link.master, device, err);
}

/* MEND never brings older destinations back: the network's cached configurations may have some. */
static const struct cni_destinations *wanted_destinations(const struct cni_attachment *at,
							  const struct cni_masquerade_part *spec)
{
	return at->call->env.command == CNI_MEND ? NULL : &spec->destinations;
}

static int add_or_check(struct cni_attachment *at, const struct cni_masquerade_part *spec,
			int (*verb)(struct cni_nl *nl, const struct cni_masquerade *wanted,
				    struct cni_error *err),
			struct cni_masquerade_change *change, struct cni_error *err)
{
	freeing struct cni_net *nets = NULL;
	char device[CNI_IFNAME_SIZE];
	struct cni_masquerade wanted = {.owner = at->owner,
					.device = device,
					.destinations = wanted_destinations(at, spec),
					.rewrites = at->call->env.command == CNI_MEND,
					.change = change};
	struct cni_nl *nl;

	if (find_device(at, spec, device, err) < 0 || cni_attachment_netfilter(at, &nl, err) < 0)
		return -1;
	nets = cni_attachment_addresses(at, &wanted.count);
	wanted.nets = nets;
	return verb(nl, &wanted, err);
}

/* ---- the verbs ---- */

static int add_by_nftables(struct cni_attachment *at, struct cni_masquerade_part *spec,
			   struct cni_error *err)
{
	struct cni_masquerade_change change = {.is_done = false};
	struct cni_nl *nl;

	if (add_or_check(at, spec, cni_masquerade_add, &change, err) < 0)
		return -1;
	spec->changed = change.is_done;
	spec->before = change.before;
	if (spec->changed && cni_masquerade_follow(at->owner->network, err) < 0)
		return -1;
	if (!cni_nat_is_recorded(&cni_nat_of_masquerade, at->owner))
		return 0;
	return cni_attachment_netfilter(at, &nl, err) < 0
		       ? -1
		       : cni_masquerade_detach(nl, at->owner, err);
}

/* The network's earlier destinations, unless a newer ADD has replaced those of this one. */
static int put_back(struct cni_attachment *at, struct cni_masquerade_part *spec,
		    struct cni_error *err)
{
	struct cni_nl *nl;

	if (!spec->changed)
		return 0;
	spec->changed = false;
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return -1;
	return cni_masquerade_put_back(nl, at->owner->network, &spec->destinations, &spec->before,
				       err);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_masquerade_part *spec = data;
	struct cni_error ignored;
	struct cni_nl *nl;

	if (!spec->wanted || (spec->by_iptables ? cni_masquerade_add_by_iptables(at, spec, err)
						: add_by_nftables(at, spec, err)) == 0)
		return 0;
	/* Done anyway, if only the answer got lost. */
	if (!spec->by_iptables && cni_attachment_netfilter(at, &nl, &ignored) == 0)
		cni_owned_del(nl, &cni_masquerade_table, at->owner, NULL, &ignored);
	put_back(at, spec, &ignored);
	if (cni_attachment_netfilter(at, &nl, &ignored) == 0)
		cni_masquerade_settle(nl, at->owner->network, false, &ignored);
	return cni_fail_within(err, "masquerade");
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_masquerade_part *spec = data;
	struct cni_error ignored;
	bool is_there;

	if (!spec->wanted)
		return 0;
	/* ADD may have had another backend. */
	if (cni_nat_is_recorded(&cni_nat_of_masquerade, at->owner))
		return cni_masquerade_check_by_iptables(at, err);
	if (spec->by_iptables)
		return cni_masquerade_check_by_iptables(at, err) == 0 ||
				       add_or_check(at, spec, cni_masquerade_check, NULL,
						    &ignored) == 0
			       ? 0
			       : -1;
	if (add_or_check(at, spec, cni_masquerade_check, NULL, err) == 0 ||
	    cni_attachment_has_go_rules(at, CNI_GO_MASQUERADE))
		return 0;
	return cni_nat_legacy_has(&cni_nat_of_masquerade, at->owner, &is_there, &ignored) == 0 &&
			       is_there
		       ? 0
		       : -1;
}

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_nl *nl;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return cni_attachment_netfilter_failed("masquerade", err);
	if ((cni_owned_del(nl, &cni_masquerade_table, at->owner, NULL, err) < 0 &&
	     cni_attachment_netfilter_failed("nf_tables", err) < 0) ||
	    cni_masquerade_detach(nl, at->owner, err) < 0 ||
	    cni_masquerade_settle(nl, at->owner->network, false, err) < 0)
		return cni_fail_within(err, "masquerade");
	return 0;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_masquerade_part *spec = data;

	if (!spec->wanted)
		return 0;
	if (del(at, data, err) < 0)
		return -1;
	return put_back(at, spec, err) < 0 ? cni_fail_within(err, "masquerade") : 0;
}

static int gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_owners *valid = &at->call->conf.valid;
	struct cni_published published = {.mappings = NULL};
	struct cni_nl *nl;
	int failed;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return cni_attachment_netfilter_failed("masquerade", err);
	if (cni_owned_gc(nl, &cni_masquerade_table, at->owner->network, valid, NULL, err) < 0 &&
	    cni_attachment_netfilter_failed("nf_tables", err) < 0)
		return cni_fail_within(err, "masquerade");
	failed = cni_nat_collect(nl, &cni_nat_of_masquerade, at->owner->network, valid, &published,
				 err);
	free(published.mappings);
	if (!failed)
		failed = cni_masquerade_settle(nl, at->owner->network, true, err);
	return failed ? cni_fail_within(err, "masquerade") : 0;
}

/* The destinations of today's configuration. */
static int refresh(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_masquerade_part *spec = data;
	struct cni_nl *nl;

	if (!spec->wanted)
		return 0;
	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_masquerade_refresh(nl, at->owner->network, &spec->destinations, err) < 0)
		return cni_fail_within(err, "masquerade");
	return 0;
}

static void clear(void *data)
{
	struct cni_masquerade_part *spec = data;

	cni_destinations_clear(&spec->destinations);
	cni_destinations_clear(&spec->before);
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_masquerade_part *spec = data;
	bool writes;

	if (!spec->wanted)
		return 0;
	writes = spec->by_iptables ||
		 (spec->destinations.count &&
		  !cni_destinations_are_kept(at->call->conf.name, &spec->destinations));
	if (writes && cni_readiness_check_records(err) < 0)
		return cni_fail_within(err, "masquerade");
	if (spec->by_iptables)
		return cni_nat_status(err) < 0 ? cni_fail_within(err, "masquerade") : 0;
	return cni_attachment_netfilter_status(at, "masquerade", err);
}

static int sweep(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_published published = {.mappings = NULL};
	struct cni_nl *nl;
	int failed;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return cni_attachment_netfilter_failed("masquerade", err);
	if (cni_owned_sweep(nl, &cni_masquerade_table, NULL, NULL, err) < 0 &&
	    cni_attachment_netfilter_failed("nf_tables", err) < 0)
		return cni_fail_within(err, "masquerade");
	failed = cni_nat_sweep(nl, &cni_nat_of_masquerade, &published, err);
	free(published.mappings);
	if (!failed)
		failed = cni_masquerade_settle_all(nl, err);
	return failed ? cni_fail_within(err, "masquerade") : 0;
}

const struct cni_part_ops cni_masquerade_part_ops = {
	.name = "masquerade",
	.size = sizeof(struct cni_masquerade_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.gc = gc,
	.sweep = sweep,
	.status = status,
	.mend = add,
	.refresh = refresh,
	.print = print,
	.clear = clear,
};
