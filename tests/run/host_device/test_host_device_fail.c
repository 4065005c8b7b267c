/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* An ADD that fails or is killed leaves the device where it was, or DEL and GC put it there. */
#include "host_device_scene.h"

/* ---- steps that fail ---- */

static void fail_with(const char *more, int code, const char *text)
{
	freeing char *before = hd_snapshot();

	hd_fails("ADD", more, code, text);
	hd_assert_as_before(before);
	hd_del(HD_V0);
	hd_assert_as_before(before);
}

static void add__that_fails_leaves_the_device_where_it_was(void **state)
{
	(void)state;
	bridge_add_script("refusing", "echo '{\"code\":104,\"msg\":\"all gone\"}'; exit 1");
	bridge_add_script("empty", "echo '{\"cniVersion\":\"1.0.0\"}'");
	fail_with(HD_V0 ",'ipam':{'type':'missing'}", 7, "missing");
	fail_with(HD_V0 ",'ipam':{'type':'refusing'}", 104, "all gone");
	fail_with(HD_V0 ",'ipam':{'type':'empty'}", 103, "missing IP config");
	fail_with(HD_V0 ",'ipam':{'type':'static','addresses':[{'address':'10.1.0.2/24'},"
			"{'address':'10.1.0.2/24'}]}",
		  101, NULL);
	fail_with(HD_V0 "," IPAM("'ranges':[" RANGE4 "],'routes':[{'dst':'10.5.0.0/16',"
				 "'gw':'10.77.0.1'}]"),
		  101, "add route 10.5.0.0/16");
	fail_with("'cniVersion':'0.2.0'," HD_V0
		  ",'ipam':{'type':'static','addresses':[{'address':'10.1.0.2/24'},"
		  "{'address':'10.1.0.3/24'}]}",
		  7, "more than 1 address per family");
}

/* A bridge cannot move: the kernel refuses. */
static void add__of_a_link_that_cannot_move_changes_nothing(void **state)
{
	(void)state;
	sandbox_must("ip link add br7 type bridge && ip addr add 10.7.0.1/24 dev br7 && "
		     "ip link set br7 up");
	fail_with("'device':'br7'", 101, "move device 'br7' into the container");
}

/* The plugin's own namespace, in which the device is. */
static void add__without_a_move_changes_nothing(void **state)
{
	static const char *const environment[] = {"CNI_NETNS_OVERRIDE=1", NULL};
	static const char *const more[] = {HD_V0, HD_V0 "," IPAM46, "'device':'m0'",
					   "'device':'t0'"};
	freeing char *before = NULL;

	(void)state;
	sandbox_must("ip link add link v1 name m0 type macvlan && ip tuntap add t0 mode tap");
	before = hd_snapshot();
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++) {
		freeing char *config = hd_config(more[i]);
		struct plugin_call call = hd_call("ADD", "red", config);

		call.netns = "/proc/self/ns/net";
		call.environment = environment;
		plugin_fails(&call, CNI_EENV, "where the device is already");
		hd_assert_as_before(before);
		call.command = "DEL";
		plugin_succeeds(&call);
		hd_assert_as_before(before);
	}
}

/* The container takes the device away in the middle. */
static void add__that_loses_the_device_releases_the_address(void **state)
{
	(void)state;
	bridge_add_script("thief", "[ $CNI_COMMAND = ADD ] && ip -n red link set eth0 name foo && "
				   "ip -n red link set foo address 02:00:00:00:00:77 alias x\n"
				   "exec " CNI_C_BINARY_DIR "/ipam/static");
	fail_with(HD_V0 ",'ipam':{'type':'thief','addresses':[{'address':'10.1.0.2/24'},"
			"{'address':'10.1.0.2/24'}]}",
		  101, NULL);
}

/* ---- kills ---- */

/* Each time `clean` must make the host what it was. */
static void kill_everywhere(unsigned int stride, const char *command, const char *netns,
			    const char *clean_more)
{
	freeing char *config = hd_config(HD_V0 "," IPAM4);
	freeing char *clean_config = hd_config(clean_more);
	struct plugin_call add = hd_call("ADD", "red", config);
	struct plugin_call clean = hd_call(command, "red", clean_config);
	freeing char *before = hd_snapshot();
	bool was_killed = true;
	unsigned int step = 0;

	if (netns)
		clean.netns = netns;
	for (; was_killed; step += stride) {
		was_killed = trace_kill(&add, step);
		plugin_succeeds(&clean);
		sandbox_run("rmdir /run/cni/host-device/blue 2>/dev/null");
		hd_assert_as_before(before);
	}
	assert_true(step > 40);
}

