/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "firewall.h"
#include "firewall_record.h"
#include "firewalld.h"
#include "mem.h"

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

/* All that the plugins before us have given out, whichever interface it is on: so does the
 * reference, whose CHECK must be content with us. */
static struct cni_firewall_record record_of(const struct cni_attachment *at,
					    const struct cni_firewall_part *spec)
{
	struct cni_firewall_record record = {.backend = spec->backend,
					     .zone = cni_strdup(spec->zone),
					     .admin_chain = cni_strdup(spec->admin_chain)};

	for (size_t i = 0; i < at->result->ip_count; i++)
		cni_firewall_record_address(&record, &at->result->ips[i].address.ip);
	return record;
}

/* The bridge, or of a plugin without one the host's end: the first interface in no sandbox. */
static int find_bridge(const struct cni_attachment *at, const struct cni_firewall_part *spec,
		       const char **ret_bridge, struct cni_error *err)
{
	*ret_bridge = "";
	if (spec->policy == CNI_FIREWALL_OPEN)
		return 0;
	for (size_t i = 0; i < at->result->interface_count; i++) {
		const struct cni_result_interface *interface = &at->result->interfaces[i];
		bool inside = interface->sandbox && *interface->sandbox;

		if (inside || !interface->name || !*interface->name ||
		    strlen(interface->name) >= CNI_IFNAME_SIZE)
			continue;
		*ret_bridge = interface->name;
		return 0;
	}
	return cni_fail(err, CNI_ECONFIG,
			"'ingressPolicy' \"%s\" needs an interface on the host, and the prevResult "
			"has none",
			policies[spec->policy]);
}

/* What of it is in nf_tables: policies always are. */
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

/* Who has made it, and with what, nobody remembers: the Go plugin, or nobody. The prevResult, if
 * there is one, says for which addresses. */
static int withdraw_unknown(struct cni_nl *nl, const struct cni_attachment *at,
			    const struct cni_firewall_part *spec, struct cni_error *err)
{
	clearing_record struct cni_firewall_record record = record_of(at, spec);

	if (!record.count)
		return 0;
	record.backend = CNI_FIREWALL_FIREWALLD;
	if (cni_firewall_withdraw(nl, &record, at->owner, err) < 0)
		return -1;
	record.backend = CNI_FIREWALL_IPTABLES;
	if (cni_firewall_withdraw(nl, &record, at->owner, err) == 0)
		return 0;
	/* There need be nothing of ours. */
	return err->code == CNI_EMISSING ? 0 : -1;
}

/* Whatever the file says, or what is known without one. */
static int withdraw(struct cni_attachment *at, const struct cni_firewall_part *spec,
		    struct cni_error *err)
{
	clearing_record struct cni_firewall_record record = {0};
	freeing char *text = NULL;
	struct cni_nl *nl;

	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_attachment_file_read(CNI_FIREWALL_PLUGIN, at->owner, &text, err) < 0)
		return -1;
	if (!text || !cni_firewall_record_decode(text, &record))
		return withdraw_unknown(nl, at, spec, err);
	return cni_firewall_withdraw(nl, &record, at->owner, err);
}

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_error first = {0};
	int failed = 0;

	if (del_tables(at, err) < 0)
		failed = cni_fail_first(&first, err);
	if (withdraw(at, data, err) < 0)
		failed = cni_fail_first(&first, err);
	if (failed) {
		*err = first;
		return -1;
	}
	return cni_attachment_file_remove(CNI_FIREWALL_PLUGIN, at->owner, err);
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	return del(at, data, err);
}

/* ---- ADD ---- */

/* What cannot be begun is not remembered either: DEL could not take it back. */
static int choose(struct cni_attachment *at, struct cni_firewall_record *record,
		  struct cni_error *err)
{
	struct cni_nl *nl;

	if (record->backend == CNI_FIREWALL_AUTOMATIC &&
	    (cni_attachment_netfilter(at, &nl, err) < 0 ||
	     cni_firewall_choose(nl, &record->backend, err) < 0))
		return -1;
	return record->backend == CNI_FIREWALL_IPTABLES ? cni_iptables_status(err) : 0;
}

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

/* What an earlier ADD has left, for an ADD that is repeated, goes first. */
static int forget_earlier(struct cni_attachment *at, const struct cni_firewall_part *spec,
			  struct cni_error *err)
{
	freeing char *text = NULL;

