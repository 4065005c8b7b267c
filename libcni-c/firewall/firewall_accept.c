/* SPDX-License-Identifier: Apache-2.0 */
/* Accepting the addresses of a record, in iptables or firewalld. Neither knows owners: claims
 * (attachment_claim.h) name the owner of an address. */
#include "firewall_record.h"

#include "attachment_claim.h"
#include "cleanup.h"
#include "firewalld.h"
#include "mem.h"

#include <string.h>

static bool is_ours_to_do(const struct cni_firewall_record *record)
{
	return record->backend == CNI_FIREWALL_IPTABLES ||
	       record->backend == CNI_FIREWALL_FIREWALLD;
}

static struct cni_iptables iptables_of(const struct cni_firewall_record *record,
				       enum cni_iptables_tool tool)
{
	return (struct cni_iptables){.tool = tool,
				     .admin_chain = record->admin_chain,
				     .addresses = record->addresses,
				     .count = record->count};
}

static enum cni_claim claim_of(const struct cni_ip *ip, const struct cni_owner *owner)
{
	char text[CNI_IP_TEXT_SIZE];

	return cni_attachment_claimed(CNI_FIREWALL_PLUGIN, cni_ip_format(ip, text), owner);
}

static int claim_all(const struct cni_firewall_record *record, const struct cni_owner *owner,
		     struct cni_error *err)
{
	for (size_t i = 0; i < record->count; i++) {
		char text[CNI_IP_TEXT_SIZE];

		cni_ip_format(&record->addresses[i], text);
		if (cni_attachment_claim_beside(CNI_FIREWALL_PLUGIN, text, owner, err) < 0)
			return -1;
	}
	return 0;
}

static void unclaim_all(const struct cni_firewall_record *record, const struct cni_owner *owner)
{
	for (size_t i = 0; i < record->count; i++) {
		char text[CNI_IP_TEXT_SIZE];

		cni_ip_format(&record->addresses[i], text);
		cni_attachment_unclaim(CNI_FIREWALL_PLUGIN, text, owner);
	}
}

bool cni_firewall_has_claim(const struct cni_firewall_record *record, const struct cni_owner *owner)
{
	for (size_t i = 0; i < record->count; i++)
		if (claim_of(&record->addresses[i], owner) & CNI_CLAIM_OURS)
			return true;
	return false;
}

int cni_firewall_record_claimed(struct cni_firewall_record *record, const struct cni_owner *owner,
				struct cni_error *err)
{
	clearing_claims struct cni_attachment_claims claims = {.items = NULL};

	if (cni_attachment_claims(CNI_FIREWALL_PLUGIN, owner->network, &claims, err) < 0)
		return -1;
	for (size_t i = 0; i < claims.count; i++) {
		const struct cni_attachment_claim *claim = &claims.items[i];
		struct cni_ip ip;

		if (!strcmp(claim->owner.container, owner->container) &&
		    !strcmp(claim->owner.ifname, owner->ifname) &&
		    cni_ip_parse(claim->key, &ip) == 0)
			cni_firewall_record_address(record, &ip);
	}
	return 0;
}

/* ---- with each tool ---- */

#define for_each_tool(tool, tools)                                                                 \
	for (unsigned int tool = CNI_IPTABLES_PLAIN; tool <= CNI_IPTABLES_LEGACY; tool <<= 1)      \
		if ((tools)&tool)

int cni_firewall_accept(const struct cni_firewall_record *record, const struct cni_owner *owner,
			bool mend, struct cni_error *err)
{
	bool again;

	if (!is_ours_to_do(record))
		return 0;
	/* The rules may exist even if the file is lost. */
	again = mend || cni_firewall_has_claim(record, owner);
	if (claim_all(record, owner, err) < 0)
		return -1;
	if (record->backend == CNI_FIREWALL_FIREWALLD)
		return cni_firewalld_add(record->zone, record->addresses, record->count, err);
	for_each_tool(tool, record->tools)
	{
		struct cni_iptables iptables = iptables_of(record, (enum cni_iptables_tool)tool);

		if (again ? cni_iptables_mend(&iptables, err) < 0
			  : cni_iptables_add(&iptables, err) < 0)
			return -1;
	}
	return 0;
}

