/* SPDX-License-Identifier: Apache-2.0 */
/* Spoof check: a frame that enters the bridge from an attachment's port must bear the attachment's
 * hardware address, or it is dropped.
 *
 *	table bridge cni {
 *		map guarded { type ifname : verdict }        # "vethd03a…" : jump check
 *		set allowed { type ifname . ether_addr }     # "vethd03a…" . 0a:58:0a:58:00:05
 *		map attachments { type ifname : ether_addr } # "vethd03a…" : 0a:58:0a:58:00:05
 *		chain check { iifname . ether saddr != @allowed drop }
 *		chain prerouting { type filter hook prerouting priority filter; iifname vmap
 *@guarded
 *}
 *	}
 *
 * Two look-ups for a frame, however many ports there are. `attachments` is DEL's way from the
 *owner's name to the address. Elements bear their owner as a comment; the table goes with the last
 *one. */
#ifndef CNI_SPOOFCHECK_H
#define CNI_SPOOFCHECK_H

#include "ip.h"
#include "nl.h"
#include "owner.h"

/* Lets only `mac` in from the owner's port, which is its cni_owner_ifname() with "veth". All or
 * nothing. `nl` is a socket of NETLINK_NETFILTER. */
int cni_spoofcheck_add(struct cni_nl *nl, const struct cni_owner *owner,
		       const uint8_t mac[CNI_MAC_SIZE], struct cni_error *err);

/* Fails with CNI_EMISMATCH, naming what is not there. */
int cni_spoofcheck_check(struct cni_nl *nl, const struct cni_owner *owner,
			 const uint8_t mac[CNI_MAC_SIZE], struct cni_error *err);

int cni_spoofcheck_del(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err);

int cni_spoofcheck_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		      struct cni_error *err);

#endif
