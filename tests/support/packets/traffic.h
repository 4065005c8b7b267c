/* SPDX-License-Identifier: Apache-2.0 */
/* Throughput, and the round trip of a ping meanwhile. Failures fail the test. */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <stdint.h>

/* A TCP connection that sends as much as it can. Namespaces are named; NULL is our own. */
struct traffic {
	const char *from;
	const char *to;
	const char *address; /* of `to` */
	uint16_t port;
};

/* The bits that have arrived by the end of a second. On a busy machine it is a longer one, and bits
 * queued meanwhile count for the next: a bound holds for all that has arrived, in all the time. */
struct traffic_second {
	double bits;	/* in this second, the first of which begins with the first byte */
	double all;	/* bits from the first byte on */
	double elapsed; /* seconds since before there was a sender */
};

/* Sends for `seconds` (at most 8) from the first byte on. `ping` (NULL allowed) is an address that is
 * pinged from here during the last of them; *ret_ping is the median then, in milliseconds. */
void traffic_run(const struct traffic *traffic, unsigned int seconds,
		 struct traffic_second *ret_seconds, const char *ping, double *ret_ping);

#endif
