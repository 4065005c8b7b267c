/* SPDX-License-Identifier: Apache-2.0 */
/* The firewall's record of an attachment (attachment_file.h). DEL and GC undo ADD by the record,
 * even if the choice would differ now and the configuration is gone:
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
 * and its execution: accepting packets of the addresses, in the backend of the record. Elements in
 * nf_tables are not part of the record, because they are found by their owner.
 *
 * "chosen" is absent if the configuration names the backend, "link" if the attachment has none on
 * the host. "leaving" is a place with rules that the attachment moves away from, or moved away from
 * when it was interrupted: a tool of iptables, or firewalld. The digest, of all lines before,
 * detects a damaged record. Records of earlier versions have none of these lines; their tool is the
 * command without a suffix. */
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
	bool has_digest;	    /* false: of an earlier version */
	unsigned int tools;	    /* of backend iptables: a set of enum cni_iptables_tool */
	unsigned int leaving_tools; /* likewise */
	bool leaving_firewalld;
	struct cni_ip *addresses; /* no address twice */
	size_t count;
	char link[CNI_IFNAME_SIZE]; /* on the host, lives as long as the attachment; "": unknown */
	char *zone;
	char *admin_chain;
};

void cni_firewall_record_clear(struct cni_firewall_record *record);
#define clearing_record __attribute__((cleanup(cni_firewall_record_clear)))

/* A copy of the members that do not depend on the backend: addresses, zone and chain. */
struct cni_firewall_record cni_firewall_record_copy(const struct cni_firewall_record *record);

/* Adds the address, unless the record has it. */
void cni_firewall_record_address(struct cni_firewall_record *record, const struct cni_ip *ip);

/* True if both have the same addresses, in any order. */
bool cni_firewall_record_is_for(const struct cni_firewall_record *record,
				const struct cni_firewall_record *other);

/* The text, which the caller frees. */
char *cni_firewall_record_encode(const struct cni_firewall_record *record);
/* False if the text is no record, or damaged; `ret_record` is then empty. */
bool cni_firewall_record_decode(const char *text, struct cni_firewall_record *ret_record);

/* True if the text can be the name of a zone of firewalld. */
bool cni_firewall_is_zone_name(const char *text);

/* ---- iptables and firewalld; nothing happens for other backends ---- */

/* Adds the accepts; with `mend` only missing ones. The attachment file must exist. After a failure
 * the caller calls cni_firewall_withdraw(). */
int cni_firewall_accept(const struct cni_firewall_record *record, const struct cni_owner *owner,
			bool mend, struct cni_error *err);

/* Checks that the record is in effect; with `made_by_go`, fewer rules are required. Fails with
 * CNI_EMISMATCH. */
int cni_firewall_accepts(const struct cni_firewall_record *record, bool made_by_go,
			 struct cni_error *err);

/* Removes the accepts, also where the attachment is leaving, but not those that another attachment
 * has by now. `nl`, of NETLINK_NETFILTER, tells where rules can be. Fails with CNI_EMISSING if
 * there can be rules, and their tool is gone. */
int cni_firewall_withdraw(struct cni_nl *nl, const struct cni_firewall_record *record,
			  const struct cni_owner *owner, struct cni_error *err);

/* As above, but only from the places that the attachment is leaving. */
int cni_firewall_leave(struct cni_nl *nl, const struct cni_firewall_record *record,
		       const struct cni_owner *owner, struct cni_error *err);

/* Adds the addresses that the owner has claimed, for an attachment without a record. Fails with
 * CNI_EIO. */
int cni_firewall_record_claimed(struct cni_firewall_record *record, const struct cni_owner *owner,
				struct cni_error *err);

/* True if the owner has claimed one of the addresses. */
bool cni_firewall_has_claim(const struct cni_firewall_record *record,
			    const struct cni_owner *owner);

#endif
