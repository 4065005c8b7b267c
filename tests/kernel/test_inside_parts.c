/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that make nothing outside of the container: loopback and tuning, and their undo, which no
 * plugin of one part calls. */
#include "part_calls.h"

#include "bridge.h"
#include "kernel.h"
#include "sandbox.h"

#include "cleanup.h"
#include "mem.h"

#define DIR SANDBOX_DIR "/tuning"

static void loopback__is_undone_if_it_was_done(void **state)
{
	struct cni_loopback_part part = {.before = {.index = 0}};
	struct cni_loopback_part again = {.before = {.index = 0}};

	(void)state;
	sandbox_must("ip -n red link set lo alias mine");
	must(cni_loopback_part_ops.add(&part_at, &part, &err));
	must(cni_loopback_part_ops.check(&part_at, &part, &err));
	assert_shown("blue/c1/eth0", "0.ifalias", "ip -n red -j link show lo");
	/* A "lo" that was up stays up. */
	must(cni_loopback_part_ops.add(&part_at, &again, &err));
	must(cni_loopback_part_ops.undo(&part_at, &again, &err));
	must(cni_loopback_part_ops.check(&part_at, &part, &err));
	must(cni_loopback_part_ops.undo(&part_at, &part, &err));
	assert_shown("mine", "0.ifalias", "ip -n red -j link show lo");
	must_fail(cni_loopback_part_ops.check(&part_at, &part, &err), CNI_EMISMATCH,
		  "loopback interface is down: 'lo' in the container is expected to be up");
}

/* As cni_tuning_conf_read() makes it. */
static struct cni_tuning_part tuning_of(uint32_t mtu)
{
	struct cni_tuning_part part = {.conf = {.data_dir = DIR}};

	part.conf.wanted.link = (struct cni_link_settings){.given = 1U << CNI_LINK_MTU, .mtu = mtu};
	cni_tuning_add_sysctl(&part.conf.wanted, "net/core/somaxconn", "321");
	part.conf.keys = cni_alloc(sizeof(*part.conf.keys));
	part.conf.keys[0] = "net.core.somaxconn";
	return part;
}

/* The second one finds the first one's file, and gives it back. */
static void tuning__is_undone_with_its_file(void **state)
{
	struct cni_tuning_part first = tuning_of(1400);
	struct cni_tuning_part second = tuning_of(1300);
	freeing char *file = NULL;

	(void)state;
	part_add_pair();
	part_call.conf.has_prev_result = true;
	sandbox_must("ip netns exec red sysctl -qw net.core.somaxconn=4000");
	must(cni_tuning_part_ops.add(&part_at, &first, &err));
	file = sandbox_read("cat " DIR "/c1_eth0.json");
	must(cni_tuning_part_ops.add(&part_at, &second, &err));
	must(cni_tuning_part_ops.check(&part_at, &second, &err));
	must(cni_tuning_part_ops.undo(&part_at, &second, &err));
	must(cni_tuning_part_ops.check(&part_at, &first, &err));
	sandbox_must("test \"$(cat " DIR "/c1_eth0.json)\" = '%s'", file);
	must(cni_tuning_part_ops.undo(&part_at, &first, &err));
	assert_shown("1500", "0.mtu", "ip -n red -j link show eth0");
	sandbox_must("test $(ip netns exec red sysctl -n net.core.somaxconn) = 4000");
	sandbox_must("test -z \"$(ls " DIR ")\"");
	cni_tuning_part_ops.clear(&first);
	cni_tuning_part_ops.clear(&second);
}

/* The undo of one whose add has not been, or has failed, does nothing. */
static void tuning__is_not_undone_if_it_was_not_done(void **state)
{
	struct cni_tuning_part part = tuning_of(1400);

	(void)state;
	part_add_pair();
	must_fail(cni_tuning_part_ops.add(&part_at, &part, &err), CNI_ECONFIG,
		  "Required prevResult missing: tuning must be called as chained plugin");
	must(cni_tuning_part_ops.undo(&part_at, &part, &err));
	assert_shown("1500", "0.mtu", "ip -n red -j link show eth0");
	sandbox_must("test ! -e " DIR);
	cni_tuning_part_ops.clear(&part);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		part_test(loopback__is_undone_if_it_was_done),
		part_test(tuning__is_undone_with_its_file),
		part_test(tuning__is_not_undone_if_it_was_not_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
