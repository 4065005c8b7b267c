/* SPDX-License-Identifier: Apache-2.0 */
/* What the firewall remembers of an attachment (attachment_file.h), so that DEL and GC take back
 * what ADD has done, though the choice would be another one now and the configuration is gone:
 *
 *	backend iptables
 *	chosen yes
 *	tool iptables-legacy
 *	leaving iptables-nft
 *	address 10.1.0.7
 *	address fd00::7
 *	link vethd03a61f2c4b
 *	zone trusted
 *	admin-chain CNI-ADMIN
 *	digest 5f3b…
 *
 * and doing it: accepting what the addresses send and receive, in the backend that is written
 * here. What is in nf_tables is not part of it: that is found by its owner.
 *
 * "chosen" is left out if the configuration names the backend, "link" if the attachment has none on the
 * host. "leaving" is a place in which rules
 * are while the attachment moves from it, or were when moving was interrupted: a tool of iptables,
 * or firewalld. The digest, of all before it, tells a damaged record. Records of earlier versions
 * have none of these lines; their tool is the command without a suffix. */
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
	bool is_chosen;
	bool has_digest;	    /* it is not of an earlier version */
	unsigned int tools;	    /* of backend iptables: a set of enum cni_iptables_tool */
	unsigned int leaving_tools; /* likewise */
	bool leaving_firewalld;
	struct cni_ip *addresses; /* no address twice */
	size_t count;
	char link
		[CNI_IFNAME_SIZE]; /* on the host, there as long as the attachment is; "": unknown */
	char *zone;
	char *admin_chain;
};

void cni_firewall_record_clear(struct cni_firewall_record *record);
#define clearing_record __attribute__((cleanup(cni_firewall_record_clear)))

/* A copy of what stays the same when the backend is another: addresses, zone and chain. */
struct cni_firewall_record cni_firewall_record_copy(const struct cni_firewall_record *record);

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

/* Checks that the record is in effect; with `made_by_go`, fewer rules are required. Fails with
 * CNI_EMISMATCH. */
int cni_firewall_accepts(const struct cni_firewall_record *record, bool made_by_go,
			 struct cni_error *err);

/* Takes it back, also where it is leaving, but for what another attachment has by now. `nl`, of
 * NETLINK_NETFILTER, says where rules can be. Fails with CNI_EMISSING if there can be rules, and the
 * tool for them is no more. */
int cni_firewall_withdraw(struct cni_nl *nl, const struct cni_firewall_record *record,
			  const struct cni_owner *owner, struct cni_error *err);

/* As above, from where it is leaving alone. */
int cni_firewall_leave(struct cni_nl *nl, const struct cni_firewall_record *record,
		       const struct cni_owner *owner, struct cni_error *err);

/* Adds the addresses that the owner has claimed: all that is known without a record. Fails with
 * CNI_EIO. */
int cni_firewall_record_claimed(struct cni_firewall_record *record, const struct cni_owner *owner,
				struct cni_error *err);

/* True if the owner has claimed one of the addresses. */
bool cni_firewall_has_claim(const struct cni_firewall_record *record,
			    const struct cni_owner *owner);

#endif
