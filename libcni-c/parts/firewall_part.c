/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "firewall.h"
#include "firewall_forget.h"
#include "firewall_place.h"
#include "firewall_record.h"
#include "firewalld.h"
#include "mem.h"
#include "netfilter.h"
#include "readiness.h"

#include <string.h>

static const char *const policies[] = {
	[CNI_FIREWALL_OPEN] = "open",
	[CNI_FIREWALL_SAME_BRIDGE] = "same-bridge",
	[CNI_FIREWALL_ISOLATED] = "isolated",
};

static void print(FILE *out, const void *data)
{
	const struct cni_firewall_part *spec = data;

	fprintf(out, " owner, %s, %s", cni_firewall_backend_text(spec->backend),
		policies[spec->policy]);
}

/* ---- what there is to do ---- */

/* A policy is one of the attachment's first link. */
static int find_bridge(const struct cni_attachment *at, const struct cni_firewall_part *spec,
		       const char **ret_bridge, struct cni_error *err)
{
	*ret_bridge = spec->policy == CNI_FIREWALL_OPEN ? "" : cni_attachment_first_link(at);
	if (**ret_bridge || spec->policy == CNI_FIREWALL_OPEN)
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"'ingressPolicy' \"%s\" needs an interface on the host, and the prevResult "
			"has none",
			policies[spec->policy]);
}

/* The attachment's part in nf_tables: policies always are there. */
static struct cni_firewall firewall_of(const struct cni_attachment *at,
				       const struct cni_firewall_part *spec,
				       const struct cni_firewall_record *record, const char *bridge)
{
	bool accepts = record->backend == CNI_FIREWALL_NFTABLES;

	return (struct cni_firewall){.owner = at->owner,
				     .addresses = record->addresses,
				     .count = accepts ? record->count : 0,
				     .device = cni_attachment_device(at),
				     .policy = spec->policy,
				     .bridge = bridge};
}

static bool is_empty(const struct cni_firewall *firewall)
{
	return !firewall->count && firewall->policy == CNI_FIREWALL_OPEN;
}

/* ---- taking back ---- */

static int del_tables(struct cni_attachment *at, struct cni_error *err)
{
	struct cni_nl *nl;

	if (cni_attachment_netfilter(at, &nl, err) < 0 || cni_firewall_del(nl, at->owner, err) < 0)
		return cni_attachment_netfilter_failed("firewall", err);
	return 0;
}

static int withdraw(struct cni_attachment *at, const struct cni_firewall_part *spec,
		    struct cni_error *err)
{
	struct cni_nl *nl;

	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return -1;
	return cni_firewall_forget(nl, spec, at->owner, at->result, err);
}

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_error first = {0};

	if (del_tables(at, err) < 0)
		cni_fail_first(&first, err);
	if (withdraw(at, data, err) < 0)
		cni_fail_first(&first, err);
	if (cni_fail_if_any(&first, err) < 0)
		return -1;
	return cni_attachment_file_remove(CNI_FIREWALL_PLUGIN, at->owner, err);
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	return del(at, data, err);
}

/* ---- ADD ---- */

static int remember(struct cni_attachment *at, const struct cni_firewall_record *record,
		    struct cni_error *err)
{
	freeing char *text = cni_firewall_record_encode(record);

	return cni_attachment_file_write(CNI_FIREWALL_PLUGIN, at->owner, text, err);
}

static int apply(struct cni_attachment *at, const struct cni_firewall_part *spec,
		 const struct cni_firewall_record *record, const char *bridge, bool mend,
		 struct cni_error *err)
{
	struct cni_firewall firewall = firewall_of(at, spec, record, bridge);
	struct cni_nl *nl;

	if (!is_empty(&firewall) && (cni_attachment_netfilter(at, &nl, err) < 0 ||
				     cni_firewall_add(nl, &firewall, err) < 0))
		return -1;
	return cni_firewall_accept(record, at->owner, mend, err);
}

