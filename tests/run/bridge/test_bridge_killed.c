/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 at each system call of an ADD, and the calls after it. The quick run tries some of the
 * calls, with CNI_C_SLOW in the environment all of them. */
#include "bridge.h"
#include "trace.h"

#include "cleanup.h"
#include "mem.h"

#define CONFIG(more) bridge_config("1.1.0", FULL ",'dns':{'nameservers':['10.1.0.1']}" more)

static void assert_nothing_in(const struct pod *pod)
{
	assert_shown("[]", "", "ip -n %s -j link show type veth", pod->name);
}

/* Kills an ADD of `red` again and again; each time `clean` must make the host what it was. */
static void kill_everywhere(const struct pod *red, const char *config, unsigned int stride,
			    const struct plugin_call *clean)
{
	struct plugin_call asked = pod_call(red, "ADD", config);
	freeing char *before = bridge_snapshot();
	bool was_killed = true;
	unsigned int step = 0;

	for (; was_killed; step += stride) {
		was_killed = trace_kill(&asked, step);
		plugin_succeeds(clean);
		bridge_assert_unchanged(before);
		assert_nothing_in(red);
	}
	/* It did not end before anything was done. */
	assert_true(step > 100);
}

/* The bridge was there before, as it always is but once. No other attachment: nf_tables is empty.
 */
static void add__killed_anywhere_is_cleaned_up_by_del(void **state)
{
	freeing char *config = CONFIG("");
	struct plugin_call del;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	pod_del(&red, config);
	del = pod_call(&red, "DEL", config);
	kill_everywhere(&red, config, trace_sparse_stride(7), &del);
	pod_close(&red);
}

/* The same when the runtime has lost the namespace by the time of DEL. */
static void add__killed_anywhere_is_cleaned_up_by_del_without_netns(void **state)
{
	freeing char *config = CONFIG("");
	struct plugin_call del;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	pod_del(&red, config);
	del = pod_call(&red, "DEL", config);
	del.netns = "";
	kill_everywhere(&red, config, trace_sparse_stride(11), &del);
	pod_close(&red);
}

/* Beside an attachment that is valid, and stays. */
static void add__killed_anywhere_is_cleaned_up_by_gc(void **state)
{
	freeing char *config = CONFIG("");
	freeing char *valid = CONFIG(",'cni.dev/valid-attachments':[{'containerID':'blue',"
				     "'ifname':'eth0'}]");
	struct plugin_call gc = bridge_call("GC", valid);
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&blue, "blue");
	pod_open(&red, "red");
	pod_add(&blue, config);
	kill_everywhere(&red, config, trace_sparse_stride(7), &gc);
	pod_check(&blue, config);
	sandbox_must("ip netns exec blue ping -q -c1 -W5 10.1.0.1 >/run/out");
	pod_close(&blue);
	pod_close(&red);
}

/* The very first ADD on a host, which makes the bridge: what it leaves half made (which DEL keeps,
 * being shared) the next one completes. */
static void add__killed_as_the_first_is_completed_by_the_next(void **state)
{
	freeing char *config = CONFIG("");
	struct plugin_call add;
	bool was_killed = true;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	add = pod_call(&red, "ADD", config);
	for (unsigned int step = 0; was_killed; step += trace_sparse_stride(13)) {
		was_killed = trace_kill(&add, step);
		pod_del(&red, config);
		assert_shown(NULL, "nftables.1", "nft -j list ruleset");
		assert_nothing_in(&red);
		pod_add(&red, config);
		pod_check(&red, config);
		sandbox_must("ip netns exec red ping -q -c1 -W5 10.1.0.1 >/run/out");
		sandbox_must("ip netns exec red ping -q -c1 -W5 fd01::1 >/run/out");
		sandbox_must("[ $(sysctl -n net.ipv6.conf.br0.accept_ra) = 0 ]");
		sandbox_must("[ $(cat /sys/class/net/br0/addr_assign_type) = 3 ]");
		pod_del(&red, config);
		sandbox_must("ip link del br0; sysctl -qw net.ipv4.ip_forward=0 "
			     "net.ipv6.conf.all.forwarding=0");
	}
	pod_close(&red);
}

/* The pod is made anew under the same id. */
static void add__killed_anywhere_does_not_hinder_a_new_namespace(void **state)
{
	freeing char *config = CONFIG("");
	struct plugin_call add;
	bool was_killed = true;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	add = pod_call(&red, "ADD", config);
	for (unsigned int step = 0; was_killed; step += trace_sparse_stride(13)) {
		was_killed = trace_kill(&add, step);
		pod_close(&red);
		pod_open(&red, "red");
		pod_del(&red, config);
		pod_add(&red, config);
		pod_check(&red, config);
		pod_del(&red, config);
	}
	pod_close(&red);
}

/* A DEL that is killed is sent again. */
static void del__killed_anywhere_is_completed_by_the_next(void **state)
{
	freeing char *config = CONFIG("");
	freeing char *before = NULL;
	struct plugin_call del;
	bool was_killed = true;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	pod_del(&red, config);
	before = bridge_snapshot();
	del = pod_call(&red, "DEL", config);
	for (unsigned int step = 0; was_killed; step += trace_sparse_stride(5)) {
		pod_add(&red, config);
		was_killed = trace_kill(&del, step);
		pod_del(&red, config);
		bridge_assert_unchanged(before);
	}
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__killed_anywhere_is_cleaned_up_by_del),
		bridge_test(add__killed_anywhere_is_cleaned_up_by_del_without_netns),
		bridge_test(add__killed_anywhere_is_cleaned_up_by_gc),
		bridge_test(add__killed_as_the_first_is_completed_by_the_next),
		bridge_test(add__killed_anywhere_does_not_hinder_a_new_namespace),
		bridge_test(del__killed_anywhere_is_completed_by_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
