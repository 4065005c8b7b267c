/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 at each system call of the firewall plugin, and the calls after it. The quick run tries
 * some of the calls, with CNI_C_SLOW in the environment all of them. */
#include "firewall_scene.h"
#include "trace.h"

#include "cleanup.h"
#include "mem.h"

#define NFTABLES "'backend':'nftables','ingressPolicy':'isolated'"
#define IPTABLES "'backend':'iptables','ingressPolicy':'same-bridge'"

/* The chains of iptables stay. */
static void make_chains(void)
{
	firewall_use_iptables("nft");
	firewall_succeeds("ADD", &b1, IPTABLES);
	firewall_succeeds("DEL", &b1, "");
}

/* The command that was started is ended with the plugin, but not at that very moment. */
static void wait_for_commands(void)
{
	sandbox_await("ours=$(readlink /proc/self/ns/mnt); for p in $(pgrep tables-rest); do "
		      "[ \"$(readlink /proc/$p/ns/mnt)\" = \"$ours\" ] && exit 1; done; exit 0");
}

/* Kills a command again and again; `begin` makes what it finds, each time `end` must make the host
 * what it was. */
static void kill_everywhere(const char *command, const char *way, unsigned int stride,
			    void (*begin)(const char *way), void (*end)(const char *way))
{
	freeing char *config = firewall_config(&a1, way);
	struct plugin_call call = firewall_call(&a1, command, config);
	freeing char *before = firewall_snapshot();
	bool was_killed = true;
	unsigned int step = 0;

	for (; was_killed; step += stride) {
		if (begin)
			begin(way);
		was_killed = trace_kill(&call, step);
		wait_for_commands();
		end(way);
		firewall_assert_unchanged(before);
	}
	/* It did not end before anything was done. */
	assert_true(step > 20);
}

static void del_bare(const char *way)
{
	(void)way;
	firewall_bare_del(&a1);
}

static void gc_all(const char *way)
{
	(void)way;
	firewall_succeeds("GC", NULL, "'cni.dev/valid-attachments':[]");
}

static void add_and_del(const char *way)
{
	firewall_succeeds("ADD", &a1, way);
	firewall_succeeds("CHECK", &a1, way);
	firewall_succeeds("DEL", &a1, way);
}

static void add(const char *way)
{
	firewall_succeeds("ADD", &a1, way);
}

static void add__killed_anywhere_is_cleaned_up_by_del(void **state)
{
	(void)state;
	make_chains();
	kill_everywhere("ADD", NFTABLES, trace_sparse_stride(13), NULL, del_bare);
	kill_everywhere("ADD", IPTABLES, trace_sparse_stride(13), NULL, del_bare);
}

static void add__killed_anywhere_is_cleaned_up_by_gc(void **state)
{
	(void)state;
	make_chains();
	kill_everywhere("ADD", NFTABLES, trace_sparse_stride(23), NULL, gc_all);
	kill_everywhere("ADD", IPTABLES, trace_sparse_stride(23), NULL, gc_all);
}

/* The runtime tries again without a DEL in between. */
static void add__killed_anywhere_can_be_repeated(void **state)
{
	(void)state;
	make_chains();
	kill_everywhere("ADD", NFTABLES, trace_sparse_stride(19), NULL, add_and_del);
	kill_everywhere("ADD", IPTABLES, trace_sparse_stride(19), NULL, add_and_del);
}

static void del__killed_anywhere_is_completed_by_the_next(void **state)
{
	(void)state;
	make_chains();
	kill_everywhere("DEL", NFTABLES, trace_sparse_stride(17), add, del_bare);
	kill_everywhere("DEL", IPTABLES, trace_sparse_stride(17), add, del_bare);
	kill_everywhere("DEL", IPTABLES, trace_sparse_stride(23), add, gc_all);
}

/* The very first one of a host, which makes the chains: what it leaves half made the next one
 * completes. */
static void add__killed_as_the_first_is_completed_by_the_next(void **state)
{
	freeing char *config = firewall_config(&a1, IPTABLES);
	struct plugin_call call = firewall_call(&a1, "ADD", config);
	bool was_killed = true;

	(void)state;
	firewall_use_iptables("nft");
	for (unsigned int step = 0; was_killed; step += trace_sparse_stride(19)) {
		was_killed = trace_kill(&call, step);
		wait_for_commands();
		add_and_del(IPTABLES);
		assert_lines(1, "-j CNI-FORWARD", "iptables -S FORWARD");
		assert_lines(1, "-j CNI-ADMIN", "ip6tables -S CNI-FORWARD");
		assert_lines(0, "ACCEPT", "iptables -S CNI-FORWARD; ip6tables -S CNI-FORWARD");
		sandbox_must("nft flush ruleset; rm -rf /run/cni");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		firewall_test(add__killed_anywhere_is_cleaned_up_by_del),
		firewall_test(add__killed_anywhere_is_cleaned_up_by_gc),
		firewall_test(add__killed_anywhere_can_be_repeated),
		firewall_test(del__killed_anywhere_is_completed_by_the_next),
		firewall_test(add__killed_as_the_first_is_completed_by_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
