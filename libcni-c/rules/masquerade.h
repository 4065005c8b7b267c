/* SPDX-License-Identifier: Apache-2.0 */
/* Masquerade: packets from an attachment that leave its network get the host's address.
 *
 *	table inet cni {
 *		map masquerade_at4   # "cni0" . 10.88.0.5 : jump net-1f3a…
 *		map masquerade4      # 10.88.0.5 : jump net-1f3a…
 *		map attachments4     # "vethd03a…" . 0 : "cni0" . 10.88.0.5
 *		chain net-1f3a… {
 *			ip daddr 10.88.0.0/16 return
 *			ip daddr 224.0.0.0/4 return
 *			masquerade
 *		}
 *		chain postrouting {
 *			type nat hook postrouting priority srcnat
 *			iifname . ip saddr vmap @masquerade_at4
 *			ip saddr vmap @masquerade4
 *		}
 *	}
 *
 * and the same with 6. A packet or an update costs two look-ups, however many pods there are. An
 * address belongs to its attachment together with the interface that its packets come in through:
 * two networks may hand out the same address. The address alone is the key where that interface is
 * unknown, and before Linux 5.7, which does not know it in postrouting; the last attachment then
 * has the address.
 *
 * `attachments` is the way back from the owner (nft_owned.h). The table goes with its last
 * element. */
#ifndef CNI_MASQUERADE_H
#define CNI_MASQUERADE_H

#include "ip.h"
#include "nl.h"
#include "owner.h"

#include <stddef.h>

struct cni_masquerade {
	const struct cni_owner *owner;
	const char *device;	    /* the interface of incoming packets; "": unknown */
	const struct cni_net *nets; /* the addresses, with the network's prefix */
	size_t count;
};

/* Replaces everything that the owner had, and that other owners have at these addresses,
 * atomically. `nl` is a socket of NETLINK_NETFILTER. */
int cni_masquerade_add(struct cni_nl *nl, const struct cni_masquerade *wanted,
		       struct cni_error *err);

/* Fails with CNI_EMISMATCH, naming what was expected and what was found. */
int cni_masquerade_check(struct cni_nl *nl, const struct cni_masquerade *wanted,
			 struct cni_error *err);

/* Removes everything that the owner has. */
int cni_masquerade_del(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err);

/* Removes everything that attachments of `network` have here, except the `valid` ones. */
int cni_masquerade_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		      struct cni_error *err);

/* Removes everything of attachments without a link, in all networks. The cost grows with their
 * number. */
int cni_masquerade_sweep(struct cni_nl *nl, struct cni_error *err);

#endif
