/* SPDX-License-Identifier: Apache-2.0 */
#include "nat_scene.h"

#include "cleanup.h"
#include "mem.h"
#include "suite.h"

#include <stdint.h>
#include <stdlib.h>

struct pod nat_red;
struct pod nat_blue;

/* ---- the host ---- */

static int host_setup(void **state, const char *which)
{
	if (bridge_setup(state) < 0)
		return -1;
	iptables_use(which);
	*state = (void *)(uintptr_t)which;
	return 0;
}

int nat_host_setup_nft(void **state)
{
	return host_setup(state, "nft");
}

int nat_host_setup_legacy(void **state)
{
	return host_setup(state, "legacy");
}

int nat_host_teardown(void **state)
{
	iptables_use_default();
	return bridge_teardown(state);
}

char *nat_rules(void)
{
	return sandbox_read("for f in iptables ip6tables; do $f-save -t nat | "
			    "sed -e '/^#/d' -e 's/ \\[[0-9:]*\\]$//'; done");
}

char *nat_everything(const char *plugin)
{
	freeing char *rules = nat_rules();
	freeing char *host = bridge_snapshot();

	return cni_format("%s%s%s", rules, host,
			  sandbox_run("test -e /run/cni/%s/blue", plugin) ? "" : "a record\n");
}

void nat_assert_as(const char *plugin, const char *before)
{
	freeing char *after = nat_everything(plugin);

	sandbox_assert_same(before, after);
}

/* ---- the pods ---- */

static void attach(struct pod *pod, const char *name, const char *ipam)
{
	freeing char *keys = cni_format(GATEWAY ",%s", ipam);
	freeing char *config = bridge_config("1.0.0", keys);

	pod_open(pod, name);
	pod_add(pod, config);
}

static int setup(void **state, const char *which)
{
	if (host_setup(state, which) < 0)
		return -1;
	attach(&nat_red, "red", IPAM46);
	attach(&nat_blue, "blue", IPAM46);
	return 0;
}

int nat_setup_nft(void **state)
{
	return setup(state, "nft");
}

int nat_setup_legacy(void **state)
{
	return setup(state, "legacy");
}

int nat_teardown(void **state)
{
	pod_close(&nat_red);
	pod_close(&nat_blue);
	return nat_host_teardown(state);
}

void nat_attach_again(const char *ipam)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM46);

	pod_del(&nat_red, config);
	pod_del(&nat_blue, config);
	pod_close(&nat_red);
	pod_close(&nat_blue);
	suite_forget_network();
	attach(&nat_red, "red", ipam);
	attach(&nat_blue, "blue", ipam);
}

char *nat_config(const char *more)
{
	freeing char *keys = cni_format("'backend':'iptables',%s", more);

	return portmap_config("1.0.0", keys);
}

struct plugin_answer nat_ask(const char *portmap, const struct pod *pod, const char *command,
			     const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call call = portmap_call(pod, command, with);

	call.plugin = portmap;
	return plugin_run(&call);
}

void nat_succeeds(const char *portmap, const struct pod *pod, const char *command,
		  const char *config)
{
	struct plugin_answer answer = nat_ask(portmap, pod, command, config);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

char *nat_begin(void)
{
	freeing char *config = nat_config(PORTS(PORT(7, 7, "tcp")));

	pod_publish(&nat_blue, config);
	pod_unpublish(&nat_blue, config);
	return nat_everything("portmap");
}
