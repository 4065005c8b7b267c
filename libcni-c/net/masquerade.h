/* SPDX-License-Identifier: Apache-2.0 */
/* Masquerade: what an attachment sends out of its network leaves with the host's address.
 *
 *	table inet cni {
 *		map masquerade4 { type ipv4_addr : verdict }         # 10.88.0.5 : jump net-1f3a…
 *		map attachments4 { type ifname . mark : ipv4_addr }  # "vethd03a…" . 0 : 10.88.0.5
 *		chain net-1f3a… {
 *			ip daddr 10.88.0.0/16 return
 *			ip daddr 224.0.0.0/4 return
 *			masquerade
 *		}
 *		chain postrouting {
 *			type nat hook postrouting priority srcnat
 *			ip saddr vmap @masquerade4
 *		}
 *	}
 *
 * and the same with 6. A packet costs one look-up however many pods there are, and so does an
 * update. `attachments` is the way back: from the owner's name to the addresses it has, so that DEL
 * needs neither namespace nor prevResult. Elements bear their owner as a comment; an element that
 * bears another owner is left alone, since an address may be handed out again before a late DEL.
 * The table goes with its last element. */
#ifndef CNI_MASQUERADE_H
#define CNI_MASQUERADE_H

#include "ip.h"
#include "nl.h"
#include "owner.h"

#include <stddef.h>

/* Sets it up for the addresses, whose prefixes are the network's. Whatever the addresses or the
 * owner had before is replaced. All or nothing. `nl` is a socket of NETLINK_NETFILTER. */
int cni_masquerade_add(struct cni_nl *nl, const struct cni_owner *owner, const struct cni_net *nets,
		       size_t count, struct cni_error *err);

/* Is all of it there? Fails with CNI_EMISMATCH, naming what was expected and what was found. */
int cni_masquerade_check(struct cni_nl *nl, const struct cni_owner *owner,
			 const struct cni_net *nets, size_t count, struct cni_error *err);

/* Removes what the owner has. */
int cni_masquerade_del(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err);

/* Removes what attachments of `network` have that are not among `valid`. */
int cni_masquerade_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		      struct cni_error *err);

#endif
