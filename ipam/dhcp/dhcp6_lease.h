/* SPDX-License-Identifier: Apache-2.0 */
/* The client's states of RFC 8415, section 18.2, and what routers advertise, as a function of events and time: the
 * caller has the clock, the sockets, and chance. Pure.
 *
 * The first advertisement decides the mode: with M, an address from a DHCPv6 server; otherwise an address of each
 * autonomous prefix and, with O, the resolver settings of a DHCPv6 server. */
#ifndef DHCP6_LEASE_H
#define DHCP6_LEASE_H

#include "dhcp6_router.h"
#include "dhcp_lease.h"

enum dhcp6_state {
	DHCP6_IDLE,
	DHCP6_SOLICITING, /* routers */
	DHCP6_SELECTING,  /* among servers */
	DHCP6_REQUESTING,
	DHCP6_INFORMING, /* resolver settings alone */
	DHCP6_PROBING,	 /* by neighbour solicitations, whether another host has an address */
	DHCP6_BOUND,
	DHCP6_RENEWING,
	DHCP6_REBINDING,
	DHCP6_CONFIRMING,
	DHCP6_DECLINING,
};

enum dhcp6_mode {
	DHCP6_UNDECIDED,
	DHCP6_SLAAC,	 /* neither M nor O */
	DHCP6_STATELESS, /* O */
	DHCP6_STATEFUL,	 /* M, or no router answers */
};

struct dhcp6_step {
	bool asks_routers;
	enum dhcp6_type send; /* to all servers; 0: nothing */
	enum dhcp_news news;
	const char *why; /* of DHCP_LOST and of what was ignored; NULL: none */
};

/* Traits of the client. */
struct dhcp6_identity {
	struct dhcp6_duid duid;
	uint32_t iaid;
	uint8_t secret[16]; /* of dhcp6_prefix_address() */
};

/* Times are in milliseconds of CLOCK_BOOTTIME. */
struct dhcp6_lease {
	enum dhcp6_state state;
	enum dhcp6_mode mode;
	struct dhcp_pace pace;
	struct dhcp6_identity identity;
	uint32_t priority; /* of routes; 0: none */
	uint32_t link_mtu; /* of the interface; a router cannot raise it */
	uint64_t wakes;	   /* the exchange with servers goes on */
	uint64_t solicits; /* routers are asked */
	uint64_t changes;  /* something that is held ends */
	uint64_t begun;	   /* the exchange */
	uint64_t asked;	   /* the last message of it was sent */
	uint32_t xid;
	uint32_t attempts;
	uint32_t pause;	  /* milliseconds, after the last message */
	uint32_t sol_max; /* milliseconds; 0: the standard's */
	uint32_t solicitations;
	bool follows_any; /* the link may be another one: any router is as good as the one that was followed */
	struct dhcp6_router router;
	struct dhcp6_answer binding; /* the address that is held, and resolver settings */
	struct dhcp6_answer offer;   /* of the server that was chosen */
	uint64_t renews;	     /* these three: DHCP_NEVER without an end */
	uint64_t rebinds;
	uint64_t expires;
	struct cni_result result; /* that the interface is to have; no address: none */
};

void dhcp6_lease_clear(struct dhcp6_lease *lease);

/* When dhcp6_lease_wake() is due. */
uint64_t dhcp6_lease_wakes(const struct dhcp6_lease *lease);

/* Begins to look for routers. `chance`, in these and the next ones, is a random number. */
struct dhcp6_step dhcp6_lease_begin(struct dhcp6_lease *lease, uint64_t now, uint32_t chance);
/* Goes on with a record. */
struct dhcp6_step dhcp6_lease_resume(struct dhcp6_lease *lease, uint64_t now, uint32_t chance);
/* The link was gone and is back: asks whether the address is still of this link (CONFIRM), and for routers. */
struct dhcp6_step dhcp6_lease_confirm(struct dhcp6_lease *lease, uint64_t now, uint32_t chance);
struct dhcp6_step dhcp6_lease_wake(struct dhcp6_lease *lease, uint64_t now, uint32_t chance);

/* A router's advertisement from `ip`. Takes the content of `advert`, which is to be cleared afterwards. */
struct dhcp6_step dhcp6_lease_advertised(struct dhcp6_lease *lease, const struct cni_ip *ip,
					 struct dhcp6_advert *advert, uint64_t now,
					 uint32_t chance);

/* A message to a client's port, which may be any. */
struct dhcp6_step dhcp6_lease_receive(struct dhcp6_lease *lease, const struct dhcp6_packet *packet,
				      uint64_t now, uint32_t chance);

/* The addresses to probe after DHCP_PROBE: those of the next result that the lease does not have yet. */
void dhcp6_lease_candidates(const struct dhcp6_lease *lease, uint64_t now,
			    struct cni_result *ret_result);
/* The answer to DHCP_PROBE. `conflict`: the address that another host has, or NULL. */
struct dhcp6_step dhcp6_lease_probed(struct dhcp6_lease *lease, const struct cni_ip *conflict,
				     uint64_t now, uint32_t chance);

/* The address to give back to its server, or NULL: also an address that is still probed, or that the server may have
 * given although its answer has not come. */
const struct cni_ip *dhcp6_lease_claim(struct dhcp6_lease *lease);

/* "RENEWING" */
const char *dhcp6_state_text(enum dhcp6_state state);

#endif
