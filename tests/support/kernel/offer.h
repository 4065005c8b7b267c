/* SPDX-License-Identifier: Apache-2.0 */
/* An attachment's published ports in one line, for the tests of rules/portmap on a host of their
 * own (kernel.h), and their elements as nft(8) shows them.
 *
 *	const struct offer web = {"blue", "c1", {"10.1.0.7"}, {"tcp 8080 80"}};
 *
 *	offer_add(&web);
 *	assert_elements("ports4", "tcp 8080 -> 10.1.0.7 80 blue/c1/eth0");
 *	offer_del(&web, "tcp 0.0.0.0:8080");
 *
 * Failures fail the test. */
#ifndef OFFER_H
#define OFFER_H

#include "portmap.h"

struct offer {
	const char *network;
	const char *container;
	const char *addresses[2];
	const char *ports[4]; /* "tcp 8080 80", "udp 53 5353 192.0.2.1" */
	const char *localnet; /* NULL: none */
	const char *link;     /* of the attachment; NULL: none */
	bool no_snat;
	bool masq_all;
};

void offer_add(const struct offer *offer);

/* And everything is as it was before. */
void offer_add_fails(const struct offer *offer, int code, const char *message);

/* NULL: all is well. */
void offer_check(const struct offer *offer, const char *message);

/* `published`: what it says that was published, as "tcp 0.0.0.0:80, udp [::]:53". */
void offer_del(const struct offer *offer, const char *published);

/* GC of a network, with one valid attachment, or with none. `published` may be NULL: whatever. */
void offers_gc(const char *network, const struct offer *valid, const char *published);

/* The elements of a set or map of the table, in order: "10.1.0.7 blue/c1/eth0, …" of a set, "tcp 80
 * -> 10.1.0.7 8080 blue/c1/eth0, …" of a map. */
void assert_elements(const char *set, const char *expected);

/* Fails the test unless nf_tables is empty. */
void assert_no_rules(void);

#endif