/* An ADD that is repeated removes the rest of an earlier one first. A claim tells of it where its
 * record is lost. */
static int forget_earlier(struct cni_attachment *at, const struct cni_firewall_part *spec,
			  const struct cni_firewall_record *record, struct cni_error *err)
{
	freeing char *text = NULL;

	if (cni_attachment_file_read(CNI_FIREWALL_PLUGIN, at->owner, &text, err) < 0)
		return -1;
	if (!text && !cni_firewall_has_claim(record, at->owner))
		return 0;
	return del(at, spec, err);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_firewall_part *spec = data;
	clearing_record struct cni_firewall_record record =
		cni_firewall_record_of(spec, at->result);
	struct cni_error ignored;
	const char *bridge;

	if (find_bridge(at, spec, &bridge, err) < 0 ||
	    cni_firewall_place(at, spec->backend, &record, err) < 0 ||
	    forget_earlier(at, spec, &record, err) < 0)
		return cni_fail_within(err, "firewall");
	snprintf(record.link, sizeof(record.link), "%s", cni_attachment_find_host_link(at));
	if (remember(at, &record, err) < 0)
		return cni_fail_within(err, "firewall");
	if (apply(at, spec, &record, bridge, false, err) == 0)
		return 0;
	del(at, data, &ignored);
	return cni_fail_within(err, "firewall");
}

/* ---- CHECK and MEND ---- */

/* Without a file the rules can only be the Go plugin's, unless something of ours is there. The Go plugin
 * has its policies elsewhere, and its CHECK does not look at them. */
static int check_unknown(struct cni_attachment *at, const struct cni_firewall_part *spec,
			 struct cni_firewall_record *record, struct cni_error *err)
{
	bool exists = false;
	struct cni_nl *nl;

	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_firewall_exists(nl, at->owner, &exists, err) < 0)
		return -1;
	if (exists || spec->backend == CNI_FIREWALL_NFTABLES ||
	    cni_firewall_has_claim(record, at->owner))
		return cni_fail(err, CNI_EMISMATCH,
				"firewall: '/run/cni/firewall/%s/%s:%s' is not there or cannot be "
				"read, expected what ADD has written",
				at->owner->network, at->owner->container, at->owner->ifname);
	if (spec->backend == CNI_FIREWALL_AUTOMATIC) {
		record->backend = CNI_FIREWALL_FIREWALLD;
		if (cni_firewalld_status(err) < 0) {
			if (err->code != CNI_EMISSING)
				return -1;
			record->backend = CNI_FIREWALL_IPTABLES;
		}
	}
	record->tools = CNI_IPTABLES_PLAIN;
	return cni_firewall_accepts(record, true, err);
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_firewall_part *spec = data;
	clearing_record struct cni_firewall_record wanted =
		cni_firewall_record_of(spec, at->result);
	clearing_record struct cni_firewall_record record = {0};
	struct cni_firewall firewall;
	const char *bridge;
	struct cni_nl *nl;
	bool found;

	if (find_bridge(at, spec, &bridge, err) < 0 ||
	    cni_firewall_recall(at->owner, &record, &found, err) < 0)
		return -1;
	if (!found)
		return check_unknown(at, spec, &wanted, err);
	if (!cni_firewall_record_is_for(&record, &wanted))
		return cni_fail(err, CNI_EMISMATCH,
				"firewall: '/run/cni/firewall/%s/%s:%s' has other addresses than "
				"the prevResult",
				at->owner->network, at->owner->container, at->owner->ifname);
	firewall = firewall_of(at, spec, &record, bridge);
	if (!is_empty(&firewall) && (cni_attachment_netfilter(at, &nl, err) < 0 ||
				     cni_firewall_check(nl, &firewall, err) < 0))
		return -1;
	if (cni_firewall_accepts(&record, false, err) < 0)
		return -1;
	return cni_firewall_check_place(at, spec, &record, err);
}

/* ---- MEND ---- */

/* First the new accepts, then the old ones go: connections go on. The record has both places as
 * long as there may be something in both. */
