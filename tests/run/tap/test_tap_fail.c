/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* ADD of tap that fails leaves nothing, in the container or on the host; STATUS says it before. */
#include "faults.h"
#include "pod_snapshot.h"
#include "tap_scene.h"
#include "trace.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define LOG  "/run/strace.log"
#define KEYS "'mtu':1400,'multiQueue':true,'owner':7,'group':7,'bridge':'br0'," IPAM46

/* A bridge without a MAC of its own has that of its ports. */
static void red_with_bridge(struct pod *red)
{
	pod_open(red, "red");
	sandbox_must("ip -n red link add br0 address 02:00:00:00:00:01 type bridge");
}

/* ---- bad input ---- */

static const struct {
	const char *more;
	int code;
	const char *says;
} refused[] = {
	{"'owner':-1", CNI_ECONFIG, "'owner' is -1, expected a whole number from 0 to 4294967294"},
	{"'owner':4294967295", CNI_ECONFIG, "'owner' is 4294967295"},
	{"'owner':'root'", CNI_ECONFIG, "'owner' is \"root\""},
	{"'group':-5", CNI_ECONFIG, "'group' is -5, expected a whole number from 0 to 4294967294"},
	{"'group':1.5", CNI_ECONFIG, "'group' is 1.5"},
	{"'multiQueue':2", CNI_ECONFIG, "'multiQueue' is 2, expected true or false"},
	{"'mtu':67", CNI_ECONFIG, "'mtu' is 67, expected 0, or 68 to 65521"},
	{"'mtu':65522", CNI_ECONFIG, "'mtu' is 65522, expected a whole number from 0 to 65521"},
	{"'mac':'nonsense'", CNI_ECONFIG, "MAC 'nonsense' is not a hardware address"},
	{"'mac':'01:00:00:00:00:01'", CNI_ECONFIG, "MAC '01:00:00:00:00:01' is a multicast"},
	{"'runtimeConfig':{'mac':'x'}", CNI_ECONFIG, "MAC 'x' is not a hardware address"},
	{"'bridge':'br9'", CNI_ECONFIG,
	 "'bridge' is \"br9\", expected a bridge in the container: it has 'br0'"},
	{"'bridge':'lo'", CNI_ECONFIG, "'bridge' is \"lo\", which in the container is no bridge"},
	{"'bridge':'a/b'", CNI_ECONFIG, "'bridge'"},
	{"'bridge':7", CNI_ECONFIG, "'bridge' is 7"},
	{"'selinuxContext':7", CNI_ECONFIG, "'selinuxContext' is 7"},
	{"'ipam':{'type':'absent'}", CNI_ECONFIG, "absent"},
	{"'ipam':{'type':'tap'}", CNI_ECONFIG, "tap"},
	/* The last steps. */
	{IPAM("'ranges':[" RANGE4 "],'routes':[{'dst':'10.9.0.0/16','gw':'10.2.0.1'}]"),
	 CNI_EKERNEL, "10.9.0.0/16"},
};

static void add__of_bad_input_leaves_nothing(void **state)
{
	freeing char *before = NULL;
	freeing char *inside = NULL;
	struct pod red;

	(void)state;
	needs_taps();
	red_with_bridge(&red);
	before = bridge_snapshot();
	inside = pod_snapshot("red");
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		freeing char *config = tap_config("1.0.0", refused[i].more);

		tap_add_fails(&red, config, refused[i].code, refused[i].says);
		bridge_assert_unchanged(before);
		pod_assert_unchanged("red", inside, refused[i].more);
	}
	pod_close(&red);
}

static void add__needs_a_name_that_is_free(void **state)
{
	static const char *const others[] = {
		"ip -n red tuntap add eth0 mode tap",
		"ip -n red link add eth0 type veth peer name v",
	};
	freeing char *config = tap_config("1.0.0", IPAM4);

	(void)state;
	needs_taps();
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		freeing char *inside = NULL;
		struct pod red;

		pod_open(&red, "red");
		sandbox_must("%s", others[i]);
		inside = pod_snapshot("red");
		tap_add_fails(&red, config, CNI_ETAKEN,
			      "CNI_IFNAME 'eth0' already exists in the container");
		pod_assert_unchanged("red", inside, others[i]);
		pod_close(&red);
	}
}

/* ---- the kernel ---- */

