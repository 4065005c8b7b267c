/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Each plugin that makes an interface: GC, and DEL without a path, find the interface in a namespace that lives, and
 * no interface of another. */
#include "interface_scene.h"

#include "cleanup.h"

#include <string.h>

#define RECORD "/run/cni/netns/blue/red:eth0"

static void assert_address_is_free(void)
{
	sandbox_must("! test -e /var/lib/cni/networks/blue/10.1.0.2");
}

static void collect(const struct pod *pod, const char *config)
{
	struct plugin_call gc = bridge_call("GC", config);

	gc.plugin = pod->plugin;
	plugin_succeeds(&gc);
}

static void gc__takes_the_interface_before_its_address(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.1.0", IPAM46);
	freeing char *none =
		interface_config(row, "1.1.0", IPAM46 ",'cni.dev/valid-attachments':[]");
	freeing char *before = bridge_snapshot();
	struct pod red;

	interface_open(&red, "red", row);
	pod_add(&red, config);
	collect(&red, none);
	interface_assert_nothing_in(&red);
	assert_address_is_free();
	bridge_assert_unchanged(before);
	pod_close(&red);
}

static void del__without_a_path_takes_the_interface(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.0.0", IPAM46);
	freeing char *before = bridge_snapshot();
	struct plugin_call asked;
	struct pod red;

	interface_open(&red, "red", row);
	pod_add(&red, config);
	asked = pod_call(&red, "DEL", config);
	asked.netns = "";
	for (int i = 0; i < 2; i++)
		plugin_succeeds(&asked);
	interface_assert_nothing_in(&red);
	assert_address_is_free();
	bridge_assert_unchanged(before);
	pod_close(&red);
}

/* A runtime that repeats an ADD has not lost the first one: DEL and GC find its interface. */
static void add__that_is_repeated_leaves_the_first(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.1.0", IPAM46);
	freeing char *none =
		interface_config(row, "1.1.0", IPAM46 ",'cni.dev/valid-attachments':[]");
	freeing char *before = bridge_snapshot();
	struct plugin_call asked;
	struct pod red;

	interface_open(&red, "red", row);
	for (int i = 0; i < 2; i++) {
		pod_add(&red, config);
		asked = pod_call(&red, "ADD", config);
		for (int j = 0; j < 2; j++)
			plugin_fails(&asked, CNI_ETAKEN, "");
		pod_check(&red, config);
		asked = pod_call(&red, "DEL", config);
		asked.netns = "";
		if (i)
			collect(&red, none);
		else
			plugin_succeeds(&asked);
		interface_assert_nothing_in(&red);
		assert_address_is_free();
		bridge_assert_unchanged(before);
		sandbox_must("rm -rf /var/lib/cni/networks");
	}
	pod_close(&red);
}

/* A plugin may run in a container with a read-only root, where nothing is mounted on /run. */
static void add__does_without_a_record(const struct interface_row *row)
{
	static const char *const places[] = {"true", "mkdir -p /run/cni/netns/blue"};
	freeing char *config = interface_config(row, "1.1.0", IPAM46);
	struct plugin_call status = bridge_call("STATUS", config);
	struct pod red;

	interface_open(&red, "red", row);
	status.plugin = red.plugin;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		sandbox_must("mkdir -p /run/cni && mount -t tmpfs x /run/cni && %s && "
			     "mount -o remount,ro /run/cni",
			     places[i]);
		plugin_succeeds(&status);
		pod_add(&red, config);
		pod_check(&red, config);
		pod_del(&red, config);
		interface_assert_nothing_in(&red);
		assert_address_is_free();
		sandbox_must("umount /run/cni; rm -rf /var/lib/cni/networks");
	}
	pod_close(&red);
}

/* A runtime may have another path to the namespace by then: "/proc/PID/ns/net" of a process that is gone. */
static void del__by_another_path_takes_the_interface(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.0.0", IPAM46);
	struct plugin_call asked;
	struct pod other;
	struct pod red;

	interface_open(&red, "red", row);
	interface_open(&other, "other", row);
	pod_add(&red, config);
	asked = pod_call(&red, "DEL", config);
	asked.netns = other.netns;
	plugin_succeeds(&asked);
	interface_assert_nothing_in(&red);
	assert_address_is_free();
	pod_close(&red);
	pod_close(&other);
}

static void behind(const struct pod *pod, const char *command)
{
	for (size_t i = 0; i < INTERFACE_BEHIND; i++) {
		size_t number = strcmp(command, "DEL") == 0 ? INTERFACE_BEHIND - 1 - i : i;

		if (interface_has_behind(number)) {
			struct plugin_answer answer = interface_run_behind(pod, command, number);

			plugin_assert_success(&answer);
			plugin_answer_clear(&answer);
		}
	}
}

static char *ways_of(const struct pod *pod)
{
	/* The carrier of a tap is lost when its maker ends, and a worker of the kernel tells of it. */
	return sandbox_read(
		"{ ip -n %s rule; ip -n %s -6 rule; ip -n %s -4 route show table all; "
		"ip -n %s -br link show type vrf; ip -n %s -o link show master v1 2>&1; } | "
		"sed 's/ linkdown//; s/NO-CARRIER,//; s/,LOWER_UP//; s/ state [A-Z]*//'",
		pod->name, pod->name, pod->name, pod->name, pod->name);
}

