/* SPDX-License-Identifier: Apache-2.0 */
/* A host with pods on two bridges, one beyond it that knows the way to them, and a server with a
 * name in each place. The container's port is SCENE_CONTAINER_PORT, at which red answers as "pod";
 * at SCENE_HOST_PORT "host", "outside", "blue" and "green" answer. Red and blue are masqueraded
 * where they leave their network, green is not. Bridged traffic passes the rules of bridges only,
 * as without br_netfilter.
 *
 *	red 10.1.0.2, fd01::2 ───┐
 *	                         br0 10.1.0.1, fd01::1   host   192.0.2.1 ── 192.0.2.2   outside
 *	blue 10.1.0.3, fd01::3 ──┘                         2001:db8:1::1 ── 2001:db8:1::2
 *	green 10.2.0.2, fd02::2 ─ br1 10.2.0.1, fd02::1       and 192.0.2.3, 2001:db8:1::3
 */
#ifndef PORT_SCENE_H
#define PORT_SCENE_H

#include "probe.h"
#include "published.h"

#define SCENE_HOST_PORT	     8080
#define SCENE_CONTAINER_PORT 9090

#define OUTSIDE "/run/netns/outside"

extern struct pod scene_red;
extern struct pod scene_blue;
extern struct pod scene_green;

int scene_setup(void **state);
int scene_teardown(void **state);
#define scene_test(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

#endif
