/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Steps of the host's clock change nothing: in a virtual machine, whose clock is ours to step. */
#include "dhcp6_scene.h"

#include "cleanup.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* This is the machine of scripts/vm: the directory is hidden from the tests. */
static bool is_machine;

static const char *const quick[] = {"-timeout", "500ms", "-resendmax", "1s", NULL};

/* Leases of seconds go on being renewed, and neither family loses its address. */
static void assert_renewed(const char *step)
{
	uint32_t four = server->count[3];
	uint32_t six = server6->count[5];

	sandbox_must("date -s '%s' >/run/out", step);
	dhcp_server_await(server, 3, four + 2);
	dhcp6_server_await(server6, 5, six + 2);
	sandbox_must("! grep -q ' loses ' " DAEMON_LOG);
}

static void daemon__goes_on_where_the_clock_is_stepped(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	if (!is_machine || !getenv("CNI_C_SLOW"))
		skip_because("the clock is not ours to step: for CNI_C_SLOW=1 scripts/vm");
	config = dhcp6_config("'families':['ipv4','ipv6'],'probe':false");
	server = dhcp_server_start("lan", "up1");
	server->seconds = server6->seconds = 20;
	server->renewal = server6->renewal = 1;
	daemon_start(quick);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_renewed("+1 day");
	assert_renewed("-2 days");
	/* A daemon that starts after a step counts from the same clock. */
	daemon_end(SIGKILL);
	sandbox_must("date -s '+1 year' >/run/out");
	daemon_start(quick);
	await_log("with 2 leases");
	assert_renewed("-1 year");
	pod_check(&red, config);
	assert_int_equal(server->count[1], 1);
	assert_int_equal(server6->count[1], 1);
	sandbox_must("date -s '+1 day' >/run/out");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp6_test(daemon__goes_on_where_the_clock_is_stepped),
	};

	is_machine = access("/run/vm/command", F_OK) == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
