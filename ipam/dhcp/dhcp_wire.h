/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the daemon and its answers, on a UNIX stream socket: a line, and a body of as many bytes as the
 * line says.
 *
 *	cni-c-dhcp/1 ADD blue c1 eth0 512		the record, without what the daemon finds out
 *	cni-c-dhcp/1 0 87				the result as JSON
 *	cni-c-dhcp/1 107 25				or a code and the message of an error
 *
 * The Go daemon, which expects HTTP on its socket, answers the first with an error of HTTP, as ours does its
 * plugin. */
#ifndef DHCP_WIRE_H
#define DHCP_WIRE_H

#include "owner.h"

#include <stdbool.h>
#include <stddef.h>

#define DHCP_WIRE	   "cni-c-dhcp/1"
#define DHCP_WIRE_LINE_MAX 512
#define DHCP_WIRE_BODY_MAX 32768

/* A member of the result that answers CHECK: the resolver settings are other ones than those of ADD. */
#define DHCP_WIRE_DNS_CHANGED "cni-c.dnsChanged"

/* ADD is for the family of the record, CHECK for IPv4, CHECK6 for IPv6, and DEL for both. */
enum dhcp_verb {
	DHCP_VERB_ADD,
	DHCP_VERB_CHECK,
	DHCP_VERB_DEL,
	DHCP_VERB_STATUS,
	DHCP_VERB_CHECK6,
	DHCP_VERB_COUNT
};

struct dhcp_request {
	enum dhcp_verb verb;
	struct cni_owner owner; /* points into the line that was read; STATUS: "-" */
	size_t size;		/* of the body */
};

/* The line with its newline; the caller frees. */
char *dhcp_wire_format_request(const struct dhcp_request *request);
char *dhcp_wire_format_answer(int code, size_t size);

/* Reads a line without its newline, and writes into it. False if it is none, or the names cannot be those of an
 * attachment. */
bool dhcp_wire_parse_request(char *line, struct dhcp_request *ret_request);
bool dhcp_wire_parse_answer(const char *line, int *ret_code, size_t *ret_size);

#endif
