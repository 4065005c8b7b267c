/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports with conditions in the words of nft(8), which only nft(8) can read:
 *
 *	table inet cni_portmap_conditions {
 *		chain ports
 *			meta nfproto ipv4 ip saddr 192.0.2.0/24 tcp dport 8080
 *				dnat ip to 10.1.0.7:80 comment "blue/c1/eth0"
 *		chain sources
 *			ct status dnat ip saddr 10.1.0.7 ip daddr 10.1.0.7 masquerade comment "blue/c1/eth0"
 *			ct status dnat ip saddr 127.0.0.0/8 ip daddr 10.1.0.7 masquerade comment "…"
 *		chain prerouting # type nat hook prerouting priority dstnat + 1
 *			ip daddr 127.0.0.0/8 return
 *			fib daddr type local jump ports
 *		chain output # type nat hook output priority dstnat + 1
 *			fib daddr type local jump ports
 *		chain postrouting # type nat hook postrouting priority srcnat
 *			jump sources
 *	}
 *
 * The Go plugin has the conditions of the last ADD for all ports of a family; here those of an attachment are
 * its own. ADD is one run of nft(8), and atomic; all else is netlink. A port of another container is not
 * refused: conditions may tell them apart. The table goes with its last rule. */
#ifndef CNI_CONDITIONAL_PORTS_H
#define CNI_CONDITIONAL_PORTS_H

#include "error.h"
#include "nl.h"
#include "owner.h"
#include "portmap.h"

/* False if the words could end the rule that they are for: a semicolon or a comment outside of quotes, or a quote
 * without its end. */
bool cni_conditional_ports_are_words(const char *const *words);

/* Publishes the ports in place of the owner's earlier ones here. `conditions` has words for IPv4 and IPv6, which end
 * with NULL; NULL: none. Fails with CNI_ECONFIG if the interface's name has a quote, with CNI_EMISSING if nft(8) is
 * not there, or CNI_EDELEGATE. */
int cni_conditional_ports_add(struct cni_nl *nl, const struct cni_portmap *portmap,
			      const char *const *const conditions[2], struct cni_error *err);

/* Fails with CNI_EMISMATCH if the owner has another number of rules. The words are not compared. */
int cni_conditional_ports_check(struct cni_nl *nl, const struct cni_portmap *portmap,
				struct cni_error *err);

/* Fails with `code` if nft(8) is not there. */
int cni_conditional_ports_status(int code, struct cni_error *err);

int cni_conditional_ports_del(struct cni_nl *nl, const struct cni_owner *owner,
			      struct cni_error *err);

/* Removes those of attachments of `network`, except the `valid` ones. */
int cni_conditional_ports_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
			     struct cni_error *err);

#endif
