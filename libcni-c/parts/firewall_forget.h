/* SPDX-License-Identifier: Apache-2.0 */
/* Taking back what an attachment has in iptables and firewalld: with its record, or with what is
 * known without one. */
#ifndef CNI_FIREWALL_FORGET_H
#define CNI_FIREWALL_FORGET_H

#include "error.h"
#include "firewall_record.h"
#include "nl.h"
#include "owner.h"
#include "parts.h"
#include "result.h"

/* The record that an attachment with this result has; its backend is the configuration's. All that
 * the plugins before us have given out counts, whichever interface it is on: so does the Go plugin,
 * whose CHECK must accept what we do. */
struct cni_firewall_record cni_firewall_record_of(const struct cni_firewall_part *spec,
						  const struct cni_result *result);

/* Reads the record. `ret_found` is false if there is none, or it is damaged. Fails with CNI_EIO. */
int cni_firewall_recall(const struct cni_owner *owner, struct cni_firewall_record *ret_record,
			bool *ret_found, struct cni_error *err);

/* Withdraws by the record. Where that is missing or damaged, withdraws the addresses of `result`
 * (NULL: none) and those that the owner has claimed, from iptables, iptables-legacy and firewalld.
 * The record stays. Fails as cni_firewall_withdraw(). */
int cni_firewall_forget(struct cni_nl *nl, const struct cni_firewall_part *spec,
			const struct cni_owner *owner, const struct cni_result *result,
			struct cni_error *err);

/* Forgets each attachment of `network` that has a record or a claim and is not valid, and
 * removes its record. Goes on after a failure; the first one is told. */
int cni_firewall_forget_invalid(struct cni_nl *nl, const struct cni_firewall_part *spec,
				const char *network, const struct cni_owners *valid,
				struct cni_error *err);

/* Forgets each attachment of any network whose record names a link that the host has no more, and what
 * it has in nf_tables. Goes on after a failure; the first one is told. */
int cni_firewall_sweep(struct cni_nl *nl, const struct cni_firewall_part *spec,
		       struct cni_error *err);

#endif
