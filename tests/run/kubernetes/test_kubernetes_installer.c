/* SPDX-License-Identifier: Apache-2.0 */
/* The installer of conf/kubernetes with an API server that answers: what it writes, what it says, when it ends. */
#include "kubernetes_scene.h"

#include "bridge.h"
#include "cleanup.h"
#include "process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* ---- podCIDRs ---- */

static void node__gets_executables_and_conflist(void **state)
{
	static const struct {
		const char *cidrs;
		const char *ranges;
	} families[] = {
		{CIDR4 "," CIDR6, RANGES_BOTH},
		{CIDR4, "[[{'subnet':'10.244.1.0/24'}]]"},
		{CIDR6, "[[{'subnet':'fd00:10:244:1::/64'}]]"},
		/* Host bits mean the prefix. */
		{"'10.244.1.7/24'", "[[{'subnet':'10.244.1.0/24'}]]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		char node[512];

		snprintf(node, sizeof(node), NODE("'podCIDRs':[%s]"), families[i].cidrs);
		kubernetes_answer("200 OK", node);
		installer_start(NULL);
		installer_await("ready: node 'n1' has '05-cni-c.conflist' with ");
		installer_assert_installed(families[i].ranges);
		assert_int_equal(installer_end(SIGTERM), 0);
		/* Its files stay. */
		installer_assert_installed(families[i].ranges);
		sandbox_must("rm " CONFLIST);
	}
}

static void conflist__keeps_the_network_as_it_is(void **state)
{
	(void)state;
	kubernetes_node(BOTH_CIDRS);
	sandbox_must("sed -i 's/\"ipMasq\": true,/&\"mtu\": 1450, \"big\": "
		     "12345678901234567890,/' " NETWORK);
	installer_start(NULL);
	installer_await("ready");
	sandbox_must("grep -q 12345678901234567890 " CONFLIST);
	sandbox_must("jq -e 'del(.\"cni-c-installer\", .plugins[0].ipam.ranges)' " CONFLIST
		     " >" SANDBOX_DIR "/a && jq . " NETWORK " >" SANDBOX_DIR "/b && "
		     "cmp " SANDBOX_DIR "/a " SANDBOX_DIR "/b");
	assert_shown("n1", "cni-c-installer.node", "cat " CONFLIST);
	assert_shown("[" CIDR4 "," CIDR6 "]", "cni-c-installer.podCIDRs", "cat " CONFLIST);
}

static void missing_cidrs__are_waited_for(void **state)
{
	(void)state;
	kubernetes_node("");
	installer_start(NULL);
	installer_await("waiting: node 'n1' has no spec.podCIDRs yet: kube-controller-manager sets "
			"them with --allocate-node-cidrs");
	api_server_await(api, api->requests + 3);
	kubernetes_node("'podCIDRs':[]");
	api_server_await(api, api->requests + 3);
	installer_assert_wrote_nothing(NULL);
	/* A state that lasts is one line. */
	sandbox_must("[ $(grep -c podCIDRs " INSTALLER_LOG ") = 1 ]");
	kubernetes_node(BOTH_CIDRS);
	installer_await("ready");
	installer_assert_installed(RANGES_BOTH);
}

static void changed_cidrs__are_followed(void **state)
{
	(void)state;
	kubernetes_node(BOTH_CIDRS);
	installer_start(NULL);
	installer_await("ready");
	/* No write without a change. */
	sandbox_must("stat -c '%%i %%y' " CONFLIST " >" SANDBOX_DIR "/a");
	api_server_await(api, api->requests + 3);
	sandbox_must("stat -c '%%i %%y' " CONFLIST " | cmp - " SANDBOX_DIR "/a");
	kubernetes_node("'podCIDRs':['10.244.9.0/24']");
	installer_await("with 10.244.9.0/24");
	installer_assert_installed("[[{'subnet':'10.244.9.0/24'}]]");
	installer_await_log(
		"podCIDRs of node 'n1' have changed from "
		"[\"10.244.1.0/24\",\"fd00:10:244:1::/64\"] to [\"10.244.9.0/24\"]: new pods "
		"get addresses of the new ones, running pods keep theirs");
	/* A Node that was registered anew has none for a while: the conflist stays. */
	kubernetes_node("");
	installer_await("waiting: node 'n1' has no spec.podCIDRs yet");
	installer_assert_installed("[[{'subnet':'10.244.9.0/24'}]]");
	/* The cluster's network changes, and the conflist is removed by hand. */
	kubernetes_node(BOTH_CIDRS);
	installer_await("ready");
	sandbox_must("sed -i 's/\"pods\"/\"others\"/' " NETWORK " && rm " CONFLIST);
	installer_await_log("is written with 10.244.1.0/24, fd00:10:244:1::/64");
	while (sandbox_run("grep -qs others " CONFLIST) != 0)
		api_server_await(api, api->requests + 1);
	installer_assert_installed(RANGES_BOTH);
}

/* The known state of the Node is enough: the API server need not ask etcd. */
static void requests__name_the_known_version(void **state)
{
	(void)state;
	kubernetes_node(BOTH_CIDRS);
	installer_start(NULL);
	installer_await("ready");
	/* The first of these may be the request that made it ready. */
	api_server_await(api, api->requests + 2);
	assert_string_equal(api->target, "/api/v1/nodes/n1?resourceVersion=42");
	kubernetes_answer("504 Gateway Timeout",
			  "{'kind':'Status','message':'Too large resource version: 42'}");
	installer_await("Too large resource version: 42");
	api_server_await(api, api->requests + 2);
	assert_string_equal(api->target, "/api/v1/nodes/n1");
}

static void list_that_lacks_the_node__is_warned_of(void **state)
{
	(void)state;
	kubernetes_node("'podCIDRs':['192.168.7.0/24','fd00:10:244:1::/64']");
	installer_start(NULL);
	installer_await("ready");
	installer_await_log("warning: nonMasqueradeCIDRs lack 192.168.7.0/24: pods on other nodes "
			    "see the node's address");
	installer_end(SIGTERM);
	kubernetes_node(BOTH_CIDRS);
	installer_start(NULL);
	installer_await("with 10.244.1.0/24");
	sandbox_must("! grep warning " INSTALLER_LOG);
}

/* A pod that is being replaced may still be at work: directories have one installer at a time. */
static void installers__wait_for_each_other(void **state)
{
	static const char *const directories[] = {NODE_CONF, NODE_BIN};

	(void)state;
	kubernetes_node(BOTH_CIDRS);
	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++) {
		int fd = open(directories[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		assert_int_equal(flock(fd, LOCK_EX), 0);
		installer_start(NULL);
		process_await_waiter(directories[i]);
		installer_assert_wrote_nothing(NULL);
		close(fd);
		installer_await("ready");
		installer_assert_installed(RANGES_BOTH);
		installer_end(SIGTERM);
		sandbox_must("rm " NODE_BIN "/* " CONFLIST);
	}
}

/* ---- readiness ---- */

static void probe__prints_the_state(void **state)
{
	(void)state;
	sandbox_must("STATE=" INSTALLER_STATE " " INSTALLER " ready >" SANDBOX_DIR "/out; "
		     "[ $? = 1 ] && grep -q '^waiting: open ' " SANDBOX_DIR "/out");
	kubernetes_node("");
	installer_start(NULL);
	installer_await("no spec.podCIDRs yet");
	sandbox_must(
		"STATE=" INSTALLER_STATE " " INSTALLER " ready >" SANDBOX_DIR "/out; "
		"[ $? = 1 ] && grep -q \"^waiting: node 'n1' has no spec.podCIDRs\" " SANDBOX_DIR
		"/out");
	kubernetes_node(BOTH_CIDRS);
	installer_await("ready");
	sandbox_must("STATE=" INSTALLER_STATE " " INSTALLER
		     " ready | grep -q \"^ready: node 'n1'\"");
	sandbox_must("! " INSTALLER " now 2>/dev/null");
}

/* ---- the end ---- */

/* The probe reads what could not be written at first, in both states. */
static void state__is_written_until_that_succeeds(void **state)
{
	static const struct {
		const char *cidrs;
		const char *text;
	} cases[] = {{BOTH_CIDRS, "ready: node 'n1'"}, {"", "waiting: node 'n1' has no"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char node[512];

		snprintf(node, sizeof(node), NODE("%s"), cases[i].cidrs);
		kubernetes_answer("200 OK", node);
		sandbox_must("mount -t tmpfs -o ro state " SANDBOX_DIR "/state");
		installer_start(NULL);
		installer_await_log(cases[i].text);
		installer_await_log("the state cannot be written: ");
		sandbox_must("mount -o remount,rw " SANDBOX_DIR "/state");
		installer_await(cases[i].text);
		sandbox_must("[ $(grep -c 'the state cannot be written' " INSTALLER_LOG ") = 2 ]");
		installer_end(SIGTERM);
		sandbox_must("umount " SANDBOX_DIR "/state");
	}
}

/* A server that does not answer holds nothing up: libcurl's own limit is thirty seconds. */
static void signal__ends_it_at_once(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT};

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		uint32_t before = api->requests;
		time_t start = time(NULL);

		api->mode = API_IS_SILENT;
		installer_start("RETRY_MS=60000");
		api_server_await(api, before + 1);
		assert_int_equal(installer_end(signals[i]), 0);
		api->mode = API_ANSWERS;
		kubernetes_node("");
		installer_start("RETRY_MS=60000");
		installer_await("no spec.podCIDRs");
		assert_int_equal(installer_end(signals[i]), 0);
		sandbox_must("grep -q 'a signal ends the installer' " INSTALLER_LOG);
		assert_true(time(NULL) - start < 25);
	}
	installer_assert_wrote_nothing(NULL);
}

/* ---- the environment ---- */

static void environment__is_checked(void **state)
{
	static const struct {
		const char *environment;
		const char *text;
	} cases[] = {
		{"NODE_NAME=", "NODE_NAME is not set in the environment"},
		{"KUBERNETES_SERVICE_HOST=", "KUBERNETES_SERVICE_HOST is not set"},
		{"NODE_NAME=../pods", "NODE_NAME is '../pods', expected the name of a node"},
		{"NODE_NAME=n1?x", "NODE_NAME is 'n1?x', expected the name of a node"},
		{"NODE_NAME=..", "NODE_NAME is '..', expected the name of a node"},
		{"KUBERNETES_SERVICE_HOST=a/b", "KUBERNETES_SERVICE_HOST is 'a/b', expected an"},
		{"KUBERNETES_SERVICE_PORT=0", "expected a number from 1 to 65535"},
		{"KUBERNETES_SERVICE_PORT=65536", "expected a number from 1 to 65535"},
		{"KUBERNETES_SERVICE_PORT=tcp://10.0.0.1:443", "expected a number from 1 to 65535"},
		{"INTERVAL_MS=-1", "INTERVAL_MS is '-1', expected a number from 1 to 86400000"},
		{"RETRY_MS=1s", "RETRY_MS is '1s', expected a number"},
		{"CONF_NAME=a/b.conflist", "expected the name of a file that ends in .conflist"},
		{"CONF_NAME=pods.conf", "expected the name of a file that ends in .conflist"},
		{"CONF_NAME=.pods.conflist", "expected the name of a file that ends in .conflist"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		installer_start(cases[i].environment);
		assert_int_equal(installer_end(0), 1);
		installer_await_log(cases[i].text);
	}
	assert_int_equal(api->requests, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kubernetes_test(node__gets_executables_and_conflist),
		kubernetes_test(conflist__keeps_the_network_as_it_is),
		kubernetes_test(missing_cidrs__are_waited_for),
		kubernetes_test(changed_cidrs__are_followed),
		kubernetes_test(requests__name_the_known_version),
		kubernetes_test(list_that_lacks_the_node__is_warned_of),
		kubernetes_test(installers__wait_for_each_other),
		kubernetes_test(probe__prints_the_state),
		kubernetes_test(state__is_written_until_that_succeeds),
		kubernetes_test(signal__ends_it_at_once),
		kubernetes_test(environment__is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
