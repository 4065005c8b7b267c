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
 *		chain postrouting    # looks into the first two maps
 *	}
 *
 * and the same with 6. A packet or an update costs two look-ups, however many pods there are. An
 * address belongs to its attachment together with the interface that its packets come in through:
 * two networks may hand out the same address. The address alone is the key where that interface is
 * unknown, and before Linux 5.7, which does not know it in postrouting; the last attachment then
 * has the address.
 *
 * A network with destinations to which packets keep their source has a chain and sets besides
 * (masquerade_leave.h), one look-up more for each packet that leaves.
 *
 * `attachments` is the way back from the owner (nft_owned.h). The table goes with its last
 * element. */
#ifndef CNI_MASQUERADE_H
#define CNI_MASQUERADE_H

#include "destinations.h"
#include "ip.h"
#include "nft_owned.h"
#include "nl.h"
#include "owner.h"

#include <stdbool.h>
#include <stddef.h>

/* The destinations that an ADD has replaced. */
struct cni_masquerade_change {
	bool is_done;
	struct cni_destinations before; /* the caller clears */
};

struct cni_masquerade {
	const struct cni_owner *owner;
	const char *device;	    /* the interface of incoming packets; "": unknown */
	const struct cni_net *nets; /* the addresses, with the network's prefix */
	size_t count;
	/* The network's, from this ADD on, for all of its attachments: see kept_destinations.h. NULL: those
	 * that the network has kept. Ignored by CHECK, which compares with these. */
	const struct cni_destinations *destinations;
	bool rewrites; /* ADD writes the destinations also if the kernel seems to have them */
	struct cni_masquerade_change *change; /* by ADD; NULL: not wanted */
};

/* Replaces everything that the owner had, and that other owners have at these addresses, and the network's
 * destinations, atomically. A failure leaves the earlier ones. `nl` is a socket of NETLINK_NETFILTER. */
int cni_masquerade_add(struct cni_nl *nl, const struct cni_masquerade *wanted,
		       struct cni_error *err);

/* Fails with CNI_EMISMATCH, naming what was expected and what was found. */
int cni_masquerade_check(struct cni_nl *nl, const struct cni_masquerade *wanted,
			 struct cni_error *err);

/* cni_owned_del(), cni_owned_gc() and cni_owned_sweep() take it. */
extern const struct cni_owned_table cni_masquerade_table;

#endif
