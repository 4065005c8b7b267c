/* SPDX-License-Identifier: Apache-2.0 */
/* Spoof check: what enters the bridge from an attachment's port must bear the attachment's hardware
 * address, or it is dropped; and, if that is asked for as well, its IP addresses.
 *
 *	table bridge cni {
 *		map guarded     # "vethd03a…" : jump check; or jump sources
 *		set allowed     # "vethd03a…" . 0a:58:0a:58:00:05
 *		map attachments # "vethd03a…" : 0a:58:0a:58:00:05
 *		chain check
 *			iifname . ether saddr != @allowed drop
 *		chain prerouting # type filter hook prerouting priority filter
 *			iifname vmap @guarded
 *
 * and, while there is a port whose IP addresses are checked,
 *
 *		set sources4 # "vethd03a…" . 10.88.0.5
 *		set sources6 # "vethd03a…" . fd00::5, and its link-local address
 *		map given    # "vethd03a…" . 1 : ::ffff:10.88.0.5
 *		chain sources
 *			iifname . ether saddr != @allowed drop
 *			…           # see spoofcheck_sources.c
 *			drop
 *		chain fragments # of IPv6
 *			…
 *	}
 *
 * A frame costs one look-up for each thing that is checked, however many ports there are.
 * `attachments` and `given` are DEL's way from the owner's name to the addresses. Elements bear
 * their owner as a comment; the table goes with the last one.
 *
 * Where IP addresses are checked, a port may send
 *
 *	IPv4 and IPv6 from its addresses. Its link-local address, which it makes of its hardware
 *		address (RFC 4291, appendix A), is one of them.
 *	ARP about itself: requests and replies with both of its addresses as the sender's, and
 *		probes (RFC 5227), which have no sender's address yet, for its own.
 *	neighbour advertisements for its addresses.
 *	from ::, what somebody says who has no address yet: duplicate address detection of its own
 *		addresses, reports of groups (RFC 3590), router solicitations.
 *	from 0.0.0.0, the messages of a DHCP client with its hardware address.
 *
 * and nothing else: no router advertisements and redirects, whatever their source (CVE-2020-10749),
 * and no other protocols, a second VLAN tag among them, in which all of this could be hidden.
 *
 * What these rules do not see is what is sent to the bridge itself, 01:80:c2:00:00:0x, and not
 * forwarded by it (br_handle_frame() in the kernel's net/bridge/br_input.c). */
#ifndef CNI_SPOOFCHECK_H
#define CNI_SPOOFCHECK_H

#include "ip.h"
#include "nl.h"
#include "owner.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What may come from the owner's port, which has its key as a name. */
struct cni_spoofcheck {
	const struct cni_owner *owner;
	const uint8_t *mac;	       /* CNI_MAC_SIZE bytes */
	bool by_address;	       /* IP addresses are checked as well: */
	const struct cni_net *sources; /* these, of both families; prefixes do not count */
	size_t count;
};

/* Instead of whatever the owner had. All or nothing. `nl` is a socket of NETLINK_NETFILTER. */
int cni_spoofcheck_add(struct cni_nl *nl, const struct cni_spoofcheck *wanted,
		       struct cni_error *err);

/* Fails with CNI_EMISMATCH, naming what is not there. A port that is checked more strictly than is
 * wanted is as good. */
int cni_spoofcheck_check(struct cni_nl *nl, const struct cni_spoofcheck *wanted,
			 struct cni_error *err);

int cni_spoofcheck_del(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err);

/* Removes what attachments of `network` have that are not among `valid`. */
int cni_spoofcheck_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		      struct cni_error *err);

/* Removes what attachments have whose link is gone, in all networks. The cost grows with their number. */
int cni_spoofcheck_sweep(struct cni_nl *nl, struct cni_error *err);

#endif
