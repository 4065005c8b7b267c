/* SPDX-License-Identifier: Apache-2.0 */
/* A router and a DHCPv6 server of the tests' own: a process in the namespace of a network, with leases of seconds, and
 * with faults. It writes its packets by hand: nothing of the plugin is in it. */
#ifndef DHCP6_SERVER_H
#define DHCP6_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Faults of its answers, each sent before the right one. */
enum dhcp6_server_fault {
	FAULT6_XID = 1 << 0,
	FAULT6_CLIENT = 1 << 1, /* another client's DUID */
	FAULT6_NO_SERVER = 1 << 2,
	FAULT6_OVERLONG = 1 << 3,  /* an option that runs over the end */
	FAULT6_NO_TIME = 1 << 4,   /* lifetimes of zero */
	FAULT6_TIMES = 1 << 5,	   /* T1 after T2 */
	FAULT6_PREFERRED = 1 << 6, /* longer than valid */
	FAULT6_MULTICAST = 1 << 7, /* ff02::5 */
	FAULT6_LOOPBACK = 1 << 8,  /* ::1 */
	FAULT6_MAPPED = 1 << 9,	   /* ::ffff:10.1.0.5 */
	FAULT6_LINK_LOCAL = 1 << 10,
	FAULT6_IAID = 1 << 11,
	FAULT6_RELAY = 1 << 12, /* a relay's message */
	FAULT6_RECONFIGURE = 1 << 13,
	FAULT6_SHORT = 1 << 14,
	FAULT6_EMPTY = 1 << 15, /* no address */
	FAULT6_ALL = (1 << 16) - 1,
	FAULT6_ONLY = 1 << 16,	   /* the right answer does not follow */
	FAULT6_RENEWALS = 1 << 17, /* none in answers to SOLICIT and REQUEST */
};

/* Shared with the server's process. Numbers that the server writes are witnesses. */
struct dhcp6_server {
	pid_t pid;
	_Atomic uint32_t is_silent; /* to clients of DHCPv6 */
	_Atomic uint32_t has_no_router;
	_Atomic uint32_t flags;	      /* of the advertisement: 0x80 M, 0x40 O */
	_Atomic uint32_t lifetime;    /* seconds of the router */
	_Atomic uint32_t prefix;      /* the second byte of fdXX::/64 */
	_Atomic uint32_t on_link;     /* 0x80: flag L of the prefix */
	_Atomic uint32_t formed;      /* 0x40: flag A */
	_Atomic uint32_t valid;	      /* seconds of the prefix; 0: it is not advertised */
	_Atomic uint32_t bad_adverts; /* damaged ones before the right one */
	_Atomic uint32_t faults;
	_Atomic uint32_t flood;	  /* right answers instead of one */
	_Atomic uint32_t seconds; /* of a lease */
	_Atomic uint32_t renewal; /* T1; 0: none */
	_Atomic uint32_t rebinding;
	_Atomic uint32_t
		first; /* the last byte of the first address, fd01::x; one for each client */
	_Atomic uint32_t status; /* of answers to all but SOLICIT; 0: success */
	_Atomic uint32_t preference;
	_Atomic uint32_t count[14]; /* of messages, by their type */
	_Atomic uint32_t asked;	    /* router solicitations */
	_Atomic uint32_t released;  /* the last byte in the last RELEASE */
	_Atomic uint32_t declined;
	uint8_t duid[130]; /* of the last SOLICIT */
	_Atomic uint32_t duid_size;
	/* Options that each answer has besides. */
	uint8_t more[1024];
	_Atomic uint32_t more_size;
};

/* Starts it on the link `device` in the namespace `netns`, where it is fe80::1, as a router with M for fd01::/64, with
 * leases of an hour from fd01::50 on. */
struct dhcp6_server *dhcp6_server_start(const char *netns, const char *device);
void dhcp6_server_stop(struct dhcp6_server *server);

/* Waits until the server has counted as many messages of the type. Fails the test after a minute. */
void dhcp6_server_await(struct dhcp6_server *server, int type, uint32_t count);

#endif
