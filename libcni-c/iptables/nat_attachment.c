/* SPDX-License-Identifier: Apache-2.0 */
#include "nat_attachment.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "conditional_ports.h"
#include "link_names.h"
#include "mem.h"
#include "nat_legacy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

const struct cni_nat_kind cni_nat_of_masquerade = {.go_rules = CNI_GO_MASQUERADE,
						   .directory = "masquerade",
						   .prefix = "",
						   .entry = "POSTROUTING",
						   .is_shared = true};
const struct cni_nat_kind cni_nat_of_ports = {.go_rules = CNI_GO_PORTMAP,
					      .directory = "portmap",
					      .prefix = "DN-",
					      .entry = "CNI-HOSTPORT-DNAT"};

bool cni_nat_is_recorded(const struct cni_nat_kind *kind, const struct cni_owner *owner)
{
	clearing_nat_record struct cni_nat_record record = {.tool = CNI_IPTABLES_PLAIN};
	struct cni_error ignored;
	bool found;

	return cni_nat_record_read(kind->directory, owner, &record, &found, &ignored) == 0 && found;
}

/* ---- DEL ---- */

/* A kernel without nf_tables has no rules in it. */
static int without_nf_tables(const struct cni_error *err)
{
	return err->errnum == EPROTONOSUPPORT || err->errnum == EOPNOTSUPP ? 0 : -1;
}

static int remove_conditional(struct cni_nl *nl, const struct cni_nat_kind *kind,
			      const struct cni_owner *of, struct cni_error *err)
{
	struct cni_owner owner = *of;

	if (kind->go_rules != CNI_GO_PORTMAP)
		return 0;
	/* Lists have no texts. */
	if (!*owner.text)
		owner = cni_owner_make(of->network, of->container, of->ifname);
	return cni_conditional_ports_del(nl, &owner, err);
}

static int remove_rules(struct cni_nl *nl, const struct cni_nat_kind *kind,
			const struct cni_owner *owner, struct cni_error *err)
{
	if ((cni_go_rules_del(nl, kind->go_rules, owner, err) < 0 ||
	     remove_conditional(nl, kind, owner, err) < 0) &&
	    without_nf_tables(err) < 0)
		return -1;
	return cni_nat_legacy_del(kind, owner, err);
}

static void publish(struct cni_published *published, const struct cni_nat_record *record)
{
	if (!record->count)
		return;
	published->mappings =
		cni_realloc_array(published->mappings, published->count + record->count,
				  sizeof(*published->mappings));
	memcpy(published->mappings + published->count, record->mappings,
	       record->count * sizeof(*record->mappings));
	published->count += record->count;
}

/* A container has one chain in a network, and may have other interfaces there. Finds their records, and with `forget`
 * removes them. Ports with conditions are not in the chain. */
