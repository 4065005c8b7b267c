/* SPDX-License-Identifier: Apache-2.0 */
/* How much gets through, and how long a ping takes meanwhile. Failures fail the test. */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <stdint.h>

/* One TCP connection that sends as much as it can. Namespaces are named; NULL is our own. */
struct traffic {
	const char *from;
	const char *to;
	const char *address; /* of `to` */
	uint16_t port;
};

/* The bits that arrive in each second, for `seconds` (at most 8) from the first byte on. `ping`
 * (NULL allowed) is an address that is pinged from here during the last of them; *ret_ping is the
 * median then, in milliseconds. */
void traffic_run(const struct traffic *traffic, unsigned int seconds, double *ret_bits,
		 const char *ping, double *ret_ping);

#endif
