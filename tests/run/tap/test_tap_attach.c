/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* The virtual machine's side: who may attach to the tap, how often, and that frames travel. */
#include "tap_scene.h"

#include "cleanup.h"

#include <errno.h>
#include <net/ethernet.h>

#define OWNER 1001
#define GROUP 1002
#define OTHER 1003
#define GUEST "0a:58:0a:01:00:99"

static void add_tap(struct pod *red, const char *more)
{
	freeing char *config = tap_config("1.0.0", more);

	pod_open(red, "red");
	tap_add(red, config);
}

static void frames__travel_between_container_and_machine(void **state)
{
	closing int tap = -1;
	struct tap_frame frame;
	struct pod red;

	(void)state;
	needs_taps();
	add_tap(&red, "'owner':1001," IPAM4);
	tap = tap_attach(&red, OWNER, OTHER, false);
	assert_true(tap >= 0);
	sandbox_must("ip netns exec red ping -q -c2 -i0.2 -W3 10.1.0.9 >/run/out 2>&1 &");
	assert_true(tap_read(tap, ETHERTYPE_ARP, "10.1.0.9", &frame));
	tap_answer_arp(tap, &frame, GUEST);
	assert_true(tap_read(tap, ETHERTYPE_IP, "10.1.0.9", &frame));
	assert_shown(GUEST, "0.lladdr", "ip -n red -j neigh show 10.1.0.9");
	pod_close(&red);
}

static void tap__is_for_its_owner(void **state)
{
	struct pod red;

	(void)state;
	needs_taps();
	add_tap(&red, "'owner':1001,'group':1002");
	assert_int_equal(tap_attach(&red, OTHER, GROUP, false), -EPERM);
	assert_int_equal(tap_attach(&red, OWNER, OTHER, false), -EPERM);
	for (int i = 0; i < 2; i++) {
		closing int tap = tap_attach(&red, OWNER, GROUP, false);

		assert_true(tap >= 0);
	}
	pod_close(&red);
}

static void tap__is_for_its_group(void **state)
{
	closing int tap = -1;
	struct pod red;

	(void)state;
	needs_taps();
	add_tap(&red, "'group':1002");
	assert_int_equal(tap_attach(&red, OWNER, OTHER, false), -EPERM);
	tap = tap_attach(&red, OTHER, GROUP, false);
	assert_true(tap >= 0);
	pod_close(&red);
}

static void tap__of_root_is_for_no_other_user(void **state)
{
	struct pod red;

	(void)state;
	needs_taps();
	add_tap(&red, "'owner':0");
	assert_int_equal(tap_attach(&red, OTHER, OTHER, false), -EPERM);
	pod_close(&red);
}

/* As the kernel has it: Debian's 6.12 asks for CAP_NET_ADMIN, 6.1 and 6.18 do not. */
static void tap__without_owner_is_for_those_that_may_have_one_of_ip(void **state)
{
	closing int other = -1;
	closing int tap = -1;
	struct pod blue;
	struct pod red;

	(void)state;
	needs_taps();
	add_tap(&red, "");
	pod_open(&blue, "blue");
	sandbox_must("ip -n blue tuntap add dev eth0 mode tap");
	other = tap_attach(&blue, OTHER, OTHER, false);
	tap = tap_attach(&red, OTHER, OTHER, false);
	assert_int_equal(tap < 0 ? tap : 0, other < 0 ? other : 0);
	pod_close(&blue);
	pod_close(&red);
}

static void tap__may_have_several_queues(void **state)
{
	closing int one = -1;
	closing int two = -1;
	struct pod red;

	(void)state;
	needs_taps();
	add_tap(&red, "'owner':1001,'multiQueue':true");
	one = tap_attach(&red, OWNER, OTHER, true);
	two = tap_attach(&red, OWNER, OTHER, true);
	assert_true(one >= 0 && two >= 0);
	assert_shown("2", "0.linkinfo.info_data.numqueues", "ip -n red -j -d link show eth0");
	pod_close(&red);
}

static void tap__has_one_queue(void **state)
{
	closing int one = -1;
	struct pod red;

	(void)state;
	needs_taps();
	add_tap(&red, "'owner':1001");
	one = tap_attach(&red, OWNER, OTHER, false);
	assert_true(one >= 0);
	assert_int_equal(tap_attach(&red, OWNER, OTHER, false), -EBUSY);
	pod_close(&red);
}

/* The machine holds the tap while it is deleted. */
static void del__takes_the_tap_from_the_machine(void **state)
{
	freeing char *config = tap_config("1.0.0", "'owner':1001," IPAM4);
	closing int tap = -1;
	struct pod red;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	tap_add(&red, config);
	tap = tap_attach(&red, OWNER, OTHER, false);
	assert_true(tap >= 0);
	tap_check(&red, config);
	tap_del(&red, config);
	sandbox_must("! ip -n red link show eth0 2>/dev/null");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tap_test(frames__travel_between_container_and_machine),
		tap_test(tap__is_for_its_owner),
		tap_test(tap__is_for_its_group),
		tap_test(tap__of_root_is_for_no_other_user),
		tap_test(tap__without_owner_is_for_those_that_may_have_one_of_ip),
		tap_test(tap__may_have_several_queues),
		tap_test(tap__has_one_queue),
		tap_test(del__takes_the_tap_from_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
