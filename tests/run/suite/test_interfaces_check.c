/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Each plugin that makes an interface: CHECK after one damage at a time. */
#include "interface_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static const struct damage {
	const char *command; /* in the container */
	const char *text;    /* of the message */
} damages[] = {
	{"ip link set eth0 down", "'eth0'"},
	{"ip addr del 10.1.0.2/24 dev eth0", "lacks address 10.1.0.2/24"},
	{"ip addr del fd01::2/64 dev eth0", "lacks address fd01::2/64"},
	{"ip route del default", "route 0.0.0.0/0 via 10.1.0.1 is missing"},
	{"ip -6 route del default", "route ::/0 via fd01::1 is missing"},
	{"ip link del eth0", "'eth0' is missing in the container"},
	{"ip link set eth0 down; ip link set eth0 name eth1", "'eth0' is missing in the container"},
	{"ip link del eth0; ip link add eth0 type bridge", "is of kind 'bridge'"},
};

static void check__sees_one_damage_at_a_time(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.0.0", IPAM46);
	struct pod red;

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		interface_open(&red, "red", row);
		pod_add(&red, config);
		pod_check(&red, config);
		sandbox_must("ip netns exec red sh -c '%s'", damages[i].command);
		pod_check_fails(&red, config, damages[i].text);
		pod_del(&red, config);
		pod_close(&red);
		/* A link goes with its namespace a moment later. */
		sandbox_must("rm -rf /var/lib/cni/networks/blue");
	}
}

static void check__sees_another_mac(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.0.0", IPAM46);
	struct pod red;

	interface_open(&red, "red", row);
	pod_add(&red, config);
	if (sandbox_run("ip -n red link set eth0 address 02:00:00:00:00:99 2>/dev/null") == 0)
		pod_check_fails(&red, config, "has MAC 02:00:00:00:00:99");
	else
		assert_true(row->shares_mac);
	pod_del(&red, config);
	pod_close(&red);
}

/* An attachment of the Go plugin has no alias. */
static void check__accepts_a_link_without_an_alias(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.0.0", IPAM46);
	struct pod red;

	interface_open(&red, "red", row);
	pod_add(&red, config);
	sandbox_must("ip -n red link set eth0 alias ''");
	pod_check(&red, config);
	pod_del(&red, config);
	interface_assert_nothing_in(&red);
	pod_close(&red);
}

static void check__needs_a_prev_result(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.0.0", IPAM46);
	struct plugin_call asked;
	struct pod red;

	interface_open(&red, "red", row);
	pod_add(&red, config);
	asked = pod_call(&red, "CHECK", config);
	plugin_fails(&asked, CNI_ECONFIG, "Required prevResult missing");
	pod_del(&red, config);
	pod_close(&red);
}

int main(void)
{
	static const struct interface_test tests[] = {
		interface_test(check__sees_one_damage_at_a_time),
		interface_test(check__sees_another_mac),
		interface_test(check__accepts_a_link_without_an_alias),
		interface_test(check__needs_a_prev_result),
	};

	return interface_run(tests, sizeof(tests) / sizeof(*tests));
}
