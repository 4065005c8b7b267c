/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a lease of IPv6: renewed, rebound, refused, changed, expired, and taken over by another daemon. */
#include "dhcp6_scene.h"

#include "cleanup.h"

#include <signal.h>
#include <stdlib.h>

static const char *const quick[] = {"-timeout", "500ms", "-resendmax", "1s", NULL};

static void add_one(struct pod *pod, char **ret_config)
{
	*ret_config = dhcp6_config(SIX_ALONE);
	dhcp_pod_open(pod, "red");
	pod_add(pod, *ret_config);
}

static void daemon__renews_at_t1(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	server6->seconds = 4;
	server6->renewal = 1;
	server6->rebinding = 3;
	daemon_start(quick);
	add_one(&red, &config);
	dhcp6_server_await(server6, 5, 2);
	assert_int_equal(server6->count[1], 1);
	await_log("keeps fd01::50/64");
	sandbox_must(HAS6("fd01::50/64"));
	pod_check(&red, config);
	pod_del(&red, config);
	pod_close(&red);
}

static void daemon__withdraws_the_address_at_the_end_and_finds_a_new_one(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	server6->seconds = 3;
	server6->renewal = 1;
	server6->rebinding = 2;
	daemon_start(quick);
	add_one(&red, &config);
	sandbox_must(HAS6("fd01::50/64") " && " ROUTE6("fe80::1"));
	server6->is_silent = 1;
	dhcp6_server_await(server6, 5, 1);
	dhcp6_server_await(server6, 6, 1);
	await_log("loses fd01::50/64: the lease has expired");
	await("! " HAS6("fd01::50/64") " && ! " ROUTE6("fe80::1"));
	pod_check_fails(&red, config, "it was lost, and a new one is sought");
	server6->first = 0x70;
	server6->seconds = 60;
	server6->renewal = server6->rebinding = 0;
	server6->is_silent = 0;
	await(HAS6("fd01::70/64") " && " ROUTE6("fe80::1"));
	pod_check_fails(&red, config, "the lease is fd01::70/64 by now");
	pod_del(&red, config);
	dhcp6_server_await(server6, 8, 1);
	assert_int_equal(server6->released, 0x70);
	pod_close(&red);
}

/* The server has lost its memory: NoBinding. Asked anew, it refuses this address and gives another. */
static void daemon__asks_a_server_that_has_forgotten(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	if (!getenv("CNI_C_SLOW"))
		skip_because("CNI_C_SLOW is not set; tests/unit has the machine of the lease");
	server6->seconds = 30;
	server6->renewal = 1;
	daemon_start(quick);
	add_one(&red, &config);
	server6->status = 3;
	server6->first = 0x71;
	dhcp6_server_await(server6, 5, 1);
	dhcp6_server_await(server6, 3, 2);
	/* The address is good as long as it lasts. */
	sandbox_must(HAS6("fd01::50/64"));
	server6->status = 0;
	await(HAS6("fd01::71/64") " && ! " HAS6("fd01::50/64"));
	await_log("has changed to fd01::71/64");
	pod_close(&red);
}

/* By advertisements alone: the prefix ends, and another one comes. */
static void daemon__follows_the_router(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	server6->flags = 0;
	server6->formed = 0x40;
	server6->valid = 3;
	daemon_start(quick);
	add_one(&red, &config);
	await_log("keeps fd01::");
	server6->has_no_router = 1;
	await_log("the lease has expired");
	await("test -z \"$(ip -n red -6 addr show eth0 scope global)\"");
	server6->prefix = 2;
	server6->valid = 86400;
	server6->has_no_router = 0;
	await("ip -n red -6 addr show eth0 scope global | grep -q 'inet6 fd02:.*/64' && " ROUTE6(
		"fe80::1"));
	pod_del(&red, config);
	pod_close(&red);
}

static void daemon__that_is_killed_has_a_successor(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	server6->seconds = 6;
	server6->renewal = 2;
	server6->rebinding = 4;
	daemon_start(quick);
	add_one(&red, &config);
	daemon_end(SIGKILL);
	daemon_start(quick);
	await_log("serves /run/cni/dhcp.sock with 1 leases");
	await_log("keeps fd01::50/64");
	assert_int_equal(server6->count[1], 1);
	pod_check(&red, config);
	/* Without a daemon and a namespace the record releases the lease. */
	daemon_end(SIGKILL);
	sandbox_del_netns("red");
	pod_del(&red, config);
	dhcp6_server_await(server6, 8, 1);
	assert_int_equal(server6->released, 0x50);
	sandbox_must("! test -e /run/cni/dhcp6/blue");
	pod_close(&red);
}

static void gc__releases_what_is_not_valid(void **state)
{
	freeing char *config = NULL;
	freeing char *gc = bridge_config("1.1.0", ON_UP0 "'ipam':{'type':'dhcp'," SIX_ALONE
							 "},'cni.dev/valid-attachments':[]");
	struct plugin_call call = bridge_call("GC", gc);
	struct pod red;

	(void)state;
	daemon_start(quick);
	add_one(&red, &config);
	call.plugin = MACVLAN;
	plugin_succeeds(&call);
	dhcp6_server_await(server6, 8, 1);
	sandbox_must("! test -e /run/cni/dhcp6/blue");
	pod_close(&red);
}

/* A container that is gone without a DEL: its lease is released when the renewal is due. */
static void daemon__releases_what_has_no_namespace(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	server6->seconds = 60;
	server6->renewal = 1;
	daemon_start(quick);
	add_one(&red, &config);
	pod_close(&red);
	dhcp6_server_await(server6, 8, 1);
	assert_int_equal(server6->released, 0x50);
	await("! test -e /run/cni/dhcp6/blue");
	pod_del(&red, config);
}

static void daemon__confirms_when_carrier_is_back(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	daemon_start(quick);
	add_one(&red, &config);
	sandbox_must("ip link set up0 down");
	await_no_carrier("red");
	sandbox_must("ip link set up0 up");
	dhcp6_server_await(server6, 4, 1);
	await_log("keeps fd01::50/64");
	sandbox_must(HAS6("fd01::50/64"));
	/* NotOnLink: it is another network by now. */
	server6->status = 4;
	sandbox_must("ip link set up0 down");
	await_no_carrier("red");
	server6->first = 0x72;
	sandbox_must("ip link set up0 up");
	await_log("loses fd01::50/64: the address is not of this link (NotOnLink)");
	server6->status = 0;
	await(HAS6("fd01::72/64"));
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp6_test(daemon__renews_at_t1),
		dhcp6_test(daemon__withdraws_the_address_at_the_end_and_finds_a_new_one),
		dhcp6_test(daemon__asks_a_server_that_has_forgotten),
		dhcp6_test(daemon__follows_the_router),
		dhcp6_test(daemon__that_is_killed_has_a_successor),
		dhcp6_test(gc__releases_what_is_not_valid),
		dhcp6_test(daemon__releases_what_has_no_namespace),
		dhcp6_test(daemon__confirms_when_carrier_is_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
