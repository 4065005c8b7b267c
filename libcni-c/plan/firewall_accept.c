/* SPDX-License-Identifier: Apache-2.0 */
/* Accepting what a record says, in iptables or firewalld. Neither knows an owner: who has an
 * address now is written beside the attachment files. */
#include "firewall_record.h"

#include "attachment_claim.h"
#include "cleanup.h"
#include "firewalld.h"
#include "mem.h"

static bool is_ours_to_do(const struct cni_firewall_record *record)
{
	return record->backend == CNI_FIREWALL_IPTABLES ||
	       record->backend == CNI_FIREWALL_FIREWALLD;
}

static struct cni_iptables iptables_of(const struct cni_firewall_record *record)
{
	return (struct cni_iptables){.admin_chain = record->admin_chain,
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
		if (cni_attachment_claim(CNI_FIREWALL_PLUGIN, text, owner, err) < 0)
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
		if (claim_of(&record->addresses[i], owner) == CNI_CLAIM_OURS)
			return true;
	return false;
}

int cni_firewall_accept(const struct cni_firewall_record *record, const struct cni_owner *owner,
			bool mend, struct cni_error *err)
{
	struct cni_iptables iptables = iptables_of(record);
	bool again;

	if (!is_ours_to_do(record))
		return 0;
	/* Though the file is lost, the rules may be there. */
	again = mend || cni_firewall_has_claim(record, owner);
	if (claim_all(record, owner, err) < 0)
		return -1;
	if (record->backend == CNI_FIREWALL_FIREWALLD)
		return cni_firewalld_add(record->zone, record->addresses, record->count, err);
	return again ? cni_iptables_mend(&iptables, err) : cni_iptables_add(&iptables, err);
}

int cni_firewall_accepts(const struct cni_firewall_record *record, bool made_by_go,
			 struct cni_error *err)
{
	struct cni_iptables iptables = iptables_of(record);

	iptables.made_by_go = made_by_go;
	if (!is_ours_to_do(record))
		return 0;
	if (record->backend == CNI_FIREWALL_FIREWALLD)
		return cni_firewalld_check(record->zone, record->addresses, record->count, err);
	return cni_iptables_check(&iptables, err);
}

/* firewalld has an address once, whoever wants it. */
static int withdraw_sources(const struct cni_firewall_record *record, const struct cni_owner *owner,
			    struct cni_error *err)
{
	freeing struct cni_ip *left = cni_alloc(record->count * sizeof(*left));
	size_t count = 0;

	for (size_t i = 0; i < record->count; i++)
		if (claim_of(&record->addresses[i], owner) != CNI_CLAIM_ANOTHERS)
			left[count++] = record->addresses[i];
	return count ? cni_firewalld_del(record->zone, left, count, err) : 0;
}

static int withdraw_rules(struct cni_nl *nl, const struct cni_firewall_record *record,
			  const struct cni_owner *owner, struct cni_error *err)
{
	freeing struct cni_ip *addresses = cni_alloc(record->count * sizeof(*addresses));
	freeing bool *shared = cni_alloc(record->count * sizeof(*shared));
	struct cni_iptables iptables = {.admin_chain = record->admin_chain, .addresses = addresses};

	for (size_t i = 0; i < record->count; i++) {
		const struct cni_ip *ip = &record->addresses[i];

		if (!cni_firewall_has_iptables(nl, ip->family))
			continue;
		shared[iptables.count] = claim_of(ip, owner) == CNI_CLAIM_ANOTHERS;
		addresses[iptables.count++] = *ip;
	}
	return cni_iptables_del(&iptables, shared, err);
}

int cni_firewall_withdraw(struct cni_nl *nl, const struct cni_firewall_record *record,
			  const struct cni_owner *owner, struct cni_error *err)
{
	if (!is_ours_to_do(record))
		return 0;
	if (record->backend == CNI_FIREWALL_FIREWALLD ? withdraw_sources(record, owner, err) < 0
						      : withdraw_rules(nl, record, owner, err) < 0)
		return -1;
	unclaim_all(record, owner);
	return 0;
}
