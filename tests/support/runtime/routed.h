/* SPDX-License-Identifier: Apache-2.0 */
/* A container "red" with interfaces that bridge (bridge.h) makes, for the plugins behind it that change
 * routes: sbr and vrf. Failures fail the test.
 *
 *	routed_succeeds(SBR, "ADD", "eth0", "", routed_prev);
 *	...
 *	routed_test(sbr__does_so) */
#ifndef TEST_ROUTED_H
#define TEST_ROUTED_H

#include "bridge.h"

#define SBR    CNI_C_BINARY_DIR "/plugins/sbr"
#define GO_SBR "/usr/lib/cni/sbr"
#define VRF    CNI_C_BINARY_DIR "/plugins/vrf"
#define GO_VRF "/usr/lib/cni/vrf"
#define RED    "/run/netns/red"

/* Two networks of both families with default routes: 10.1.0.0/24 and fd01::/64 on br0, 10.2.0.0/24 and
 * fd02::/64 on br1. */
#define ON_NETWORK(name, bridge, number)                                                           \
	"'name':'" name "','bridge':'" bridge "'," GATEWAY                                         \
	"," IPAM("'ranges':[[{'subnet':'10." number ".0.0/24'}],[{'subnet':'fd0" number            \
		 "::/64'}]],'routes':[{'dst':'0.0.0.0/0'},{'dst':'::/0'}]")
#define ON_A ON_NETWORK("blue", "br0", "1")
#define ON_B ON_NETWORK("green", "br1", "2")

/* "red", and "outside" behind the host: 192.0.2.2 and 2001:db8:1::2. */
void routed_open(void);
void routed_close(void);

/* An ADD of bridge for this interface; the caller frees its result. */
cJSON *routed_attach(const char *ifname, const char *network);
/* Its CHECK and its DEL. */
void routed_check_bridge(const char *ifname, const char *network, const cJSON *prev);
void routed_detach(const char *ifname, const char *network, const cJSON *prev);

/* A call of a plugin for an interface of "red". `prev` NULL: without prevResult. The version is 1.0.0 unless
 * `more` has another. */
struct plugin_answer routed_run(const char *plugin, const char *command, const char *ifname,
				const char *more, const cJSON *prev);
/* Likewise, with this CNI_NETNS. */
struct plugin_answer routed_run_in(const char *netns, const char *plugin, const char *command,
				   const char *ifname, const char *more, const cJSON *prev);
void routed_succeeds(const char *plugin, const char *command, const char *ifname, const char *more,
		     const cJSON *prev);
void routed_fails(const char *plugin, const char *command, const char *ifname, const char *more,
		  const cJSON *prev, int code, const char *text);

/* Makes "red" and attaches its eth0 by ON_A; `routed_prev` is the result. */
extern cJSON *routed_prev;
int routed_setup(void **state);
int routed_teardown(void **state);
#define routed_test(name) cmocka_unit_test_setup_teardown(name, routed_setup, routed_teardown)

/* DEL and ADD of bridge for eth0, which gets the same addresses as before. */
void routed_attach_again(void);

#define needs_vrf()                                                                                \
	do {                                                                                       \
		if (sandbox_run("ip link add probe type vrf table 9 2>/dev/null") != 0)            \
			skip_because("this kernel has no vrf");                                    \
		sandbox_must("ip link del probe");                                                 \
	} while (0)

/* The routes of all tables but local, and the rules, of "red", in lines of ip(8); rules without protocol
 * and in the order of their sources. The caller frees. */
char *routed_tables(void);

#endif
