/* SPDX-License-Identifier: Apache-2.0 */
/* What the firewall remembers of an attachment (attachment_file.h), so that DEL and GC take back
 * what ADD has done, though the choice would be another one now and the configuration is gone:
 *
 *	backend iptables
 *	address 10.1.0.7
 *	address fd00::7
 *	zone trusted
 *	admin-chain CNI-ADMIN
 *
 * and doing it: accepting what the addresses send and receive, in the backend that is written
 * here. What is in nf_tables is not part of it: that is found by its owner. */
#ifndef CNI_FIREWALL_RECORD_H
#define CNI_FIREWALL_RECORD_H

#include "error.h"
#include "firewall_choice.h"
#include "ip.h"
#include "iptables.h"
#include "owner.h"

#include <stdbool.h>
#include <stddef.h>

#define CNI_FIREWALL_PLUGIN "firewall"

struct cni_firewall_record {
	enum cni_firewall_backend backend;
	struct cni_ip *addresses; /* no address twice */
	size_t count;
	char *zone;
	char *admin_chain;
};

void cni_firewall_record_clear(struct cni_firewall_record *record);
#define clearing_record __attribute__((cleanup(cni_firewall_record_clear)))

/* One that is in the record already is passed over. */
void cni_firewall_record_address(struct cni_firewall_record *record, const struct cni_ip *ip);

/* Have both the same addresses, in any order? */
bool cni_firewall_record_is_for(const struct cni_firewall_record *record,
				const struct cni_firewall_record *other);

/* The text, which the caller frees. */
char *cni_firewall_record_encode(const struct cni_firewall_record *record);
/* False if it is not one of ours, or damaged; then nothing is in `ret_record`. */
bool cni_firewall_record_decode(const char *text, struct cni_firewall_record *ret_record);

/* Can these be the name of a chain of iptables, and of a zone of firewalld? */
bool cni_firewall_is_chain_name(const char *text);
bool cni_firewall_is_zone_name(const char *text);

/* ---- iptables and firewalld; of another backend there is nothing to do ---- */

/* Accepts; with `mend` only what is not accepted yet. The attachment file must be there. After a
 * failure cni_firewall_withdraw() takes back what was done. */
int cni_firewall_accept(const struct cni_firewall_record *record, const struct cni_owner *owner,
			bool mend, struct cni_error *err);

/* Is it so? Of the Go plugin's less is expected. Fails with CNI_EMISMATCH. */
int cni_firewall_accepts(const struct cni_firewall_record *record, bool made_by_go,
			 struct cni_error *err);

/* Takes it back, but for what another attachment has by now. `nl`, of NETLINK_NETFILTER, says where
 * rules can be. Fails with CNI_EMISSING if there can, and iptables-restore is no more. */
int cni_firewall_withdraw(struct cni_nl *nl, const struct cni_firewall_record *record,
			  const struct cni_owner *owner, struct cni_error *err);

/* Has the owner one of the addresses? */
bool cni_firewall_has_claim(const struct cni_firewall_record *record,
			    const struct cni_owner *owner);

#endif
