/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 at each system call of portmap with the iptables backend, and with conditions, and the DEL or GC
 * after it. The quick run tries some of the calls, with CNI_C_SLOW in the environment all of them. */
#include "cleanup.h"
#include "iptables_which.h"
#include "mem.h"
#include "published.h"
#include "trace.h"

#include <stdlib.h>
#include <string.h>

#define LIST	 PORTS(PORT(8080, 80, "tcp") "," PORT_AT("192.0.2.1", 53, 53, "udp"))
#define IPTABLES "'backend':'iptables'," LIST
#define NFT	 "'conditionsV4':['ip saddr 192.0.2.0/24']," LIST

static struct pod red;

/* The state of a test is which iptables it has. */
static int setup_with(void **state, const char *which)
{
	freeing char *config = bridge_config("1.1.0", GATEWAY "," IPAM46);

	if (bridge_setup(state) < 0)
		return -1;
	iptables_use(which);
	pod_open(&red, "red");
	pod_add(&red, config);
	*state = (void *)(uintptr_t)which;
	return 0;
}

static int setup_nft(void **state)
{
	return setup_with(state, "nft");
}

static int setup_legacy(void **state)
{
	return setup_with(state, "legacy");
}

static int teardown(void **state)
{
	pod_close(&red);
	iptables_use_default();
	return bridge_teardown(state);
}

static char *everything(void)
{
	freeing char *rules = sandbox_read("for f in iptables ip6tables; do $f-save -t nat | "
					   "sed -e '/^#/d' -e 's/ \\[[0-9:]*\\]$//'; done");
	freeing char *host = sandbox_snapshot();

	return cni_format("%s%s%s", rules, host,
			  sandbox_run("test -e /run/cni/portmap/blue") ? "" : "a record\n");
}

/* Kills an ADD of red again and again; each time `clean` must make the host what it was. */
static void kill_everywhere(const char *more, unsigned int stride, const struct plugin_call *clean)
{
	freeing char *config = portmap_config("1.1.0", more);
	freeing char *with = pod_config(&red, config);
	struct plugin_call asked = portmap_call(&red, "ADD", with);
	freeing char *before = NULL;
	bool was_killed = true;
	unsigned int step = 0;

	/* The shared chains of the first ADD stay. */
	pod_publish(&red, config);
	pod_unpublish(&red, config);
	before = everything();
	for (; was_killed; step += stride) {
		freeing char *after = NULL;

		was_killed = trace_kill(&asked, step);
		plugin_succeeds(clean);
		after = everything();
		sandbox_assert_same(before, after);
	}
	/* It did not end before anything was done. */
	assert_true(step > 50);
}

static void add__killed_anywhere_is_cleaned_up_by_del(void **state)
{
	freeing char *config = portmap_config("1.1.0", "");
	struct plugin_call del = portmap_call(&red, "DEL", config);

	skip_unless_iptables_works((const char *)*state, "nat");
	del.netns = "";
	kill_everywhere(IPTABLES, trace_sparse_stride(31), &del);
}

static void add__killed_anywhere_is_cleaned_up_by_gc(void **state)
{
	freeing char *config = portmap_config("1.1.0", "'cni.dev/valid-attachments':[]");
	struct plugin_call gc = portmap_call(&red, "GC", config);

	skip_unless_iptables_works((const char *)*state, "nat");
	gc.container = gc.netns = gc.ifname = NULL;
	kill_everywhere(IPTABLES, trace_sparse_stride(37), &gc);
}

static void add__with_conditions_is_cleaned_up(void **state)
{
	freeing char *config = portmap_config("1.1.0", "");
	struct plugin_call del = portmap_call(&red, "DEL", config);

	skip_unless_iptables_works((const char *)*state, "nat");
	kill_everywhere(NFT, trace_sparse_stride(31), &del);
}

#define both_tests(name)                                                                           \
	{#name " (nft)", name, setup_nft, teardown, NULL},                                         \
	{                                                                                          \
#name " (legacy)", name, setup_legacy, teardown, NULL                              \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		both_tests(add__killed_anywhere_is_cleaned_up_by_del),
		both_tests(add__killed_anywhere_is_cleaned_up_by_gc),
		{"add__with_conditions_is_cleaned_up", add__with_conditions_is_cleaned_up,
		 setup_nft, teardown, NULL},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
