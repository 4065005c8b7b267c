/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* The tap part: whatever the container does to the tap, its descriptor leads to it. */
#include "part_calls.h"
#include "tap.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "netns.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static struct cni_tap_part part = {.mac = "0a:58:00:00:00:07"};

/* part_calls.h does not visit for this part. */
static void visit(void)
{
	visiting int home = -1;

	must(cni_netns_enter(part_at.netns, &home, &err));
	must(cni_tap_part_ops.visit(&part_at, &part, &err));
}

static int setup(void **state)
{
	if (part_setup(state) < 0)
		return -1;
	part = (struct cni_tap_part){.mac = "0a:58:00:00:00:07"};
	return 0;
}

#define tap_part_test(name) cmocka_unit_test_setup_teardown(name, setup, part_teardown)
#define needs_taps()                                                                               \
	do {                                                                                       \
		if (access("/dev/net/tun", F_OK) != 0)                                             \
			skip_because("this kernel has no taps");                                   \
	} while (0)

static void add_one(void)
{
	visit();
	must(cni_tap_part_ops.add(&part_at, &part, &err));
}

static void assert_absent(const char *netns, const char *name)
{
	sandbox_must("! ip -n %s link show %s 2>/dev/null", netns, name);
}

static void tap__lives_in_the_container(void **state)
{
	(void)state;
	needs_taps();
	must(cni_tap_part_ops.status(&part_at, &part, &err));
	close(take_fd(&part_at.tun));
	add_one();
	assert_int_equal(part_at.container.index, kernel_index_of("red", "eth0"));
	assert_string_equal(part_result.interfaces[0].name, "eth0");
	assert_string_equal(part_result.interfaces[0].mac, part.mac);
	assert_shown(part.mac, "0.address", "ip -n red -j link show eth0");
	sandbox_must("! ip link show eth0 2>/dev/null");
	part_next(CNI_CHECK);
	must(cni_tap_part_ops.check(&part_at, &part, &err));
	part_next(CNI_DEL);
	must(cni_tap_part_ops.del(&part_at, &part, &err));
	assert_absent("red", "eth0");
	must(cni_tap_part_ops.del(&part_at, &part, &err));
}

static void tap__that_is_not_finished_goes_with_the_process(void **state)
{
	const struct cni_tap_new new = {.name = "eth0",
					.mac = (const uint8_t *)"\x02\x00\x00\x00\x00\x01"};
	int index;

	(void)state;
	needs_taps();
	visit();
	must(cni_tap_make(part_at.tun, &new, &index, &err));
	assert_int_equal(index, kernel_index_of("red", "eth0"));
	part_next(CNI_ADD);
	assert_absent("red", "eth0");
}

static void undo__finds_the_tap_under_another_name(void **state)
{
	(void)state;
	needs_taps();
	add_one();
	sandbox_must("ip -n red link set eth0 name eth9 && "
		     "ip -n red link add eth0 type veth peer name v");
	must(cni_tap_part_ops.undo(&part_at, &part, &err));
	assert_absent("red", "eth9");
	sandbox_must("ip -n red link show eth0 >/dev/null");
}

static void undo__finds_the_tap_in_another_namespace(void **state)
{
	(void)state;
	needs_taps();
	sandbox_add_netns("other");
	add_one();
	sandbox_must(
		"ip -n red link set eth0 netns other && ip -n other link show eth0 >/dev/null");
	must(cni_tap_part_ops.undo(&part_at, &part, &err));
	assert_absent("other", "eth0");
	sandbox_del_netns("other");
}

static void undo__of_a_tap_that_was_deleted_succeeds(void **state)
{
	(void)state;
	needs_taps();
	add_one();
	sandbox_must("ip -n red link del eth0 && ip -n red tuntap add eth0 mode tap");
	must(cni_tap_part_ops.undo(&part_at, &part, &err));
	sandbox_must("ip -n red link show eth0 >/dev/null");
}

static void add__attaches_to_no_tap_that_is_there(void **state)
{
	(void)state;
	needs_taps();
	sandbox_must("ip -n red tuntap add eth0 mode tap");
	visit();
	must_fail(
		cni_tap_part_ops.add(&part_at, &part, &err), CNI_ETAKEN,
		"CNI_IFNAME 'eth0' already exists in the container, expected a name that is free");
	assert_int_equal(part_at.tun, -1);
	sandbox_must("ip -n red -d link show eth0 | grep -q 'tun type tap .*persist on'");
}

static void add__takes_the_tap_back_if_the_mtu_is_refused(void **state)
{
	(void)state;
	needs_taps();
	part.mtu = 66000;
	visit();
	must_fail(cni_tap_part_ops.add(&part_at, &part, &err), CNI_EKERNEL,
		  "'eth0' in the container: Invalid argument (mtu greater than device maximum)");
	assert_absent("red", "eth0");
}

/* The part of the helper that is run in another SELinux context. */
static void helper__makes_the_tap_on_its_stdin(void **state)
{
	static char *const arguments[] = {(char *)"tap", (char *)"--make-tap", (char *)"eth7",
					  (char *)"multi_queue", NULL};
	int input;

	(void)state;
	needs_taps();
	assert_int_equal(cni_tap_helper(1, arguments), -1);
	assert_int_equal(
		cni_tap_helper(3, (char *const[]){arguments[0], arguments[0], arguments[2], NULL}),
		-1);
	visit();
	input = dup(STDIN_FILENO);
	dup2(part_at.tun, STDIN_FILENO);
	assert_int_equal(cni_tap_helper(4, arguments), 0);
	assert_shown("true", "0.linkinfo.info_data.multi_queue", "ip -n red -j -d link show eth7");
	assert_int_equal(cni_tap_helper(4, arguments), EEXIST);
	dup2(input, STDIN_FILENO);
	close(input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tap_part_test(tap__lives_in_the_container),
		tap_part_test(tap__that_is_not_finished_goes_with_the_process),
		tap_part_test(undo__finds_the_tap_under_another_name),
		tap_part_test(undo__finds_the_tap_in_another_namespace),
		tap_part_test(undo__of_a_tap_that_was_deleted_succeeds),
		tap_part_test(add__attaches_to_no_tap_that_is_there),
		tap_part_test(add__takes_the_tap_back_if_the_mtu_is_refused),
		tap_part_test(helper__makes_the_tap_on_its_stdin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
