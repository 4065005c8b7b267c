/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 at each system call of portmap with the iptables backend, and with conditions, and the DEL or GC
 * after it. The quick run tries some of the calls, with CNI_C_SLOW in the environment all of them. */
#include "cleanup.h"
#include "nat_scene.h"
#include "trace.h"

#include <stdlib.h>

#define LIST	 PORTS(PORT(8080, 80, "tcp") "," PORT_AT("192.0.2.1", 53, 53, "udp"))
#define IPTABLES "'backend':'iptables'," LIST
#define NFT	 "'conditionsV4':['ip saddr 192.0.2.0/24']," LIST

/* Kills an ADD of red again and again; each time `clean` must make the host what it was. */
static void kill_everywhere(const char *more, unsigned int stride, const struct plugin_call *clean)
{
	freeing char *config = portmap_config("1.1.0", more);
	freeing char *with = pod_config(&nat_red, config);
	struct plugin_call asked = portmap_call(&nat_red, "ADD", with);
	freeing char *before = NULL;
	bool was_killed = true;
	unsigned int step = 0;

	/* The shared chains of the first ADD stay. */
	pod_publish(&nat_red, config);
	pod_unpublish(&nat_red, config);
	before = nat_everything("portmap");
	for (; was_killed; step += stride) {
		freeing char *after = NULL;

		was_killed = trace_kill(&asked, step);
		plugin_succeeds(clean);
		after = nat_everything("portmap");
		sandbox_assert_same(before, after);
	}
	/* It did not end before anything was done. */
	assert_true(step > 50);
}

static void add__killed_anywhere_is_cleaned_up_by_del(void **state)
{
	freeing char *config = portmap_config("1.1.0", "");
	struct plugin_call del = portmap_call(&nat_red, "DEL", config);

	skip_unless_nat();
	del.netns = "";
	kill_everywhere(IPTABLES, trace_sparse_stride(31), &del);
}

static void add__killed_anywhere_is_cleaned_up_by_gc(void **state)
{
	freeing char *config = portmap_config("1.1.0", "'cni.dev/valid-attachments':[]");
	struct plugin_call gc = portmap_call(&nat_red, "GC", config);

	skip_unless_nat();
	gc.container = gc.netns = gc.ifname = NULL;
	kill_everywhere(IPTABLES, trace_sparse_stride(37), &gc);
}

static void add__with_conditions_is_cleaned_up(void **state)
{
	freeing char *config = portmap_config("1.1.0", "");
	struct plugin_call del = portmap_call(&nat_red, "DEL", config);

	skip_unless_nat();
	kill_everywhere(NFT, trace_sparse_stride(31), &del);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nat_tests(add__killed_anywhere_is_cleaned_up_by_del),
		nat_tests(add__killed_anywhere_is_cleaned_up_by_gc),
		{"add__with_conditions_is_cleaned_up", add__with_conditions_is_cleaned_up,
		 nat_setup_nft, nat_teardown, NULL},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
