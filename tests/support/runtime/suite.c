/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include "cleanup.h"

#include <string.h>
#include <unistd.h>

const struct suite suite_ours = {BRIDGE, OUR_IPAM};
const struct suite suite_go = {GO_BRIDGE, GO_DIR};

bool suite_go_is_installed(void)
{
	return access(GO_BRIDGE, X_OK) == 0 && access(GO_DIR "/host-local", X_OK) == 0;
}

struct plugin_answer suite_ask(const struct suite *suite, const struct pod *pod,
			       const char *command, const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call call =
		pod_call(pod, command, strcmp(command, "ADD") != 0 ? with : config);

	call.plugin = suite->bridge;
	call.path = suite->path;
	return plugin_run(&call);
}

void suite_add(const struct suite *suite, struct pod *pod, const char *config)
{
	struct plugin_answer answer = suite_ask(suite, pod, "ADD", config);

	pod_take(pod, &answer);
	plugin_answer_clear(&answer);
}

void suite_succeeds(const struct suite *suite, const struct pod *pod, const char *command,
		    const char *config)
{
	struct plugin_answer answer = suite_ask(suite, pod, command, config);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

void suite_assert_attached(const struct pod *pod, const char *address)
{
	assert_shown(address, "0.addr_info.0.local", "ip -n %s -j -4 addr show eth0", pod->name);
	assert_shown("br0", "0.master", "ip -j link show %s", pod->host);
	assert_int_equal(access("/var/lib/cni/networks/blue", F_OK), 0);
	sandbox_must("test -e /var/lib/cni/networks/blue/%s", address);
}

void suite_assert_detached(const struct pod *pod, const char *address)
{
	assert_int_not_equal(sandbox_run("ip -n %s link show eth0 2>/dev/null", pod->name), 0);
	assert_int_not_equal(sandbox_run("ip link show %s 2>/dev/null", pod->host), 0);
	sandbox_must("! test -e /var/lib/cni/networks/blue/%s", address);
}

void suite_forget_network(void)
{
	sandbox_must("ip link del br0 && rm -rf /var/lib/cni/networks");
}
