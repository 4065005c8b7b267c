/* SPDX-License-Identifier: Apache-2.0 */
/* Spoof check: a frame that enters the bridge from an attachment's port is dropped unless it has
 * the attachment's MAC address and, optionally, its IP addresses.
 *
 *	table bridge cni {
 *		map guarded     # "vethd03a…" : jump check; or jump sources
 *		set allowed     # "vethd03a…" . 0a:58:0a:58:00:05
 *		map attachments # "vethd03a…" : 0a:58:0a:58:00:05
 *		chain check
 *		chain prerouting # type filter hook prerouting priority filter
 *
 * and, while a port has its IP addresses checked,
 *
 *		set sources4 # "vethd03a…" . 10.88.0.5
 *		set sources6 # "vethd03a…" . fd00::5, and its link-local address
 *		map given    # "vethd03a…" . 1 : ::ffff:10.88.0.5
 *		chain sources
 *		chain fragments # of IPv6
 *	}
 *
 * A check costs one look-up for each frame, however many ports there are. `attachments` and `given`
 * are the ways back from the owner to the addresses (nft_owned.h). The table goes with its last
 * element.
 *
 * A port with IP addresses checked may send
 *
 *	IPv4 and IPv6 from its addresses. These include its link-local address, which the kernel
 *		makes of the MAC address (RFC 4291, appendix A).
 *	ARP about itself: requests and replies with its MAC and IP address as the sender's, and
 *		probes (RFC 5227), which have no sender's IP address, for its own.
 *	neighbour advertisements for its addresses.
 *	from ::, messages of a host without an address: duplicate address detection of its own
 *		addresses, reports of groups (RFC 3590), router solicitations.
 *	from 0.0.0.0, the messages of a DHCP client with its MAC address.
 *
 * and nothing else: no router advertisements and redirects, whatever their source (CVE-2020-10749),
 * and no other protocols. A second VLAN tag is another protocol: it could hide all of these.
 *
 * The rules do not see frames for the bridge itself, 01:80:c2:00:00:0x, which it does not forward
 * (br_handle_frame() in the kernel's net/bridge/br_input.c). */
#ifndef CNI_SPOOFCHECK_H
#define CNI_SPOOFCHECK_H

#include "ip.h"
#include "nft_owned.h"
#include "nl.h"
#include "owner.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The permitted sources of the owner's port. The port's name is the owner's key. */
struct cni_spoofcheck {
	const struct cni_owner *owner;
	const uint8_t *mac;	       /* CNI_MAC_SIZE bytes */
	bool by_address;	       /* IP addresses are checked, too: */
	const struct cni_net *sources; /* these, of both families; prefixes do not count */
	size_t count;
};

/* Replaces everything that the owner had, atomically. `nl` is a socket of NETLINK_NETFILTER. */
int cni_spoofcheck_add(struct cni_nl *nl, const struct cni_spoofcheck *wanted,
		       struct cni_error *err);

/* Fails with CNI_EMISMATCH, naming what is missing. Accepts a port that is checked more strictly
 * than wanted. */
int cni_spoofcheck_check(struct cni_nl *nl, const struct cni_spoofcheck *wanted,
			 struct cni_error *err);

/* cni_owned_del(), cni_owned_gc() and cni_owned_sweep() take it. */
extern const struct cni_owned_table cni_spoofcheck_table;

#endif
