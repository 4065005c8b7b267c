/* SPDX-License-Identifier: Apache-2.0 */
/* dhcp_scene.h with IPv6: in "lan", up1 is fe80::1 and fd01::1/64 as well, where the tests' own router and DHCPv6
 * server (dhcp6_server.h) runs. */
#ifndef TEST_DHCP6_SCENE_H
#define TEST_DHCP6_SCENE_H

#include "dhcp6_server.h"
#include "dhcp_scene.h"

extern struct dhcp6_server *server6;

int dhcp6_setup(void **state);
int dhcp6_teardown(void **state);
#define dhcp6_test(name) cmocka_unit_test_setup_teardown(name, dhcp6_setup, dhcp6_teardown)

/* The same without the server, for a real one. */
int dhcp6_setup_without_server(void **state);

/* The configuration of a macvlan on up0, with keys of 'ipam' besides ("'probe':true", or ""). The caller frees. */
char *dhcp6_config(const char *keys);
#define SIX_ALONE "'families':['ipv6'],'probe':false"

/* True, in a shell, if the address with the prefix is on red's eth0. */
#define HAS6(address) "ip -n red -6 addr show eth0 | grep -qF 'inet6 " address " '"
#define ROUTE6(gw)    "ip -n red -6 route | grep -qF 'default via " gw " '"

#endif
