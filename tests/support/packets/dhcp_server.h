/* SPDX-License-Identifier: Apache-2.0 */
/* A DHCP server of the tests' own: a process in the namespace of a network, with leases of seconds, and with faults. It
 * writes its packets by hand: nothing of the plugin is in it. */
#ifndef DHCP_SERVER_H
#define DHCP_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The server's behaviour; each test changes it while the server runs. */
enum dhcp_server_mode {
	SERVER_ANSWERS,
	SERVER_IS_SILENT,
	SERVER_REFUSES,		 /* every REQUEST */
	SERVER_HEARS_BROADCASTS, /* is silent to unicast */
	SERVER_OFFERS,		 /* and is silent to every REQUEST */
	SERVER_IS_ANOTHER,	 /* acknowledges in the name of 10.1.0.9 */
};

/* Faults of its offers and acknowledgements, each sent before the right one. */
enum dhcp_server_fault {
	FAULT_XID = 1 << 0,
	FAULT_CHADDR = 1 << 1,
	FAULT_LOOPBACK = 1 << 2,  /* 127.0.0.1 */
	FAULT_MULTICAST = 1 << 3, /* 224.0.0.5 */
	FAULT_NO_MASK = 1 << 4,
	FAULT_NO_TIME = 1 << 5,	 /* a lease time of zero */
	FAULT_OVERLONG = 1 << 6, /* an option that runs over the end */
	FAULT_SHORT = 1 << 7,	 /* a packet of a few bytes */
	FAULT_COOKIE = 1 << 8,
	FAULT_REQUEST = 1 << 9,	   /* as if it were a client's */
	FAULT_BROADCAST = 1 << 10, /* the network's last address */
	FAULT_HOLES = 1 << 11,	   /* a mask with holes */
	FAULT_ALL = (1 << 12) - 1,
	FAULT_ONLY = 1 << 12,	  /* the right answer does not follow */
	FAULT_RENEWALS = 1 << 13, /* none in answers to a client that has no address yet */
};

/* Shared with the server's process. Numbers that the server writes are witnesses. */
struct dhcp_server {
	pid_t pid;
	_Atomic uint32_t mode;
	_Atomic uint32_t faults;
	_Atomic uint32_t flood;	  /* right answers instead of one */
	_Atomic uint32_t seconds; /* of a lease */
	_Atomic uint32_t renewal; /* option 58; 0: none */
	_Atomic uint32_t rebinding;
	_Atomic uint32_t
		first; /* the last byte of the first address, 10.1.0.x; one for each client */
	_Atomic uint32_t router;    /* the last byte of the gateway */
	_Atomic uint32_t count[9];  /* of messages, by their type */
	_Atomic uint32_t unicast;   /* REQUESTs to the server's address */
	_Atomic uint32_t ciaddr;    /* the last byte in the last REQUEST; 0: none */
	_Atomic uint32_t requested; /* the same of option 50 */
	_Atomic uint32_t released;  /* the same of the last RELEASE */
	_Atomic uint32_t declined;  /* of the last DECLINE, option 50 */
	_Atomic uint32_t broadcast; /* the flag of the last DISCOVER */
	uint8_t options[576];	    /* of the last DISCOVER */
	uint32_t options_size;
	/* Options that each answer has besides. */
	uint8_t more[256];
	_Atomic uint32_t more_size;
};

/* Starts it on the link `device` in the namespace `netns`, where it has 10.1.0.1/24, with leases of an hour from
 * 10.1.0.50 on. */
struct dhcp_server *dhcp_server_start(const char *netns, const char *device);
void dhcp_server_stop(struct dhcp_server *server);

/* Waits until the server has counted as many messages of the type (1 DISCOVER, 3 REQUEST, 4 DECLINE, 7 RELEASE). Fails
 * the test after a minute. */
void dhcp_server_await(struct dhcp_server *server, int type, uint32_t count);

/* The option of the last DISCOVER, inside of `server`; NULL: it has none. */
const uint8_t *dhcp_server_seen(const struct dhcp_server *server, uint8_t code, uint8_t *ret_size);

/* True if the last DISCOVER has the option, with this value. */
bool dhcp_server_has_seen(const struct dhcp_server *server, uint8_t code, const void *value,
			  uint8_t size);

#endif
