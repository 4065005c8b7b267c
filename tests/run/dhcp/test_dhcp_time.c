/* SPDX-License-Identifier: Apache-2.0 */
/* A lease counts time by CLOCK_BOOTTIME alone: the host may sleep, and its clock may be stepped. Time namespaces let
 * hours pass between two daemons. With CNI_C_SLOW a whole day. */
#include "dhcp6_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <signal.h>
#include <stdlib.h>

#define HAS(address) "ip -n red -4 addr show eth0 | grep -qF 'inet " address "/24'"
#define HALF	     1810UL /* T1 of a lease of an hour, and some seconds */

static const char *const quick[] = {"-timeout", "500ms", "-resendmax", "1s", NULL};

static void add_one(struct pod *pod, char **ret_config)
{
	*ret_config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	dhcp_pod_open(pod, "red");
	pod_add(pod, *ret_config);
	assert_json(pod->result, "ips.0.address", "10.1.0.50/24");
}

#define skip_without_time_namespaces()                                                             \
	do {                                                                                       \
		if (sandbox_run("unshare --time --boottime 1 true 2>/dev/null") != 0)              \
			skip_because("this kernel has no time namespaces");                        \
	} while (0)

static void host__that_slept_through_t1_renews_at_once(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	skip_without_time_namespaces();
	daemon_start(quick);
	add_one(&red, &config);
	daemon_end(SIGKILL);
	assert_true(daemon_start_later(quick, HALF));
	await_log("keeps 10.1.0.50/24");
	assert_int_equal(server->count[1], 1);
	assert_true(server->unicast == 1);
	pod_check(&red, config);
	pod_del(&red, config);
	pod_close(&red);
}

static void host__that_slept_through_t2_asks_all_servers(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	skip_without_time_namespaces();
	daemon_start(quick);
	add_one(&red, &config);
	daemon_end(SIGKILL);
	server->mode = SERVER_HEARS_BROADCASTS;
	assert_true(daemon_start_later(quick, 3200));
	await_log("keeps 10.1.0.50/24");
	assert_int_equal(server->count[1], 1);
	assert_int_equal(server->ciaddr, 50);
	sandbox_must(HAS("10.1.0.50"));
	pod_close(&red);
}

static void host__that_slept_too_long_gives_the_address_up(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	skip_without_time_namespaces();
	daemon_start(quick);
	add_one(&red, &config);
	daemon_end(SIGKILL);
	server->mode = SERVER_IS_SILENT;
	assert_true(daemon_start_later(quick, 3700));
	await_log("loses 10.1.0.50/24: the lease has expired");
	await("! " HAS("10.1.0.50"));
	server->first = 60;
	server->mode = SERVER_ANSWERS;
	await(HAS("10.1.0.60"));
	pod_close(&red);
}

/* The same with IPv6. */
static void host__that_slept_renews_and_gives_up_a_lease_of_ipv6(void **state)
{
	freeing char *config = dhcp6_config(SIX_ALONE);
	struct pod red;

	(void)state;
	skip_without_time_namespaces();
	daemon_start(quick);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	daemon_end(SIGKILL);
	assert_true(daemon_start_later(quick, HALF));
	await_log("keeps fd01::50/64");
	assert_int_equal(server6->count[1], 1);
	assert_int_equal(server6->count[5], 1);
	/* The router's lifetime has ended as well: it was asked again. */
	await(ROUTE6("fe80::1"));
	pod_check(&red, config);
	daemon_end(SIGKILL);
	server6->is_silent = 1;
	assert_true(daemon_start_later(quick, HALF + 3700));
	await_log("loses fd01::50/64: the lease has expired");
	await("! " HAS6("fd01::50/64"));
	server6->first = 0x60;
	server6->is_silent = 0;
	await(HAS6("fd01::60/64"));
	pod_close(&red);
}

/* Each half of an hour another daemon renews the lease. */
static void lease__lives_for_a_day_of_renewals(void **state)
{
	unsigned long renewals = getenv("CNI_C_SLOW") ? 86400 / HALF + 1 : 4;
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	skip_without_time_namespaces();
	daemon_start(quick);
	add_one(&red, &config);
	for (unsigned long i = 1; i <= renewals; i++) {
		daemon_end(i % 2 ? SIGKILL : SIGTERM);
		assert_true(daemon_start_later(quick, i * HALF));
		await_log("keeps 10.1.0.50/24");
		assert_int_equal(server->count[3], 1 + i);
	}
	assert_int_equal(server->count[1], 1);
	assert_int_equal(server->unicast, renewals);
	sandbox_must(HAS("10.1.0.50"));
	pod_check(&red, config);
	pod_del(&red, config);
	dhcp_server_await(server, 7, 1);
	pod_close(&red);
}

/* Only dhcp_now() reads a clock, and none reads the one that is stepped. The timer has no other either. */
static void daemon__knows_no_clock_that_is_stepped(void **state)
{
	(void)state;
	sandbox_must("cd %s/ipam && nm -A libdhcp-parts.a libdhcp-records.a >/run/symbols",
		     CNI_C_BINARY_DIR);
	sandbox_must(
		"grep -E ' U "
		"_*(clock_gettime|time|gettimeofday|ftime|timespec_get|timer_create)[0-9]*$' "
		"/run/symbols >/run/clocks; test \"$(cut -d: -f2 /run/clocks)\" = dhcp_loop.c.o");
	sandbox_must("grep -c CLOCK_ %s/ipam/dhcp/*.c | grep -v ':0$' | sed 's|.*/||' >/run/users; "
		     "test \"$(tr '\\n' ' ' </run/users)\" = 'dhcp_daemon.c:1 dhcp_loop.c:1 '",
		     CNI_C_SOURCE_DIR);
	sandbox_must("grep -q 'timerfd_create(CLOCK_BOOTTIME' %s/ipam/dhcp/dhcp_daemon.c && "
		     "grep -q 'clock_gettime(CLOCK_BOOTTIME' %s/ipam/dhcp/dhcp_loop.c",
		     CNI_C_SOURCE_DIR, CNI_C_SOURCE_DIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp_test(host__that_slept_through_t1_renews_at_once),
		dhcp_test(host__that_slept_through_t2_asks_all_servers),
		dhcp_test(host__that_slept_too_long_gives_the_address_up),
		dhcp6_test(host__that_slept_renews_and_gives_up_a_lease_of_ipv6),
		dhcp_test(lease__lives_for_a_day_of_renewals),
		dhcp_test(daemon__knows_no_clock_that_is_stepped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
