/* SPDX-License-Identifier: Apache-2.0 */
/* Attachments as the engine of rules/firewall.h wants them, in words; and what is in its table.
 *
 *	firewall_must_add("blue", "c1", "10.1.0.2", "fd01::2", SAME, "br0");
 *	firewall_assert_set("members4", "cni0 . 10.1.0.2 blue/c1/eth0");
 */
#ifndef FIREWALL_WISH_H
#define FIREWALL_WISH_H

#include "firewall.h"

#define OPEN	 CNI_FIREWALL_OPEN, ""
#define SAME	 CNI_FIREWALL_SAME_BRIDGE
#define ISOLATED CNI_FIREWALL_ISOLATED

/* Its parts point to each other: it must not be copied. */
struct firewall_wish {
	struct cni_owner owner;
	struct cni_ip addresses[2];
	struct cni_firewall firewall;
};

/* A wish for the container's eth0, behind cni0. Either address may be NULL. Returns
 * &wish->firewall. */
const struct cni_firewall *firewall_wish(struct firewall_wish *wish, const char *network,
					 const char *container, const char *one, const char *other,
					 enum cni_firewall_policy policy, const char *bridge);
struct cni_owner firewall_owner(const char *network, const char *container);

/* In this test's namespace (kernel.h); a failure fails the test. */
void firewall_must_add(const char *network, const char *container, const char *one,
		       const char *other, enum cni_firewall_policy policy, const char *bridge);
void firewall_must_del(const char *network, const char *container);

/* CHECK in the network "blue" says this; NULL: all is well. */
void firewall_assert_check(const char *container, const char *one, const char *other,
			   enum cni_firewall_policy policy, const char *bridge,
			   const char *message);

/* The elements of a set, in order and with commas: keys, or jumps. */
void firewall_assert_set(const char *set, const char *expected);
void firewall_assert_no_table(void);

#endif