	if (cni_attachment_file_read(CNI_FIREWALL_PLUGIN, at->owner, &text, err) < 0)
		return -1;
	return text ? del(at, spec, err) : 0;
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_firewall_part *spec = data;
	clearing_record struct cni_firewall_record record = record_of(at, spec);
	struct cni_error ignored;
	const char *bridge;

	if (find_bridge(at, spec, &bridge, err) < 0 || choose(at, &record, err) < 0 ||
	    forget_earlier(at, spec, err) < 0 || remember(at, &record, err) < 0)
		return cni_fail_within(err, "firewall");
	if (apply(at, spec, &record, bridge, false, err) == 0)
		return 0;
	del(at, data, &ignored);
	return cni_fail_within(err, "firewall");
}

/* ---- CHECK and MEND ---- */

/* Without a file it can only be the Go plugin's, unless something of ours is there. That has its
 * policies elsewhere, and CHECK there does not look at them. */
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
	return cni_firewall_accepts(record, true, err);
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_firewall_part *spec = data;
	clearing_record struct cni_firewall_record wanted = record_of(at, spec);
	clearing_record struct cni_firewall_record record = {0};
	struct cni_firewall firewall;
	freeing char *text = NULL;
	const char *bridge;
	struct cni_nl *nl;

	if (find_bridge(at, spec, &bridge, err) < 0 ||
	    cni_attachment_file_read(CNI_FIREWALL_PLUGIN, at->owner, &text, err) < 0)
		return -1;
	if (!text || !cni_firewall_record_decode(text, &record))
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
	return cni_firewall_accepts(&record, false, err);
}

static int mend(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_firewall_part *spec = data;
	clearing_record struct cni_firewall_record wanted = record_of(at, spec);
	clearing_record struct cni_firewall_record record = {0};
	freeing char *text = NULL;
	const char *bridge;

	if (find_bridge(at, spec, &bridge, err) < 0 ||
	    cni_attachment_file_read(CNI_FIREWALL_PLUGIN, at->owner, &text, err) < 0)
		return cni_fail_within(err, "firewall");
	/* In the backend that it was made in: what is left of it there is not to be made twice. */
	if (!text || !cni_firewall_record_decode(text, &record) ||
	    !cni_firewall_record_is_for(&record, &wanted))
		return add(at, data, err);
	return apply(at, spec, &record, bridge, true, err) < 0 ? cni_fail_within(err, "firewall")
							       : 0;
}

/* ---- GC and STATUS ---- */

static int gc_one(struct cni_attachment *at, const struct cni_owner *owner, struct cni_error *err)
{
	clearing_record struct cni_firewall_record record = {0};
	freeing char *text = NULL;
	struct cni_nl *nl;

	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_attachment_file_read(CNI_FIREWALL_PLUGIN, owner, &text, err) < 0)
		return -1;
	if (text && cni_firewall_record_decode(text, &record) &&
	    cni_firewall_withdraw(nl, &record, owner, err) < 0)
		return -1;
	return cni_attachment_file_remove(CNI_FIREWALL_PLUGIN, owner, err);
}

static int gc_files(struct cni_attachment *at, struct cni_error *err)
{
	struct cni_attachment_files files;
	struct cni_error first = {0};
	int failed = 0;

	if (cni_attachment_files(CNI_FIREWALL_PLUGIN, at->owner->network, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.owners.count; i++) {
		const struct cni_owner *owner = &files.owners.items[i];

		if (!cni_owners_has(&at->call->conf.valid, owner->container, owner->ifname) &&
		    gc_one(at, owner, err) < 0)
			failed = cni_fail_first(&first, err);
	}
	cni_attachment_files_clear(&files);
	if (failed)
		*err = first;
	return failed;
}

static int gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_error first = {0};
	int failed = 0;
	struct cni_nl *nl;

	(void)data;
	if ((cni_attachment_netfilter(at, &nl, err) < 0 ||
	     cni_firewall_gc(nl, at->owner->network, &at->call->conf.valid, err) < 0) &&
	    cni_attachment_netfilter_failed("firewall", err) < 0)
		failed = cni_fail_first(&first, err);
	if (gc_files(at, err) < 0)
		failed = cni_fail_first(&first, err);
	if (failed)
		*err = first;
	return failed;
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_firewall_part *spec = data;
	struct cni_nl *nl;

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
	.status = status,
	.mend = mend,
	.print = print,
};
