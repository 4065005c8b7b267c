/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_scene.h"

#include "cleanup.h"
#include "mem.h"

struct dhcp6_server *server6;

/* Without duplicate address detection the router is there at once. */
int dhcp6_setup_without_server(void **state)
{
	if (dhcp_setup_without_server(state) != 0)
		return -1;
	return sandbox_run("ip -n lan link set up1 down && ip -n lan link set up1 addrgenmode none "
			   "&& ip -n lan link set up1 up && "
			   "ip -n lan addr add fe80::1/64 dev up1 nodad && "
			   "ip -n lan addr add fd01::1/64 dev up1 nodad");
}

int dhcp6_setup(void **state)
{
	if (dhcp6_setup_without_server(state) != 0)
		return -1;
	server6 = dhcp6_server_start("lan", "up1");
	return 0;
}

int dhcp6_teardown(void **state)
{
	if (server6)
		dhcp6_server_stop(server6);
	server6 = NULL;
	return dhcp_teardown(state);
}

char *dhcp6_config(const char *keys)
{
	freeing char *more =
		cni_format(ON_UP0 "'ipam':{'type':'dhcp'%s%s}", *keys ? "," : "", keys);

	return bridge_config("1.1.0", more);
}
