/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of an attacker: any address in any place. A struct names the unusual fields of a frame.
 *
 *	static const struct frame forged = {
 *		.kind = FRAME_ARP, .from = RED_MAC, .source = "10.1.0.3"};
 *
 *	frame_watch(&watch, "/run/netns/blue", "eth0");
 *	frame_send("/run/netns/red", "eth0", &forged, 1);
 *	frame_send("/run/netns/red", "eth0", &honest, 2);
 *	frame_wait(&watch, 2);
 *	assert_false(frame_was_seen(&watch, 1));
 *
 * Frames are broadcast by default, so a test needs no MACs. Each has its number in it. Failures
 * fail the test. */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_kind {
	FRAME_ARP,   /* sender `from` or `claims`, `source`; asking for `target` */
	FRAME_UDP,   /* IPv4 or IPv6, as `source` is */
	FRAME_ICMP6, /* `type`, about `target` */
	FRAME_DHCP,  /* a client's, for the hardware address `claims` or `from` */
	FRAME_OTHER, /* of protocol `ether_type` */
};

/* The sent part of an IPv6 packet. An IPv4 packet is sent whole, with the header of its first
 * fragment. */
enum frame_piece {
	FRAME_WHOLE,
	FRAME_FIRST, /* of two fragments: sixteen bytes, of which what is inside has eight, or the
		      * options all */
	FRAME_LATER, /* the rest */
};

struct frame {
	enum frame_kind kind;
	const char *from;   /* the frame's hardware address */
	const char *claims; /* another one inside; NULL: the same */
	const char *source; /* an address */
	const char *target; /* likewise; NULL: the unspecified one */
	const char *to;	    /* of UDP; NULL: everybody */
	const char *at;	    /* the hardware address it is sent to; NULL: everybody's */
	uint8_t type;	    /* of ICMPv6 */
	bool reply;	    /* ARP; DHCP: a server's */
	uint8_t hlen;	    /* ARP: what it says about the size of hardware addresses; 0: 6 */
	bool options;	    /* an IPv6 header of options before what is inside */
	enum frame_piece piece;
	unsigned int tags; /* of VLAN 0: a tag that says nothing but that it is there */
	uint16_t ether_type;
};

#define FRAME_PORT 9 /* where UDP goes */

/* Types of ICMPv6. */
enum {
	FRAME_ECHO = 128,
	FRAME_MLD_REPORT = 131,
	FRAME_RS = 133, /* router solicitation, advertisement */
	FRAME_RA = 134,
	FRAME_NS = 135, /* neighbour solicitation, advertisement */
	FRAME_NA = 136,
	FRAME_REDIRECT = 137,
	FRAME_MLD2_REPORT = 143,
};

/* Sends it from the interface of the namespace of this path (NULL: our own). Frames arrive in the
 * order of sending, as long as the sender stays on one CPU: see frame_stay_here(). */
void frame_send(const char *netns, const char *ifname, const struct frame *frame, uint16_t number);
void frame_stay_here(void);

#define FRAME_NUMBERS 256
struct frame_watch {
	int fd;
	bool seen[FRAME_NUMBERS];
};

/* Notes what arrives at the interface, from now on. */
void frame_watch(struct frame_watch *watch, const char *netns, const char *ifname);
void frame_watch_end(struct frame_watch *watch);

/* Until the frame with this number arrives. */
void frame_wait(struct frame_watch *watch, uint16_t number);

#endif