static void add__says_that_the_kernel_has_no_taps(void **state)
{
	freeing char *config = tap_config("1.1.0", IPAM4);
	struct plugin_call status;
	struct pod red;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	status = tap_call(&red, "STATUS", config);
	status.container = status.netns = status.ifname = NULL;
	plugin_succeeds(&status);
	sandbox_must("mount -t tmpfs none /dev/net");
	tap_add_fails(&red, config, CNI_EKERNEL, "open '/dev/net/tun': No such file or directory");
	plugin_fails(&status, CNI_EUNAVAILABLE, "this kernel has no taps: load the module");
	sandbox_must("umount /dev/net");
	/* A file that is none of the kernel's. */
	sandbox_must("mount --bind /dev/null /dev/net/tun");
	tap_add_fails(&red, config, CNI_EKERNEL, "Inappropriate ioctl");
	sandbox_must("umount /dev/net/tun");
	sandbox_must("! ip -n red link show eth0 2>/dev/null");
	pod_close(&red);
}

static void add__says_that_the_kernel_has_no_selinux(void **state)
{
	freeing char *config =
		tap_config("1.1.0", "'selinuxContext':'system_u:system_r:container_t:s0'," IPAM4);
	freeing char *inside = NULL;
	struct plugin_call status;
	struct pod red;

	(void)state;
	needs_taps();
	if (sandbox_run("grep -q selinuxfs /proc/filesystems") == 0)
		skip_because("this kernel has SELinux");
	pod_open(&red, "red");
	inside = pod_snapshot("red");
	tap_add_fails(&red, config, CNI_EKERNEL,
		      "SELinux context 'system_u:system_r:container_t:s0': SELinux is off");
	pod_assert_unchanged("red", inside, "no SELinux");
	status = tap_call(&red, "STATUS", config);
	status.container = status.netns = status.ifname = NULL;
	plugin_fails(&status, CNI_EUNAVAILABLE, "'selinuxContext' is");
	pod_close(&red);
}

/* ---- each step ---- */

static void fail_at(struct pod *red, const char *config, const struct fault_step *step,
		    const char *before, const char *inside)
{
	struct plugin_call call = tap_call(red, "ADD", config);
	struct plugin_answer answer = faults_inject(&call, LOG, step, "EIO");
	freeing char *about = cni_format("%s %d fails", step->name, step->nth);

	if (answer.exit_code && cni_json_get(answer.json, "code")) {
		if (!faults_hit_answer(LOG))
			pod_assert_unchanged(red->name, inside, about);
		sandbox_must("! ls /var/lib/cni/networks/blue/10.1.0.* 2>/dev/null");
	}
	plugin_answer_clear(&answer);
	call.command = "DEL";
	plugin_succeeds(&call);
	pod_assert_unchanged(red->name, inside, about);
	bridge_assert_unchanged(before);
}

static void add__that_fails_at_any_ioctl_or_message_leaves_nothing(void **state)
{
	static const char *const names[] = {"ioctl", "sendto", "openat"};
	freeing char *config = tap_config("1.0.0", KEYS);
	freeing char *before = NULL;
	freeing char *inside = NULL;
	struct fault_steps *steps = cni_alloc(sizeof(*steps));
	struct plugin_answer answer;
	struct plugin_call call;
	struct pod red;

	(void)state;
	needs_taps();
	if (!faults_possible())
		skip_because("strace is not installed");
	red_with_bridge(&red);
	tap_add(&red, config);
	tap_del(&red, config);
	before = bridge_snapshot();
	inside = pod_snapshot("red");
	call = tap_call(&red, "ADD", config);
	answer = faults_learn(&call, LOG, steps);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	call.command = "DEL";
	plugin_succeeds(&call);
	for (size_t i = 0; i < steps->count; i++)
		for (size_t j = 0; j < sizeof(names) / sizeof(*names); j++)
			if (!strcmp(steps->items[i].name, names[j]))
				fail_at(&red, config, &steps->items[i], before, inside);
	free(steps);
	pod_close(&red);
}

static void add__killed_anywhere_is_undone_by_del(void **state)
{
	freeing char *config = tap_config("1.0.0", KEYS);
	freeing char *before = NULL;
	freeing char *inside = NULL;
	struct plugin_call add;
	struct plugin_call del;
	unsigned int step = 0;
	struct pod red;

	(void)state;
	needs_taps();
	red_with_bridge(&red);
	before = bridge_snapshot();
	inside = pod_snapshot("red");
	add = tap_call(&red, "ADD", config);
	del = tap_call(&red, "DEL", config);
	for (; trace_kill(&add, step); step += trace_sparse_stride(3)) {
		plugin_succeeds(&del);
		pod_assert_unchanged("red", inside, "killed");
	}
	assert_true(step > 40);
	plugin_succeeds(&del);
	bridge_assert_unchanged(before);
	pod_assert_unchanged("red", inside, "killed");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tap_test(add__of_bad_input_leaves_nothing),
		tap_test(add__needs_a_name_that_is_free),
		tap_test(add__says_that_the_kernel_has_no_taps),
		tap_test(add__says_that_the_kernel_has_no_selinux),
		tap_test(add__that_fails_at_any_ioctl_or_message_leaves_nothing),
		tap_test(add__killed_anywhere_is_undone_by_del),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
