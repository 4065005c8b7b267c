/* SPDX-License-Identifier: Apache-2.0 */
/* An attachment's rules in the table nat of iptables, as the Go plugins make them: a chain of the
 * container's own, rules that lead there, and chains that all containers share.
 *
 *	-A POSTROUTING -s 10.1.0.7/32 -m comment --comment "name: \"blue\" id: \"c1\"" -j CNI-1f3a…
 *	-A CNI-1f3a… -d 10.1.0.0/24 -m comment --comment "…" -j ACCEPT
 *	-A CNI-1f3a… ! -d 224.0.0.0/4 -m comment --comment "…" -j MASQUERADE
 *
 *	-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT     and OUTPUT
 *	-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ
 *	-A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark"
 *		-j MARK --set-xmark 0x2000/0x2000
 *	-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE
 *	-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \"blue\" id: \"c1\""
 *		-m multiport --dports 8080 -j CNI-DN-1f3a…
 *	-A CNI-DN-1f3a… -s 10.1.0.0/24 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK
 *	-A CNI-DN-1f3a… -s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK
 *	-A CNI-DN-1f3a… -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.1.0.7:80
 *
 * The words are the Go plugin's, so CHECK and DEL of either plugin accept the rules of the other. ADD is
 * one run of `iptables-restore --noflush` for each family, and is atomic. The shared chains stay when the
 * last container goes, and after a failed ADD, as the Go plugin's do. */
#ifndef CNI_NAT_H
#define CNI_NAT_H

#include "go_rules.h"
#include "iptables_restore.h"
#include "masquerade.h"
#include "port_mapping.h"

#include <stdbool.h>
#include <stddef.h>

/* The rules of one family. Lines are rules without a command: "POSTROUTING -s …". */
struct cni_nat {
	int family;
	char chain[CNI_GO_CHAIN_SIZE];	  /* the container's own */
	struct cni_iptables_lines chains; /* names of the shared chains */
	struct cni_iptables_lines shared; /* their rules, and those that lead there */
	struct cni_iptables_lines own; /* the rules of the own chain, and those that lead there */
	/* whole lines, which are run if a shared rule is missing: see nat_destinations.h */
	struct cni_iptables_lines list;
};

/* The number of a line whose rule is the first of its chain. */
#define CNI_NAT_FIRST 1

void cni_nat_clear(struct cni_nat *nat);
#define clearing_nat __attribute__((cleanup(cni_nat_clear)))

/* The comment of the container's rules, as a word of a line; the caller frees. */
char *cni_nat_comment(const struct cni_owner *owner);

/* The rules for the addresses of `family`; without any, `own` is empty. `destinations` may be NULL. */
void cni_nat_masquerade(const struct cni_masquerade *wanted, int family, struct cni_nat *ret_nat);

/* Published ports. */
struct cni_nat_ports {
	const struct cni_owner *owner;
	const struct cni_port_mapping *mappings; /* as configured, with repeated ones */
	size_t mapping_count;
	const struct cni_net *nets; /* the container's addresses, at most one of each family */
	size_t net_count;
	bool snat;
	bool masq_all;
	unsigned int mark_bit;
	const char *set_mark_chain; /* of another program, which masquerades; "": ours */
	const char *const
		*conditions[2]; /* words of iptables for IPv4 and IPv6, end with NULL; NULL: none */
};
void cni_nat_publish(const struct cni_nat_ports *ports, int family, struct cni_nat *ret_nat);

/* ---- runs ---- */

/* Makes the rules, and with them missing shared ones. Returns CNI_IPTABLES_DONE; CNI_IPTABLES_REFUSED with
 * `err` filled if the own chain exists or the tool refuses a rule; or -1. */
int cni_nat_make(enum cni_iptables_tool tool, const struct cni_nat *nat, struct cni_error *err);

/* After a failure: puts into `err` which chain of another program is in the way, if one is. Returns -1. */
int cni_nat_blame_chain(enum cni_iptables_tool tool, const struct cni_nat *nat,
			struct cni_error *err);

/* Makes those rules that are missing. */
int cni_nat_complete(enum cni_iptables_tool tool, const struct cni_nat *nat, struct cni_error *err);

/* Deletes the own rules that are in `chain`, as far as they are there. */
void cni_nat_take_back(enum cni_iptables_tool tool, const struct cni_nat *nat, const char *chain);

/* Fails with CNI_EMISMATCH if a rule is missing, naming the rule. */
int cni_nat_check(enum cni_iptables_tool tool, const struct cni_nat *nat, struct cni_error *err);

#endif