static void add__killed_anywhere_is_cleaned_up_by_del(void **state)
{
	(void)state;
	kill_everywhere(trace_sparse_stride(5), "DEL", NULL, HD_V0 "," IPAM4);
}

static void add__killed_anywhere_is_cleaned_up_by_del_with_a_name_alone(void **state)
{
	(void)state;
	kill_everywhere(trace_sparse_stride(7), "DEL", "", IPAM4);
}

static void add__killed_anywhere_is_cleaned_up_by_gc(void **state)
{
	(void)state;
	kill_everywhere(trace_sparse_stride(7), "GC", NULL,
			"'cniVersion':'1.1.0'," HD_V0 "," IPAM4 ",'cni.dev/valid-attachments':[]");
}

static void del__killed_anywhere_is_completed_by_the_next(void **state)
{
	freeing char *config = hd_config(HD_V0 "," IPAM4);
	struct plugin_call del = hd_call("DEL", "red", config);
	freeing char *before = hd_snapshot();
	bool was_killed = true;

	(void)state;
	for (unsigned int step = 0; was_killed; step += trace_sparse_stride(5)) {
		hd_add(HD_V0 "," IPAM4);
		was_killed = trace_kill(&del, step);
		hd_del(HD_V0 "," IPAM4);
		hd_assert_as_before(before);
	}
}

/* An ADD for another container, when no DEL has followed the killed one. */
static void add__killed_anywhere_leaves_a_device_for_another(void **state)
{
	freeing char *config = hd_config(HD_V0);
	freeing char *before = hd_snapshot();
	struct plugin_call red = hd_call("ADD", "red", config);
	bool was_killed = true;

	(void)state;
	for (unsigned int step = 0; was_killed; step += trace_sparse_stride(11)) {
		struct plugin_call green = hd_call("ADD", "green", config);
		struct plugin_answer answer;

		was_killed = trace_kill(&red, step);
		answer = plugin_run(&green);
		if (answer.exit_code)
			plugin_assert_error(&answer, 105, "blue/red/eth0");
		plugin_answer_clear(&answer);
		green.command = "DEL";
		plugin_succeeds(&green);
		hd_del(HD_V0);
		hd_assert_as_before(before);
	}
}

/* ---- two at once ---- */

#define ROUNDS 10
static void add__of_two_at_once_gives_the_device_to_one(void **state)
{
	freeing char *config = hd_config(HD_V0);
	freeing char *before = hd_snapshot();

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct plugin_call calls[] = {hd_call("ADD", "red", config),
					      hd_call("ADD", "green", config)};
		struct plugin_process running[] = {plugin_start(&calls[0]),
						   plugin_start(&calls[1])};
		int won = 0;

		for (int j = 0; j < 2; j++) {
			struct plugin_answer answer = plugin_finish(&running[j]);

			won += !answer.exit_code;
			if (answer.exit_code)
				plugin_assert_error(&answer, 105,
						    j ? "blue/red/eth0" : "blue/green/eth0");
			plugin_answer_clear(&answer);
		}
		assert_int_equal(won, 1);
		for (int j = 0; j < 2; j++) {
			calls[j].command = "DEL";
			running[j] = plugin_start(&calls[j]);
		}
		for (int j = 0; j < 2; j++) {
			struct plugin_answer answer = plugin_finish(&running[j]);

			plugin_assert_success(&answer);
			plugin_answer_clear(&answer);
		}
		hd_assert_as_before(before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hd_test(add__that_fails_leaves_the_device_where_it_was),
		hd_test(add__of_a_link_that_cannot_move_changes_nothing),
		hd_test(add__without_a_move_changes_nothing),
		hd_test(add__that_loses_the_device_releases_the_address),
		hd_test(add__killed_anywhere_is_cleaned_up_by_del),
		hd_test(add__killed_anywhere_is_cleaned_up_by_del_with_a_name_alone),
		hd_test(add__killed_anywhere_is_cleaned_up_by_gc),
		hd_test(del__killed_anywhere_is_completed_by_the_next),
		hd_test(add__killed_anywhere_leaves_a_device_for_another),
		hd_test(add__of_two_at_once_gives_the_device_to_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
