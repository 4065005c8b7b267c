/* SPDX-License-Identifier: Apache-2.0 */
/* Routers and DHCPv6 servers that answer what no container may use, and too much of it. */
#include "dhcp6_scene.h"

#include "cleanup.h"

#include <stdlib.h>
#include <string.h>

static void garbage__before_the_right_answer_is_ignored(void **state)
{
	freeing char *config = dhcp6_config(SIX_ALONE);
	struct pod red;

	(void)state;
	/* A list of domains that is longer than any result. */
	server6->more[1] = 24;
	server6->more[2] = 3;
	server6->more[3] = 0xe7;
	for (size_t i = 0; i < 333; i++)
		memcpy(server6->more + 4 + 3 * i, (const uint8_t[]){1, (uint8_t)('a' + i % 26), 0},
		       3);
	server6->more_size = 4 + 999;
	server6->faults = FAULT6_ALL;
	server6->bad_adverts = 1;
	server6->flood = 1000;
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "fd01::50/64");
	assert_json(red.result, "dns.search.0", "a");
	assert_json(red.result, "dns.search.32", NULL);
	pod_check(&red, config);
	pod_close(&red);
}

static void garbage__alone_is_named_after_the_timeout(void **state)
{
	static const struct {
		uint32_t fault;
		const char *text;
	} cases[] = {
		{FAULT6_XID, "another request (transaction id)"},
		{FAULT6_CLIENT, "another client (DUID)"},
		{FAULT6_NO_SERVER, "does not name its server"},
		{FAULT6_OVERLONG, "runs over the end"},
		{FAULT6_NO_TIME, "lifetime is zero"},
		{FAULT6_TIMES, "(T1) is after"},
		{FAULT6_PREFERRED, "longer than the valid one"},
		{FAULT6_MULTICAST, "multicast address"},
		{FAULT6_LOOPBACK, "::/96"},
		{FAULT6_MAPPED, "IPv4-mapped"},
		{FAULT6_LINK_LOCAL, "link-local"},
		{FAULT6_IAID, "another interface (IAID)"},
		{FAULT6_RELAY, "relay's message"},
		{FAULT6_RECONFIGURE, "RECONFIGURE without authentication"},
		{FAULT6_SHORT, "shorter than a header"},
		{FAULT6_EMPTY, "has no address"},
	};
	/* The machine of the lease has the others in tests/unit. */
	size_t step = getenv("CNI_C_SLOW") ? 1 : 8;
	freeing char *config = dhcp6_config(SIX_ALONE);
	struct pod red;

	(void)state;
	daemon_start((const char *const[]){"-resendtimeout", "1500ms", NULL});
	dhcp_pod_open(&red, "red");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i += step) {
		server6->faults = cases[i].fault | FAULT6_ONLY;
		pod_add_fails_for(&red, config, cases[i].text);
	}
	sandbox_must("! test -e /run/cni/dhcp6/blue");
	server6->faults = 0;
	server6->flags = 0;
	pod_add_fails(&red, config, CNI_EAGAIN, "has no prefix for addresses, and does not refer");
	server6->has_no_router = 1;
	pod_add_fails(&red, config, CNI_EAGAIN, "state SOLICITING, and nothing was answered");
	pod_close(&red);
}

/* A renewal that is answered with garbage keeps the lease as it is, until its end. */
static void garbage__changes_no_lease(void **state)
{
	freeing char *config = dhcp6_config(SIX_ALONE);
	struct pod red;

	(void)state;
	server6->seconds = 20;
	server6->renewal = 1;
	server6->rebinding = 2;
	/* Its own server may take an address back, by a lifetime of zero. The renewal may come before ADD has ended. */
	server6->faults = (FAULT6_ALL & ~FAULT6_NO_TIME) | FAULT6_ONLY | FAULT6_RENEWALS;
	daemon_start((const char *const[]){"-timeout", "500ms", NULL});
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	dhcp6_server_await(server6, 5, 1);
	server6->faults &= ~(uint32_t)FAULT6_ONLY;
	dhcp6_server_await(server6, 6, 1);
	await_log("keeps fd01::50/64");
	sandbox_must(HAS6("fd01::50/64"));
	pod_close(&red);
}

/* The container is an enemy: it takes its own addresses and settings away, and the daemon goes on. */
static void garbage__of_the_container_hurts_itself_alone(void **state)
{
	freeing char *config = dhcp6_config(SIX_ALONE);
	struct pod red;

	(void)state;
	server6->seconds = 60;
	server6->renewal = 1;
	daemon_start((const char *const[]){"-timeout", "500ms", NULL});
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	sandbox_must("ip -n red -6 addr flush dev eth0; "
		     "ip netns exec red nft add table ip6 t; "
		     "ip netns exec red nft 'add chain ip6 t c { type filter hook input priority "
		     "0; policy drop; }'");
	dhcp6_server_await(server6, 5, 1);
	await_log("keeps fd01::50/64");
	sandbox_must("ip netns exec red sysctl -q net.ipv6.conf.all.disable_ipv6=1");
	/* Without a link-local address nothing can be asked: the failure is logged. */
	await("grep -q 'blue/red/eth0: .*add address' " DAEMON_LOG);
	pod_del(&red, config);
	dhcp6_server_await(server6, 8, 1);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp6_test(garbage__before_the_right_answer_is_ignored),
		dhcp6_test(garbage__alone_is_named_after_the_timeout),
		dhcp6_test(garbage__changes_no_lease),
		dhcp6_test(garbage__of_the_container_hurts_itself_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
