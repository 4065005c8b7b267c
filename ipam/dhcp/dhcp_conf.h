/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of dhcp's configuration. */
#ifndef DHCP_CONF_H
#define DHCP_CONF_H

#include "describe.h"
#include "dhcp6_lease.h"
#include "dhcp_packet.h"
#include "verbs.h"

struct dhcp_conf {
	const char *socket;	     /* of the daemon */
	struct dhcp_options options; /* that each message has */
	uint32_t priority;	     /* of routes; 0: none */
	bool probe;		     /* the address by ARP, or by neighbour solicitations */
	bool wants_four;	     /* key "families" */
	bool wants_six;
	struct dhcp6_identity identity; /* for IPv6, without its secret */
};

/* Its keys, for DESCRIBE. */
extern const struct cni_description dhcp_description;

/* Strings point into the call. Fails with CNI_ECONFIG. */
int dhcp_conf_read(const struct cni_call *call, struct dhcp_conf *ret_conf, struct cni_error *err);

/* The socket alone, for DEL and GC: of a broken configuration too. */
const char *dhcp_conf_socket(const struct cni_call *call);

#endif
