/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test starts it first. */
/* The life of a lease: renewed, rebound, refused, changed, expired, and taken over by another daemon. */
#include "dhcp_scene.h"

#include "cleanup.h"

#include <signal.h>
#include <string.h>

static const char *const quick[] = {"-timeout", "500ms", "-resendmax", "1s", NULL};

static void add_one(struct pod *pod, char **ret_config)
{
	*ret_config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	dhcp_pod_open(pod, "red");
	pod_add(pod, *ret_config);
	assert_json(pod->result, "ips.0.address", "10.1.0.50/24");
}

#define HAS(address) "ip -n red -4 addr show eth0 | grep -qF 'inet " address "/24'"
#define ROUTE(gw)    "ip -n red route | grep -qF 'default via " gw " '"

static void daemon__renews_with_its_server_at_t1(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	server->seconds = 4;
	daemon_start(quick);
	add_one(&red, &config);
	dhcp_server_await(server, 3, 3);
	assert_true(server->unicast >= 2);
	assert_int_equal(server->ciaddr, 50);
	assert_int_equal(server->count[1], 1);
	await_log("keeps 10.1.0.50/24");
	sandbox_must(HAS("10.1.0.50"));
	pod_check(&red, config);
	pod_del(&red, config);
	pod_close(&red);
}

static void daemon__rebinds_by_broadcast_at_t2(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	server->seconds = 8;
	server->renewal = 1;
	server->rebinding = 3;
	server->mode = SERVER_HEARS_BROADCASTS;
	daemon_start(quick);
	add_one(&red, &config);
	await_log("keeps 10.1.0.50/24");
	assert_true(server->unicast >= 1);
	sandbox_must(HAS("10.1.0.50"));
	sandbox_must(ROUTE("10.1.0.1"));
	pod_close(&red);
}

static void daemon__withdraws_the_address_at_the_end_and_finds_a_new_one(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	server->seconds = 3;
	daemon_start(quick);
	add_one(&red, &config);
	sandbox_must(HAS("10.1.0.50") " && " ROUTE("10.1.0.1"));
	server->mode = SERVER_IS_SILENT;
	await_log("loses 10.1.0.50/24: the lease has expired");
	await("! " HAS("10.1.0.50") " && test -z \"$(ip -n red -4 route)\"");
	pod_check_fails(&red, config, "it was lost, and a new one is sought");
	server->first = 70;
	server->seconds = 60;
	server->mode = SERVER_ANSWERS;
	await(HAS("10.1.0.70") " && " ROUTE("10.1.0.1"));
	pod_check_fails(&red, config, "the lease is 10.1.0.70/24 by now");
	pod_del(&red, config);
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 70);
	pod_close(&red);
}

static void daemon__gives_the_address_up_if_it_is_refused(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	server->seconds = 4;
	daemon_start(quick);
	add_one(&red, &config);
	server->mode = SERVER_REFUSES;
	await_log("loses 10.1.0.50/24: the server refuses the address");
	await("! " HAS("10.1.0.50"));
	server->first = 80;
	server->seconds = 60;
	server->mode = SERVER_ANSWERS;
	await(HAS("10.1.0.80"));
	pod_close(&red);
}

static void daemon__applies_what_has_changed(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	server->seconds = 2;
	daemon_start(quick);
	add_one(&red, &config);
	server->router = 2;
	await(ROUTE("10.1.0.2") " && ! " ROUTE("10.1.0.1"));
	sandbox_must(HAS("10.1.0.50"));
	pod_check_fails(&red, config, "the lease of 10.1.0.50/24 has gateway 10.1.0.2 by now");
	server->first = 60;
	await(HAS("10.1.0.60") " && ! " HAS("10.1.0.50") " && " ROUTE("10.1.0.2"));
	await_log("has changed to 10.1.0.60/24");
	pod_close(&red);
}

/* The runtime has the resolver settings of ADD: CHECK tells that the lease has others, unless the network has its
 * own. */
