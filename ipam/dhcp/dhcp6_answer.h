/* SPDX-License-Identifier: Apache-2.0 */
/* The content of an ADVERTISE or a REPLY (RFC 8415, section 18.2.10): an address for a time, and resolver settings.
 * Pure. */
#ifndef DHCP6_ANSWER_H
#define DHCP6_ANSWER_H

#include "dhcp6_packet.h"
#include "ip.h"
#include "result.h"

#define DHCP6_FOREVER UINT32_MAX

/* Lists of servers that are longer are cut. */
#define DHCP6_NAMESERVERS_MAX 16

/* All zeroes is none. */
struct dhcp6_answer {
	struct dhcp6_duid server;
	uint16_t status;    /* enum dhcp6_status: of the message, otherwise of the address */
	struct cni_ip ip;   /* unset: there is none */
	uint32_t valid;	    /* seconds; 0: the server takes the address back */
	uint32_t renewal;   /* T1, in order and not zero if there is an address with a time */
	uint32_t rebinding; /* T2 */
	uint8_t preference;
	bool is_rapid;	  /* a REPLY to a SOLICIT */
	uint32_t refresh; /* seconds; 0: not given */
	uint32_t sol_max; /* option 82 in seconds; 0: not given */
	struct cni_dns dns;
};

void dhcp6_answer_clear(struct dhcp6_answer *answer);
#define clearing_dhcp6_answer __attribute__((cleanup(dhcp6_answer_clear)))
/* Moves the content. */
void dhcp6_answer_take(struct dhcp6_answer *to, struct dhcp6_answer *from);

/* Reads the options. The first of several addresses that a container may use counts or, if it is among them, `held`
 * (NULL: none). Returns NULL, or the reason for which no client may use the answer; `ret_answer` is empty
 * then. */
const char *dhcp6_answer_read(const struct dhcp6_packet *packet, uint32_t iaid,
			      const struct cni_ip *held, struct dhcp6_answer *ret_answer);

/* The reason for which no host may have the address; NULL: none. */
const char *dhcp6_fault_of_host(const struct cni_ip *ip);

/* Sixteen bytes as an address. */
struct cni_ip dhcp6_ip(const uint8_t bytes[16]);

/* Appends the servers that a container can ask, each once. Link-local ones need a zone, which the result has no
 * room for. */
void dhcp6_nameservers_read(struct dhcp6_span list, struct cni_dns *dns);

/* Appends names that `dns` does not have. `list` is in the form of RFC 1035, section 3.1. */
void dhcp6_search_read(struct dhcp6_span list, struct cni_dns *dns);

#endif
