/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall_forget.h"

#include "attachment_claim.h"
#include "attachment_file.h"
#include "cleanup.h"
#include "firewall.h"
#include "link_names.h"
#include "mem.h"

#include <stdlib.h>

struct cni_firewall_record cni_firewall_record_of(const struct cni_firewall_part *spec,
						  const struct cni_result *result)
{
	struct cni_firewall_record record = {.backend = spec->backend,
					     .zone = cni_strdup(spec->zone),
					     .admin_chain = cni_strdup(spec->admin_chain)};

	for (size_t i = 0; result && i < result->ip_count; i++)
		cni_firewall_record_address(&record, &result->ips[i].address.ip);
	return record;
}

int cni_firewall_recall(const struct cni_owner *owner, struct cni_firewall_record *ret_record,
			bool *ret_found, struct cni_error *err)
{
	freeing char *text = NULL;

	*ret_record = (struct cni_firewall_record){0};
	*ret_found = false;
	if (cni_attachment_file_read(CNI_FIREWALL_PLUGIN, owner, &text, err) < 0)
		return -1;
	*ret_found = text && cni_firewall_record_decode(text, ret_record);
	return 0;
}

/* Without a record: the Go plugin has made the rules, or the record is lost. A claim tells that
 * there was one. */
static int forget_unknown(struct cni_nl *nl, const struct cni_firewall_part *spec,
			  const struct cni_owner *owner, const struct cni_result *result,
			  struct cni_error *err)
{
	clearing_record struct cni_firewall_record record = cni_firewall_record_of(spec, result);
	bool is_claimed;

	if (cni_firewall_record_claimed(&record, owner, err) < 0)
		return -1;
	if (!record.count)
		return 0;
	is_claimed = cni_firewall_has_claim(&record, owner);
	record.backend = CNI_FIREWALL_IPTABLES;
	record.tools = CNI_IPTABLES_NFT | CNI_IPTABLES_LEGACY;
	record.leaving_firewalld = true;
	if (cni_firewall_withdraw(nl, &record, owner, err) == 0)
		return 0;
	/* The Go plugin may have made none. */
	return err->code == CNI_EMISSING && !is_claimed ? 0 : -1;
}

int cni_firewall_forget(struct cni_nl *nl, const struct cni_firewall_part *spec,
			const struct cni_owner *owner, const struct cni_result *result,
			struct cni_error *err)
{
	clearing_record struct cni_firewall_record record = {0};
	bool found;

	if (cni_firewall_recall(owner, &record, &found, err) < 0)
		return -1;
	return found ? cni_firewall_withdraw(nl, &record, owner, err)
		     : forget_unknown(nl, spec, owner, result, err);
}

/* ---- GC ---- */

static int forget_whole(struct cni_nl *nl, const struct cni_firewall_part *spec,
			const struct cni_owner *owner, struct cni_error *err)
{
	if (cni_firewall_forget(nl, spec, owner, NULL, err) < 0)
		return -1;
	return cni_attachment_file_remove(CNI_FIREWALL_PLUGIN, owner, err);
}

static int forget_files(struct cni_nl *nl, const struct cni_firewall_part *spec,
			const char *network, const struct cni_owners *valid, struct cni_error *err)
{
	struct cni_attachment_files files;
	struct cni_error first = {0};

	if (cni_attachment_files(CNI_FIREWALL_PLUGIN, network, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.owners.count; i++) {
		const struct cni_owner *owner = &files.owners.items[i];

		if (!cni_owners_has(valid, owner->container, owner->ifname) &&
		    forget_whole(nl, spec, owner, err) < 0)
			cni_fail_first(&first, err);
	}
	cni_attachment_files_clear(&files);
	return cni_fail_if_any(&first, err);
}

/* Claims are left where the record is lost: forget_files() removes those of a record. */
static int forget_claims(struct cni_nl *nl, const struct cni_firewall_part *spec,
			 const char *network, const struct cni_owners *valid, struct cni_error *err)
{
	clearing_claims struct cni_attachment_claims claims = {.items = NULL};
	struct cni_error first = {0};

	if (cni_attachment_claims(CNI_FIREWALL_PLUGIN, network, &claims, err) < 0)
		return -1;
	for (size_t i = 0; i < claims.count; i++) {
		const struct cni_owner *owner = &claims.items[i].owner;

		if (!cni_owners_has(valid, owner->container, owner->ifname) &&
		    forget_whole(nl, spec, owner, err) < 0)
			cni_fail_first(&first, err);
	}
	return cni_fail_if_any(&first, err);
}

int cni_firewall_forget_invalid(struct cni_nl *nl, const struct cni_firewall_part *spec,
				const char *network, const struct cni_owners *valid,
				struct cni_error *err)
{
	struct cni_error first = {0};

	if (forget_files(nl, spec, network, valid, err) < 0)
		cni_fail_first(&first, err);
	if (forget_claims(nl, spec, network, valid, err) < 0)
		cni_fail_first(&first, err);
	return cni_fail_if_any(&first, err);
}

/* ---- SWEEP ---- */

/* An attachment that has no record, or one of an earlier version, has no link that is known. */
static int has_lost_link(const struct cni_owner *owner, const struct cni_link_names *links,
			 bool *ret_lost, struct cni_error *err)
{
	clearing_record struct cni_firewall_record record = {0};
	bool found;

	if (cni_firewall_recall(owner, &record, &found, err) < 0)
		return -1;
	*ret_lost = found && *record.link && !cni_link_names_has(links, record.link) &&
		    !cni_link_names_has(links, owner->text);
	return 0;
}

static int sweep_one(struct cni_nl *nl, const struct cni_firewall_part *spec,
		     const struct cni_owner *of, const struct cni_link_names *links,
		     struct cni_error *err)
{
	const struct cni_owner owner = cni_owner_make(of->network, of->container, of->ifname);
	bool lost;

	if (has_lost_link(&owner, links, &lost, err) < 0)
		return -1;
	if (!lost)
		return 0;
	return cni_firewall_del(nl, &owner, err) < 0 ? -1 : forget_whole(nl, spec, &owner, err);
}

/* The links come last: an attachment's is there before its record is. */
static int sweep_network(struct cni_nl *nl, const struct cni_firewall_part *spec,
			 const char *network, struct cni_error *err)
{
	clearing_link_names struct cni_link_names links = {0};
	struct cni_attachment_files files;
	struct cni_error first = {0};

	if (cni_attachment_files(CNI_FIREWALL_PLUGIN, network, &files, err) < 0)
		return -1;
	if (files.owners.count && cni_link_names_read(&links, err) < 0)
		cni_fail_first(&first, err);
	for (size_t i = 0; i < files.owners.count && links.count; i++)
		if (sweep_one(nl, spec, &files.owners.items[i], &links, err) < 0)
			cni_fail_first(&first, err);
	cni_attachment_files_clear(&files);
	return cni_fail_if_any(&first, err);
}

int cni_firewall_sweep(struct cni_nl *nl, const struct cni_firewall_part *spec,
		       struct cni_error *err)
{
	struct cni_error first = {0};
	char **networks;
	size_t count;

	if (cni_attachment_networks(CNI_FIREWALL_PLUGIN, &networks, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (sweep_network(nl, spec, networks[i], err) < 0)
			cni_fail_first(&first, err);
		free(networks[i]);
	}
	free(networks);
	return cni_fail_if_any(&first, err);
}