static void daemon__reports_other_resolver_settings(void **state)
{
	static const uint8_t before[] = {6, 4, 10, 1, 0, 1};
	static const uint8_t after[] = {6, 4, 10, 1, 0, 2};
	freeing char *own =
		bridge_config("1.0.0", ON_UP0 "'dns':{'nameservers':['9.9.9.9']}," BY_DHCP);
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	server->seconds = 2;
	memcpy(server->more, before, sizeof(before));
	server->more_size = sizeof(before);
	daemon_start(quick);
	add_one(&red, &config);
	await_log("keeps 10.1.0.50/24");
	pod_check(&red, config);
	memcpy(server->more, after, sizeof(after));
	await_log("has other resolver settings");
	sandbox_must(HAS("10.1.0.50") " && " ROUTE("10.1.0.1"));
	pod_check_fails(&red, config, "the lease has other resolver settings by now");
	pod_check(&red, own);
	/* Another daemon knows it too. */
	daemon_end(SIGKILL);
	daemon_start(quick);
	pod_check_fails(&red, config, "the lease has other resolver settings by now");
	pod_close(&red);
}

static void restart(struct pod *pod, const char *config, int signal)
{
	uint32_t before;

	daemon_end(signal);
	before = server->count[3];
	daemon_start(quick);
	await_log("serves /run/cni/dhcp.sock with 1 leases");
	dhcp_server_await(server, 3, before + 1);
	await_log("keeps 10.1.0.50/24");
	pod_check(pod, config);
}

static void daemon__goes_on_with_the_leases_of_another_one(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	server->seconds = 6;
	daemon_start(quick);
	add_one(&red, &config);
	restart(&red, config, SIGKILL);
	restart(&red, config, SIGTERM);
	assert_int_equal(server->count[1], 1);
	assert_int_equal(server->count[7], 0);
	sandbox_must(HAS("10.1.0.50"));
	pod_del(&red, config);
	dhcp_server_await(server, 7, 1);
	pod_close(&red);
}

static void daemon__withdraws_what_has_expired_while_there_was_none(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	server->seconds = 2;
	daemon_start(quick);
	add_one(&red, &config);
	daemon_end(SIGKILL);
	server->mode = SERVER_IS_SILENT;
	sandbox_must("sleep 2.2");
	daemon_start(quick);
	await("! " HAS("10.1.0.50"));
	server->mode = SERVER_ANSWERS;
	await(HAS("10.1.0.50"));
	pod_close(&red);
}

static void daemon__asks_again_when_carrier_is_back(void **state)
{
	freeing char *config = NULL;
	struct pod red;
	uint32_t before;

	(void)state;
	daemon_start(quick);
	add_one(&red, &config);
	before = server->count[3];
	sandbox_must("ip -n lan link set up1 down");
	await_no_carrier("red");
	sandbox_must("ip -n lan link set up1 up");
	await_log("carrier is back");
	dhcp_server_await(server, 3, before + 1);
	assert_int_equal(server->ciaddr, 0);
	assert_int_equal(server->requested, 50);
	await_log("keeps 10.1.0.50/24");
	pod_close(&red);
}

static void daemon__releases_when_the_namespace_is_gone(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	server->seconds = 2;
	daemon_start(quick);
	add_one(&red, &config);
	pod_close(&red);
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 50);
	await("! test -e /run/cni/dhcp/blue");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp_test(daemon__renews_with_its_server_at_t1),
		dhcp_test(daemon__rebinds_by_broadcast_at_t2),
		dhcp_test(daemon__withdraws_the_address_at_the_end_and_finds_a_new_one),
		dhcp_test(daemon__gives_the_address_up_if_it_is_refused),
		dhcp_test(daemon__applies_what_has_changed),
		dhcp_test(daemon__reports_other_resolver_settings),
		dhcp_test(daemon__goes_on_with_the_leases_of_another_one),
		dhcp_test(daemon__withdraws_what_has_expired_while_there_was_none),
		dhcp_test(daemon__asks_again_when_carrier_is_back),
		dhcp_test(daemon__releases_when_the_namespace_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