static int move(struct cni_attachment *at, const struct cni_firewall_part *spec,
		const struct cni_firewall_record *from, struct cni_firewall_record *to,
		const char *bridge, struct cni_error *err)
{
	struct cni_firewall firewall = firewall_of(at, spec, to, bridge);
	struct cni_nl *nl;

	cni_firewall_note_leaving(from, to);
	if (cni_attachment_netfilter(at, &nl, err) < 0 || remember(at, to, err) < 0 ||
	    cni_firewall_accept(to, at->owner, true, err) < 0)
		return -1;
	if (is_empty(&firewall) ? cni_firewall_del(nl, at->owner, err) < 0
				: cni_firewall_add(nl, &firewall, err) < 0)
		return -1;
	if (cni_firewall_leave(nl, to, at->owner, err) < 0)
		return -1;
	to->leaving_tools = 0;
	to->leaving_firewalld = false;
	return remember(at, to, err);
}

static int mend_recalled(struct cni_attachment *at, const struct cni_firewall_part *spec,
			 const struct cni_firewall_record *record, const char *bridge,
			 struct cni_error *err)
{
	clearing_record struct cni_firewall_record today = {0};
	bool moves;

	if (cni_firewall_place_today(at, spec, record, &today, &moves, err) < 0)
		return -1;
	if (moves)
		return move(at, spec, record, &today, bridge, err);
	/* Rules that are left are not made twice. */
	return apply(at, spec, record, bridge, true, err);
}

static int mend(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_firewall_part *spec = data;
	clearing_record struct cni_firewall_record wanted =
		cni_firewall_record_of(spec, at->result);
	clearing_record struct cni_firewall_record record = {0};
	const char *bridge;
	bool found;

	if (find_bridge(at, spec, &bridge, err) < 0 ||
	    cni_firewall_recall(at->owner, &record, &found, err) < 0)
		return cni_fail_within(err, "firewall");
	if (!found || !cni_firewall_record_is_for(&record, &wanted))
		return add(at, data, err);
	return mend_recalled(at, spec, &record, bridge, err) < 0 ? cni_fail_within(err, "firewall")
								 : 0;
}

/* ---- GC, SWEEP and STATUS ---- */

static int gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_error first = {0};
	struct cni_nl *nl;

	if ((cni_attachment_netfilter(at, &nl, err) < 0 ||
	     cni_firewall_gc(nl, at->owner->network, &at->call->conf.valid, err) < 0) &&
	    cni_attachment_netfilter_failed("firewall", err) < 0)
		cni_fail_first(&first, err);
	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_firewall_forget_invalid(nl, data, at->owner->network, &at->call->conf.valid, err) <
		    0)
		cni_fail_first(&first, err);
	return cni_fail_if_any(&first, err);
}

static int sweep(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_nl *nl;

	if (cni_attachment_netfilter(at, &nl, err) < 0 || cni_firewall_sweep(nl, data, err) < 0)
		return cni_fail_within(err, "firewall");
	return 0;
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_firewall_part *spec = data;
	struct cni_nl *nl;

	if (cni_readiness_check_records(err) < 0)
		return cni_fail_within(err, "firewall");
	if (spec->policy != CNI_FIREWALL_OPEN &&
	    cni_attachment_netfilter_status(at, "firewall: 'ingressPolicy'", err) < 0)
		return -1;
	if (cni_attachment_netfilter(at, &nl, err) < 0) {
		err->code = CNI_EUNAVAILABLE;
		return cni_fail_within(err, "firewall");
	}
	return cni_firewall_backend_status(nl, spec->backend, err) < 0
		       ? cni_fail_within(err, "firewall")
		       : 0;
}

const struct cni_part_ops cni_firewall_part_ops = {
	.name = "firewall",
	.size = sizeof(struct cni_firewall_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.gc = gc,
	.sweep = sweep,
	.status = status,
	.mend = mend,
	.print = print,
};