int cni_firewall_accepts(const struct cni_firewall_record *record, bool made_by_go,
			 struct cni_error *err)
{
	if (!is_ours_to_do(record))
		return 0;
	if (record->backend == CNI_FIREWALL_FIREWALLD)
		return cni_firewalld_check(record->zone, record->addresses, record->count, err);
	for_each_tool(tool, record->tools)
	{
		struct cni_iptables iptables = iptables_of(record, (enum cni_iptables_tool)tool);

		iptables.made_by_go = made_by_go;
		if (cni_iptables_check(&iptables, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- withdrawing ---- */

/* firewalld has an address once, however many attachments need it. */
static int withdraw_sources(const struct cni_firewall_record *record, const struct cni_owner *owner,
			    struct cni_error *err)
{
	freeing struct cni_ip *left = cni_alloc(record->count * sizeof(*left));
	size_t count = 0;

	for (size_t i = 0; i < record->count; i++)
		if (!(claim_of(&record->addresses[i], owner) & CNI_CLAIM_ANOTHERS))
			left[count++] = record->addresses[i];
	return count ? cni_firewalld_del(record->zone, left, count, err) : 0;
}

static int withdraw_rules(struct cni_nl *nl, const struct cni_firewall_record *record,
			  enum cni_iptables_tool tool, const struct cni_owner *owner,
			  struct cni_error *err)
{
	freeing struct cni_ip *addresses = cni_alloc(record->count * sizeof(*addresses));
	freeing bool *shared = cni_alloc(record->count * sizeof(*shared));
	struct cni_iptables iptables = {
		.tool = tool, .admin_chain = record->admin_chain, .addresses = addresses};

	for (size_t i = 0; i < record->count; i++) {
		const struct cni_ip *ip = &record->addresses[i];

		if (!cni_firewall_has_iptables(nl, tool, ip->family))
			continue;
		shared[iptables.count] = claim_of(ip, owner) & CNI_CLAIM_ANOTHERS;
		addresses[iptables.count++] = *ip;
	}
	return cni_iptables_del(&iptables, shared, err);
}

/* Goes on after a failure; reports the first one. */
static int withdraw_from(struct cni_nl *nl, const struct cni_firewall_record *record,
			 bool firewalld, unsigned int tools, const struct cni_owner *owner,
			 struct cni_error *err)
{
	struct cni_error first = {0};

	if (firewalld && withdraw_sources(record, owner, err) < 0)
		cni_fail_first(&first, err);
	for_each_tool(tool, tools)
	{
		if (withdraw_rules(nl, record, (enum cni_iptables_tool)tool, owner, err) < 0)
			cni_fail_first(&first, err);
	}
	return cni_fail_if_any(&first, err);
}

int cni_firewall_leave(struct cni_nl *nl, const struct cni_firewall_record *record,
		       const struct cni_owner *owner, struct cni_error *err)
{
	if (withdraw_from(nl, record, record->leaving_firewalld, record->leaving_tools, owner,
			  err) < 0)
		return -1;
	if (!is_ours_to_do(record))
		unclaim_all(record, owner);
	return 0;
}

int cni_firewall_withdraw(struct cni_nl *nl, const struct cni_firewall_record *record,
			  const struct cni_owner *owner, struct cni_error *err)
{
	bool firewalld = record->backend == CNI_FIREWALL_FIREWALLD || record->leaving_firewalld;
	unsigned int tools = record->leaving_tools;

	if (record->backend == CNI_FIREWALL_IPTABLES)
		tools |= record->tools;
	if (!firewalld && !tools)
		return 0;
	if (withdraw_from(nl, record, firewalld, tools, owner, err) < 0)
		return -1;
	unclaim_all(record, owner);
	return 0;
}
