/* SPDX-License-Identifier: Apache-2.0 */
/* Servers that answer what no container may use, and too much of it. */
#include "dhcp_scene.h"

#include "cleanup.h"

#include <string.h>

static void garbage__before_the_right_answer_is_ignored(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct pod red;

	(void)state;
	daemon_start(NULL);
	server->faults = FAULT_ALL;
	server->flood = 1000;
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "10.1.0.50/24");
	assert_int_equal(server->count[1], 1);
	pod_close(&red);
}

static void garbage__alone_is_named_after_the_timeout(void **state)
{
	static const struct {
		uint32_t fault;
		const char *text;
	} cases[] = {
		{FAULT_XID, "another request (xid)"},  {FAULT_CHADDR, "another interface (chaddr)"},
		{FAULT_LOOPBACK, "127.0.0.0/8"},       {FAULT_MULTICAST, "no unicast address"},
		{FAULT_NO_MASK, "no subnet mask"},     {FAULT_NO_TIME, "lease time is zero"},
		{FAULT_OVERLONG, "runs over the end"}, {FAULT_SHORT, "shorter than a header"},
		{FAULT_COOKIE, "no magic cookie"},     {FAULT_REQUEST, "no reply"},
		{FAULT_BROADCAST, "its broadcast"},    {FAULT_HOLES, "subnet mask is none"},
	};
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct pod red;

	(void)state;
	daemon_start((const char *const[]){"-resendtimeout", "300ms", NULL});
	dhcp_pod_open(&red, "red");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		server->faults = cases[i].fault | FAULT_ONLY;
		pod_add_fails_for(&red, config, cases[i].text);
		sandbox_must("! test -e /run/cni/dhcp/blue");
	}
	server->faults = 0;
	server->mode = SERVER_IS_SILENT;
	pod_add_fails(&red, config, CNI_EAGAIN, "nothing was answered");
	pod_close(&red);
}

/* A renewal that is answered with garbage keeps the lease as it is, until its end. */
static void garbage__changes_no_lease(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct pod red;

	(void)state;
	server->seconds = 6;
	server->renewal = 1;
	server->rebinding = 2;
	/* The renewal may come before ADD has ended. */
	server->faults = FAULT_ALL | FAULT_ONLY | FAULT_RENEWALS;
	daemon_start((const char *const[]){"-timeout", "500ms", NULL});
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	dhcp_server_await(server, 3, 4);
	sandbox_must("ip -n red -4 addr show eth0 | grep -q 'inet 10.1.0.50/24'");
	server->faults = FAULT_ALL;
	await_log("keeps 10.1.0.50/24");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp_test(garbage__before_the_right_answer_is_ignored),
		dhcp_test(garbage__alone_is_named_after_the_timeout),
		dhcp_test(garbage__changes_no_lease),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