/* The path leads to another container's namespace by now: what vrf and sbr have changed there stays. */
static void del__leaves_the_routes_of_another(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.0.0", IPAM46);
	freeing char *before = NULL;
	freeing char *after = NULL;
	struct pod green;
	struct pod red;

	interface_open(&red, "red", row);
	pod_add(&red, config);
	behind(&red, "ADD");
	before = ways_of(&red);
	green = red;
	snprintf(green.name, sizeof(green.name), "green");
	behind(&green, "DEL");
	green.result = NULL;
	behind(&green, "DEL");
	after = ways_of(&red);
	sandbox_assert_same(before, after);
	behind(&red, "CHECK");
	behind(&red, "DEL");
	sandbox_must(
		"! ip -n red rule | grep -q 'from 10' && ! ip -n red link show v1 2>/dev/null");
	pod_del(&red, config);
	pod_close(&red);
}

/* Want of descriptors says nothing about the namespace. */
static void gc__keeps_the_address_if_it_cannot_look(const struct interface_row *row)
{
	static const char *const environment[] = {"ASAN_OPTIONS=detect_leaks=0", NULL};
	const char *arguments[] = {"-qq",
				   "-o",
				   "/dev/null",
				   "-P",
				   "/run/netns/red",
				   "-e",
				   "inject=openat,open:error=EMFILE",
				   NULL,
				   NULL};
	freeing char *config = NULL;
	freeing char *none = NULL;
	struct plugin_answer answer;
	struct plugin_call gc;
	struct pod red;

	if (!strcmp(row->type, "ptp"))
		skip_because("ptp has an end on the host, and no record");
	config = interface_config(row, "1.1.0", IPAM46);
	none = interface_config(row, "1.1.0", IPAM46 ",'cni.dev/valid-attachments':[]");
	interface_open(&red, "red", row);
	pod_add(&red, config);
	gc = bridge_call("GC", none);
	gc.plugin = "/usr/bin/strace";
	gc.environment = environment;
	gc.arguments = arguments;
	arguments[7] = red.plugin;
	answer = plugin_run(&gc);
	assert_int_equal(answer.exit_code, 1);
	assert_non_null(strstr(answer.out, "Too many open files"));
	plugin_answer_clear(&answer);
	sandbox_must("test -e /var/lib/cni/networks/blue/10.1.0.2 && test -e " RECORD);
	collect(&red, none);
	interface_assert_nothing_in(&red);
	assert_address_is_free();
	pod_close(&red);
}

/* The name of a namespace is given to the next one; without an alias its interface is one that Go has made. */
static void gc__leaves_the_namespace_that_has_the_path_now(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.1.0", IPAM46);
	freeing char *none =
		interface_config(row, "1.1.0", IPAM46 ",'cni.dev/valid-attachments':[]");
	struct pod red;
	struct pod next;

	interface_open(&red, "red", row);
	pod_add(&red, config);
	pod_close(&red);
	interface_open(&next, "red", row);
	sandbox_must("ip -n red link add eth0 type veth peer name x1 && ip -n red link show eth0 "
		     ">/dev/null");
	collect(&next, none);
	sandbox_must("ip -n red link show eth0 >/dev/null");
	assert_address_is_free();
	sandbox_must("! test -e " RECORD);
	pod_close(&next);
}

/* A record that is damaged, or leads out of the file system's roots, counts as none. */
static void del__passes_over_a_damaged_record(const struct interface_row *row)
{
	static const char *const damages[] = {
		"truncate -s 9 " RECORD,
		": >" RECORD,
		"sed -i 's,^path .*,path /proc/self/ns/net,' " RECORD,
		"rm " RECORD " && ln -s /etc/passwd " RECORD,
		"rm " RECORD,
	};
	freeing char *config = NULL;

	if (!strcmp(row->type, "ptp"))
		skip_because("ptp has an end on the host, and no record");
	config = interface_config(row, "1.0.0", IPAM46);
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		struct pod red;

		interface_open(&red, "red", row);
		pod_add(&red, config);
		sandbox_must("%s", damages[i]);
		pod_del(&red, config);
		interface_assert_nothing_in(&red);
		assert_address_is_free();
		sandbox_must("! test -e " RECORD " && ! test -L " RECORD " && test -e /etc/passwd");
		pod_close(&red);
	}
}

int main(void)
{
	static const struct interface_test tests[] = {
		interface_test(gc__takes_the_interface_before_its_address),
		interface_test(del__without_a_path_takes_the_interface),
		interface_test(add__that_is_repeated_leaves_the_first),
		interface_test(add__does_without_a_record),
		interface_test(del__by_another_path_takes_the_interface),
		interface_test(del__leaves_the_routes_of_another),
		interface_test(gc__keeps_the_address_if_it_cannot_look),
		interface_test(gc__leaves_the_namespace_that_has_the_path_now),
		interface_test(del__passes_over_a_damaged_record),
	};

	return interface_run(tests, sizeof(tests) / sizeof(*tests));
}
