/* SPDX-License-Identifier: Apache-2.0 */
/* The client's states of RFC 2131, section 4.4, as a function of events and time: the caller has the clock, the
 * sockets, and chance. Pure. */
#ifndef DHCP_LEASE_H
#define DHCP_LEASE_H

#include "dhcp_terms.h"

enum dhcp_state {
	DHCP_IDLE,
	DHCP_SELECTING,
	DHCP_REQUESTING,
	DHCP_PROBING, /* by ARP, whether another host has the address */
	DHCP_BOUND,
	DHCP_RENEWING,
	DHCP_REBINDING,
	DHCP_REBOOTING,
};

/* The message to send after an event. */
enum dhcp_send {
	DHCP_SEND_NOTHING,
	DHCP_SEND_DISCOVER,
	DHCP_SEND_SELECT, /* a REQUEST that names server and address */
	DHCP_SEND_REBOOT, /* a REQUEST that names the address */
	DHCP_SEND_RENEW,  /* a REQUEST from the address, to its server alone */
	DHCP_SEND_REBIND, /* the same to all servers */
	DHCP_SEND_DECLINE,
};

/* The news of an event. */
enum dhcp_news {
	DHCP_NO_NEWS,
	DHCP_PROBE,   /* lease->offer.result is to be probed, then dhcp_lease_probed() */
	DHCP_GAINED,  /* the lease begins */
	DHCP_RENEWED, /* it goes on with the same address, gateway, routes and resolver */
	DHCP_CHANGED, /* it goes on with other ones; the caller still has the old ones */
	DHCP_LOST,    /* the address must not be used any more */
};

struct dhcp_step {
	enum dhcp_send send;
	enum dhcp_news news;
	const char *why; /* of DHCP_LOST and of what was ignored; NULL: none */
};

struct dhcp_pace {
	uint32_t timeout;    /* milliseconds: the longest wait for an answer to a message */
	uint32_t resend_max; /* milliseconds: the longest pause while no server answers */
	bool probes;
};

#define DHCP_NEVER UINT64_MAX

/* Times are in milliseconds of CLOCK_BOOTTIME. */
struct dhcp_lease {
	enum dhcp_state state;
	struct dhcp_pace pace;
	uint64_t wakes;	  /* when dhcp_lease_wake() is due */
	uint64_t begun;	  /* the exchange, for `secs` */
	uint64_t asked;	  /* the REQUEST was sent: the lease counts from then on */
	uint64_t renews;  /* these three only if `terms` are not empty */
	uint64_t rebinds; /* … */
	uint64_t expires; /* DHCP_NEVER: without end */
	uint32_t xid;
	uint32_t attempts;
	uint32_t refusals; /* and conflicts, since the last time that a server gave an address */
	struct dhcp_terms terms; /* held; empty: none */
	struct dhcp_terms offer; /* of the server that was chosen */
};

void dhcp_lease_clear(struct dhcp_lease *lease);

/* Begins to look for a server. `chance`, in these and the next ones, is a random number. */
struct dhcp_step dhcp_lease_begin(struct dhcp_lease *lease, uint64_t now, uint32_t chance);

/* Goes on with the `terms` and the times of a record: waits, renews, rebinds, or begins anew. */
struct dhcp_step dhcp_lease_resume(struct dhcp_lease *lease, uint64_t now, uint32_t chance);

/* The link was gone and is back: asks whether the address still holds (INIT-REBOOT). Does nothing without
 * one. */
struct dhcp_step dhcp_lease_reboot(struct dhcp_lease *lease, uint64_t now, uint32_t chance);

/* The time `wakes` has come. */
struct dhcp_step dhcp_lease_wake(struct dhcp_lease *lease, uint64_t now, uint32_t chance);

/* An OFFER, ACK or NAK with the lease's xid and hardware address. `fault`: the reason for which its terms cannot
 * be used, or NULL. Takes the content of `terms`, which are empty afterwards. */
struct dhcp_step dhcp_lease_receive(struct dhcp_lease *lease, enum dhcp_type type,
				    const char *fault, struct dhcp_terms *terms, uint64_t now,
				    uint32_t chance);

/* The answer to DHCP_PROBE. */
struct dhcp_step dhcp_lease_probed(struct dhcp_lease *lease, bool is_free, uint64_t now,
				   uint32_t chance);

/* "RENEWING" */
const char *dhcp_state_text(enum dhcp_state state);

#endif
