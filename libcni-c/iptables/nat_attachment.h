/* SPDX-License-Identifier: Apache-2.0 */
/* An attachment's rules in iptables (nat.h), with its record (nat_record.h): by verbs.
 *
 * DEL, GC and SWEEP find rules of iptables-nft(8) by netlink, and those of iptables-legacy(8) by reading its
 * table: a command is started only for rules of iptables-legacy(8), to remove them. Either finds the Go
 * plugins' rules as well. */
#ifndef CNI_NAT_ATTACHMENT_H
#define CNI_NAT_ATTACHMENT_H

#include "nat.h"
#include "nat_record.h"

#include <stdbool.h>
#include <stddef.h>

/* The two kinds of rules. */
struct cni_nat_kind {
	enum cni_go_rules go_rules;
	const char *directory; /* of the records, below /run/cni */
	const char *prefix;    /* of the own chain's name */
	const char *entry;     /* the chain that leads there */
	/* Several interfaces of a container in a network share the chain; otherwise ADD replaces it. */
	bool is_shared;
};
extern const struct cni_nat_kind cni_nat_of_masquerade;
extern const struct cni_nat_kind cni_nat_of_ports;

/* True if the owner has a record. An unreadable one is absent. */
bool cni_nat_is_recorded(const struct cni_nat_kind *kind, const struct cni_owner *owner);

/* Fails with CNI_ECONFIG if iptables-restore is not there for a family that has rules. */
int cni_nat_find_tool(const struct cni_nat *nats, size_t count, struct cni_error *err);

/* Writes the record and makes the rules of `count` families; `record` needs no tool. Everything is taken
 * back after a failure. `nl`, of NETLINK_NETFILTER, removes what was there. Fails with CNI_ECONFIG if
 * iptables-restore is not there, then nothing was done, with CNI_EDELEGATE or CNI_EIO. */
int cni_nat_attach(struct cni_nl *nl, const struct cni_nat_kind *kind,
		   const struct cni_owner *owner, const struct cni_nat *nats, size_t count,
		   const struct cni_nat_record *record, struct cni_error *err);

/* Fails with CNI_EMISMATCH if a rule is missing. */
int cni_nat_check_all(const struct cni_nat_kind *kind, const struct cni_owner *owner,
		      const struct cni_nat *nats, size_t count, struct cni_error *err);

/* Fails with CNI_EUNAVAILABLE if iptables-restore(8) or ip6tables-restore(8) is not there. */
int cni_nat_status(struct cni_error *err);

/* Removes the owner's rules and record. A chain that another interface of the container has stays, with that one's
 * rules that lead there. `ret_published` gets the UDP ports of the record, also after a
 * failure; the caller frees. */
int cni_nat_detach(struct cni_nl *nl, const struct cni_nat_kind *kind,
		   const struct cni_owner *owner, struct cni_published *ret_published,
		   struct cni_error *err);

/* Removes what attachments of `network` have, except the `valid` ones. */
int cni_nat_collect(struct cni_nl *nl, const struct cni_nat_kind *kind, const char *network,
		    const struct cni_owners *valid, struct cni_published *ret_published,
		    struct cni_error *err);

/* Removes what attachments without a link have, by their records, in all networks. */
int cni_nat_sweep(struct cni_nl *nl, const struct cni_nat_kind *kind,
		  struct cni_published *ret_published, struct cni_error *err);

#endif