static int find_others(const struct cni_nat_kind *kind, const struct cni_owner *owner, bool forget,
		       bool *ret_found, struct cni_error *err)
{
	struct cni_attachment_files files;
	int failed = 0;

	*ret_found = false;
	if (cni_attachment_files(kind->directory, owner->network, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.owners.count && !failed; i++) {
		clearing_nat_record struct cni_nat_record record = {.tool = CNI_IPTABLES_PLAIN};
		const struct cni_owner *other = &files.owners.items[i];
		bool is_there;

		if (strcmp(other->container, owner->container) != 0 ||
		    !strcmp(other->ifname, owner->ifname))
			continue;
		failed = cni_nat_record_read(kind->directory, other, &record, &is_there, err);
		if (failed || !is_there || record.has_conditions)
			continue;
		*ret_found = true;
		if (forget)
			failed = cni_attachment_file_remove(kind->directory, other, err);
	}
	cni_attachment_files_clear(&files);
	return failed;
}

/* The rules of this interface's addresses alone: their chain stays for another interface. */
static void leave_chain(const struct cni_nat_kind *kind, const struct cni_owner *owner,
			const struct cni_nat_record *record)
{
	static const int families[] = {AF_INET, AF_INET6};
	const struct cni_masquerade own = {
		.owner = owner, .device = "", .nets = record->nets, .count = record->net_count};

	for (size_t i = 0; i < 2; i++) {
		clearing_nat struct cni_nat nat = {.family = families[i]};

		cni_nat_masquerade(&own, families[i], &nat);
		cni_nat_take_back(record->tool, &nat, kind->entry);
	}
}

/* The rules of the addresses are removed first, since the record has the addresses. The chain is removed last: of two
 * interfaces that are deleted at once, one sees no other record. `stays`: the chain is needed. */
static int detach_shared(struct cni_nl *nl, const struct cni_nat_kind *kind,
			 const struct cni_owner *owner, bool stays, struct cni_error *err)
{
	clearing_nat_record struct cni_nat_record record = {.tool = CNI_IPTABLES_PLAIN};
	bool is_used = stays;
	bool found;

	if (cni_nat_record_read(kind->directory, owner, &record, &found, err) < 0 ||
	    (!stays && find_others(kind, owner, false, &is_used, err) < 0))
		return -1;
	if (is_used)
		leave_chain(kind, owner, &record);
	if (cni_attachment_file_remove(kind->directory, owner, err) < 0 ||
	    (!stays && find_others(kind, owner, false, &stays, err) < 0))
		return -1;
	return stays ? 0 : remove_rules(nl, kind, owner, err);
}

/* Appends to `published`. */
static int detach(struct cni_nl *nl, const struct cni_nat_kind *kind, const struct cni_owner *owner,
		  struct cni_published *published, struct cni_error *err)
{
	clearing_nat_record struct cni_nat_record record = {.tool = CNI_IPTABLES_PLAIN};
	bool is_anothers = false;
	bool found;

	if (kind->is_shared)
		return detach_shared(nl, kind, owner, false, err);
	if (cni_nat_record_read(kind->directory, owner, &record, &found, err) < 0 ||
	    (!found && find_others(kind, owner, false, &is_anothers, err) < 0))
		return -1;
	if (is_anothers)
		return 0;
	publish(published, &record);
	if (remove_rules(nl, kind, owner, err) < 0)
		return -1;
	return cni_attachment_file_remove(kind->directory, owner, err);
}

int cni_nat_detach(struct cni_nl *nl, const struct cni_nat_kind *kind,
		   const struct cni_owner *owner, struct cni_published *ret_published,
		   struct cni_error *err)
{
	*ret_published = (struct cni_published){.mappings = NULL};
	return detach(nl, kind, owner, ret_published, err);
}

/* ---- ADD ---- */

int cni_nat_find_tool(const struct cni_nat *nats, size_t count, struct cni_error *err)
{
	char reason[sizeof(err->msg)];

	for (size_t i = 0; i < count; i++) {
		freeing char *file = NULL;

		if (nats[i].own.count &&
		    cni_iptables_find(CNI_IPTABLES_PLAIN, nats[i].family, &file, err) < 0) {
			snprintf(reason, sizeof(reason), "%s", err->msg);
			return cni_fail(err, CNI_ECONFIG,
					"%s: the backend \"iptables\" needs the package iptables",
					reason);
		}
	}
	return 0;
}

/* An own chain that exists is stale, or another interface's as well. */
static int try_family(struct cni_nl *nl, const struct cni_nat_kind *kind,
		      const struct cni_owner *owner, enum cni_iptables_tool tool,
		      const struct cni_nat *nat, struct cni_error *err)
{
	int done = cni_nat_make(tool, nat, err);
	bool had_another;

	if (done != CNI_IPTABLES_REFUSED)
		return done;
	if (kind->is_shared)
		return cni_nat_complete(tool, nat, err);
	/* The record of the interface that has the chain is the only one. */
	if (find_others(kind, owner, true, &had_another, err) < 0 ||
	    remove_rules(nl, kind, owner, err) < 0)
		return -1;
	return cni_nat_make(tool, nat, err) == CNI_IPTABLES_DONE ? 0 : -1;
}

static int attach_family(struct cni_nl *nl, const struct cni_nat_kind *kind,
			 const struct cni_owner *owner, enum cni_iptables_tool tool,
			 const struct cni_nat *nat, struct cni_error *err)
{
	if (try_family(nl, kind, owner, tool, nat, err) == 0)
		return 0;
	return cni_nat_blame_chain(tool, nat, err);
}

int cni_nat_attach(struct cni_nl *nl, const struct cni_nat_kind *kind,
		   const struct cni_owner *owner, const struct cni_nat *nats, size_t count,
		   const struct cni_nat_record *record, struct cni_error *err)
{
	struct cni_nat_record here = *record;
	struct cni_published published;
	struct cni_error ignored;
	int failed;

	if (cni_nat_find_tool(nats, count, err) < 0)
		return -1;
	here.tool = cni_iptables_plain_kind();
	failed = !kind->is_shared && cni_nat_is_recorded(kind, owner)
			 ? remove_rules(nl, kind, owner, err)
			 : 0;
	if (!failed)
		failed = cni_nat_record_write(kind->directory, owner, &here, err);
	for (size_t i = 0; !failed && i < count; i++)
		if (nats[i].own.count)
			failed = attach_family(nl, kind, owner, here.tool, &nats[i], err);
	if (!failed)
		return 0;
	cni_nat_detach(nl, kind, owner, &published, &ignored);
	free(published.mappings);
	return -1;
}

/* ---- CHECK ---- */

/* Without a record the Go plugin has made the rules, with the command without a suffix. */
int cni_nat_check_all(const struct cni_nat_kind *kind, const struct cni_owner *owner,
		      const struct cni_nat *nats, size_t count, struct cni_error *err)
{
	clearing_nat_record struct cni_nat_record record = {.tool = CNI_IPTABLES_PLAIN};
	bool found;

	if (cni_nat_record_read(kind->directory, owner, &record, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (cni_nat_check(record.tool, &nats[i], err) < 0)
			return -1;
	return 0;
}

int cni_nat_status(struct cni_error *err)
{
	static const int families[] = {AF_INET, AF_INET6};

	for (size_t i = 0; i < 2; i++) {
		freeing char *file = NULL;

		if (cni_iptables_find(CNI_IPTABLES_PLAIN, families[i], &file, err) == 0)
			continue;
		err->code = CNI_EUNAVAILABLE;
		return cni_fail_within(err, "the backend \"iptables\"");
	}
	return 0;
}

/* ---- GC and SWEEP ---- */

/* The chain is the container's, which may have another interface here. */
static int collect_record(struct cni_nl *nl, const struct cni_nat_kind *kind,
			  const struct cni_owner *owner, const struct cni_owners *valid,
			  struct cni_published *published, struct cni_error *err)
{
	if (cni_owners_has(valid, owner->container, owner->ifname))
		return 0;
	if (kind->is_shared && cni_owners_has_container(valid, owner->container))
		return detach_shared(nl, kind, owner, true, err);
	return detach(nl, kind, owner, published, err);
}

static int collect_records(struct cni_nl *nl, const struct cni_nat_kind *kind, const char *network,
			   const struct cni_owners *valid, struct cni_published *published,
			   struct cni_error *err)
{
	struct cni_attachment_files files;
	struct cni_error first = {0};

	if (cni_attachment_files(kind->directory, network, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.owners.count; i++)
		if (collect_record(nl, kind, &files.owners.items[i], valid, published, err) < 0)
			cni_fail_first(&first, err);
	cni_attachment_files_clear(&files);
	return cni_fail_if_any(&first, err);
}

int cni_nat_collect(struct cni_nl *nl, const struct cni_nat_kind *kind, const char *network,
		    const struct cni_owners *valid, struct cni_published *ret_published,
		    struct cni_error *err)
{
	struct cni_error first = {0};

	*ret_published = (struct cni_published){.mappings = NULL};
	if (collect_records(nl, kind, network, valid, ret_published, err) < 0)
		cni_fail_first(&first, err);
	if (cni_go_rules_gc(nl, kind->go_rules, network, valid, err) < 0 &&
	    without_nf_tables(err) < 0)
		cni_fail_first(&first, err);
	if (kind->go_rules == CNI_GO_PORTMAP &&
	    cni_conditional_ports_gc(nl, network, valid, err) < 0 && without_nf_tables(err) < 0)
		cni_fail_first(&first, err);
	if (cni_nat_legacy_gc(kind, network, valid, err) < 0)
		cni_fail_first(&first, err);
	return cni_fail_if_any(&first, err);
}

static int sweep_one(struct cni_nl *nl, const struct cni_nat_kind *kind, const struct cni_owner *of,
		     const struct cni_link_names *links, struct cni_published *published,
		     struct cni_error *err)
{
	const struct cni_owner owner = cni_owner_make(of->network, of->container, of->ifname);
	clearing_nat_record struct cni_nat_record record = {.tool = CNI_IPTABLES_PLAIN};
	bool found;

	if (cni_nat_record_read(kind->directory, &owner, &record, &found, err) < 0)
		return -1;
	if (!*record.link || cni_link_names_has(links, record.link) ||
	    cni_link_names_has(links, owner.text))
		return 0;
	return detach(nl, kind, &owner, published, err);
}

/* The links come last: an attachment's is there before its record is. */
static int sweep_network(struct cni_nl *nl, const struct cni_nat_kind *kind, const char *network,
			 struct cni_published *published, struct cni_error *err)
{
	clearing_link_names struct cni_link_names links = {0};
	struct cni_attachment_files files;
	struct cni_error first = {0};

	if (cni_attachment_files(kind->directory, network, &files, err) < 0)
		return -1;
	if (files.owners.count && cni_link_names_read(&links, err) < 0)
		cni_fail_first(&first, err);
	for (size_t i = 0; i < files.owners.count && links.count; i++)
		if (sweep_one(nl, kind, &files.owners.items[i], &links, published, err) < 0)
			cni_fail_first(&first, err);
	cni_attachment_files_clear(&files);
	return cni_fail_if_any(&first, err);
}

int cni_nat_sweep(struct cni_nl *nl, const struct cni_nat_kind *kind,
		  struct cni_published *ret_published, struct cni_error *err)
{
	struct cni_error first = {0};
	char **networks;
	size_t count;

	*ret_published = (struct cni_published){.mappings = NULL};
	if (cni_attachment_networks(kind->directory, &networks, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (sweep_network(nl, kind, networks[i], ret_published, err) < 0)
			cni_fail_first(&first, err);
		free(networks[i]);
	}
	free(networks);
	return cni_fail_if_any(&first, err);
}
