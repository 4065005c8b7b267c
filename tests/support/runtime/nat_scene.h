/* SPDX-License-Identifier: Apache-2.0 */
/* The table nat of iptables, with that of nf_tables or the legacy one, and two pods whose ports are
 * published there. The state of a test is which of the two it is for: "nft", "legacy".
 *
 *	skip_unless_nat();
 *	config = nat_config(NAT_PORTS);
 *	nat_succeeds(PORTMAP, &nat_red, "ADD", config);
 */
#ifndef NAT_SCENE_H
#define NAT_SCENE_H

#include "iptables_which.h"
#include "published.h"

#define NAT_PORTS PORTS(PORT(8080, 80, "tcp") "," PORT_AT("192.0.2.1", 53, 5353, "udp"))

#define skip_unless_nat() skip_unless_iptables_works((const char *)*state, "nat")

/* ---- without pods ---- */

int nat_host_setup_nft(void **state);
int nat_host_setup_legacy(void **state);
int nat_host_teardown(void **state);

#define nat_host_tests(name)                                                                       \
	{#name " (nft)", name, nat_host_setup_nft, nat_host_teardown, NULL},                       \
	{                                                                                          \
#name " (legacy)", name, nat_host_setup_legacy, nat_host_teardown, NULL            \
	}

/* The table nat of both families, without counters. The caller frees. */
char *nat_rules(void);

/* The same, all else of the host, and if there is a record of the plugin ("masquerade", "portmap"). */
char *nat_everything(const char *plugin);
void nat_assert_as(const char *plugin, const char *before);

/* ---- with pods ---- */

extern struct pod nat_red;
extern struct pod nat_blue;

int nat_setup_nft(void **state);
int nat_setup_legacy(void **state);
int nat_teardown(void **state);

#define nat_tests(name)                                                                            \
	{#name " (nft)", name, nat_setup_nft, nat_teardown, NULL},                                 \
	{                                                                                          \
#name " (legacy)", name, nat_setup_legacy, nat_teardown, NULL                      \
	}

/* Attaches both anew, with other addresses (IPAM4, IPAM46). */
void nat_attach_again(const char *ipam);

/* A configuration of portmap with the backend iptables, which the caller frees. */
char *nat_config(const char *more);

/* Runs a portmap: ours, or the Go plugin. */
struct plugin_answer nat_ask(const char *portmap, const struct pod *pod, const char *command,
			     const char *config);
void nat_succeeds(const char *portmap, const struct pod *pod, const char *command,
		  const char *config);

/* Shared chains stay: a test begins with them, and this is the host then. The caller frees. */
char *nat_begin(void);

#endif
