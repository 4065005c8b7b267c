/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm-quick and --vm run it as well. */
/* CNI_IFNAME as a link without an end on the host, of each kind that the kernel has. */
#include "part_calls.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "mem.h"

#include <string.h>

#define MASTER "up0"

/* A parent on the host, with an MTU of 1400. */
static void add_master(void)
{
	sandbox_must("ip link add " MASTER " mtu 1400 type veth peer name up1 && "
		     "ip link set " MASTER " up && ip link set up1 up");
}

static bool has_kind(const char *kind)
{
	bool known = false;
	struct cni_error err;

	return cni_link_kind_is_known(&part_at.nl[CNI_HOST], kind, &known, &err) == 0 && known;
}

#define needs_kind(kind_)                                                                          \
	do {                                                                                       \
		if (!has_kind((kind_)->name))                                                      \
			skip_because("this kernel has no links of kind '%s'", (kind_)->name);      \
	} while (0)

static struct cni_link_part macvlan_of(const char *mode)
{
	struct cni_link_part part = {
		.kind = &cni_link_macvlan, .parent = MASTER, .values = {.given = 1}};

	assert_true(cni_word_parse(cni_link_macvlan_modes, mode, &part.values.values[0]));
	return part;
}

/* Each verb, and what ip(8) sees. */
static void live(struct cni_link_part *part, const char *shows)
{
	must(cni_link_part_ops.status(&part_at, part, &err));
	must(cni_link_part_ops.add(&part_at, part, &err));
	sandbox_must("ip -n red -d link show eth0 | grep -q '%s'", shows);
	assert_string_equal(part_result.interfaces[0].name, "eth0");
	assert_string_equal(part_result.interfaces[0].sandbox, "/run/netns/red");
	assert_shown(part_result.interfaces[0].mac, "0.address", "ip -n red -j link show eth0");
	/* The container side and nothing on the host: up waits for no other end. */
	must(cni_up_part_ops.add(&part_at, &(struct cni_up_part){.dad = false}, &err));
	sandbox_must("ip -n red link show eth0 up | grep -q eth0");
	part_next(CNI_CHECK);
	must(cni_link_part_ops.check(&part_at, part, &err));
	part_next(CNI_DEL);
	must(cni_link_part_ops.del(&part_at, part, &err));
	sandbox_must("! ip -n red link show eth0 2>/dev/null");
	must(cni_link_part_ops.del(&part_at, part, &err));
}

static void link__macvlan_lives_in_each_mode(void **state)
{
	static const char *const modes[] = {"private", "vepa", "bridge", "passthru"};

	(void)state;
	add_master();
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		struct cni_link_part part = macvlan_of(modes[i]);
		freeing char *shows = cni_format("macvlan mode %s", modes[i]);

		part_next(CNI_ADD);
		cni_result_clear(&part_result);
		live(&part, shows);
	}
}

static void link__macvlan_has_the_mac_and_the_mtu_that_are_asked_for(void **state)
{
	struct cni_link_part part = macvlan_of("bridge");

	(void)state;
	add_master();
	part.mac = "0a:58:00:00:00:07";
	part.mtu = 1300;
	must(cni_link_part_ops.add(&part_at, &part, &err));
	assert_shown("0a:58:00:00:00:07", "0.address", "ip -n red -j link show eth0");
	assert_shown("1300", "0.mtu", "ip -n red -j link show eth0");
	must(cni_link_part_ops.undo(&part_at, &part, &err));
	sandbox_must("! ip -n red link show eth0 2>/dev/null");
	part.mtu = 1401;
	must_fail(cni_link_part_ops.add(&part_at, &part, &err), CNI_ECONFIG,
		  "'mtu' is 1401, expected at most 1400, the MTU of master '" MASTER "'");
}

static void link__may_be_on_a_link_of_the_container(void **state)
{
	struct cni_link_part part = macvlan_of("bridge");

	(void)state;
	add_master();
	sandbox_must("ip link set " MASTER " netns red");
	must_fail(cni_link_part_ops.add(&part_at, &part, &err), CNI_ECONFIG,
		  "'master' \"" MASTER "\" is missing, expected one of 'up1'");
	part.parent_is_inside = true;
	live(&part, "macvlan mode bridge");
}

static void link__of_other_kinds_lives_where_the_kernel_has_them(void **state)
{
	struct cni_link_part dummy = {.kind = &cni_link_dummy};

	(void)state;
	needs_kind(&cni_link_dummy);
	live(&dummy, "dummy");
}

static void link__ipvlan_shares_the_masters_mac(void **state)
{
	struct cni_link_part part = {
		.kind = &cni_link_ipvlan, .parent = MASTER, .values = {.given = 1, .values = {0}}};

	(void)state;
	needs_kind(&cni_link_ipvlan);
	add_master();
	live(&part, "ipvlan *mode l2");
}

static void link__vlan_has_its_id(void **state)
{
	struct cni_link_part part = {
		.kind = &cni_link_vlan, .parent = MASTER, .values = {.given = 1, .values = {7}}};

	(void)state;
	needs_kind(&cni_link_vlan);
	add_master();
	live(&part, "vlan protocol 802.1Q id 7");
}

static void link__vrf_has_its_table(void **state)
{
	struct cni_link_part part = {.kind = &cni_link_vrf, .values = {.given = 1, .values = {10}}};

	(void)state;
	needs_kind(&cni_link_vrf);
	live(&part, "vrf table 10");
}

static void link__check_says_what_is_not_as_add_left_it(void **state)
{
	struct cni_link_part part = macvlan_of("bridge");
	struct cni_link_part other = macvlan_of("private");

	(void)state;
	add_master();
	must(cni_link_part_ops.add(&part_at, &part, &err));
	part_next(CNI_CHECK);
	must_fail(cni_link_part_ops.check(&part_at, &other, &err), CNI_EMISMATCH,
		  "'eth0' has mode bridge, expected private");
	other = part;
	other.parent = "up1";
	must_fail(cni_link_part_ops.check(&part_at, &other, &err), CNI_EMISMATCH,
		  "'eth0' in the container is not on master 'up1'");
	other.kind = &cni_link_ipvlan;
	must_fail(cni_link_part_ops.check(&part_at, &other, &err), CNI_EMISMATCH,
		  "'eth0' in the container is of kind 'macvlan', expected an ipvlan");
	sandbox_must("ip -n red link del eth0");
	must_fail(cni_link_part_ops.check(&part_at, &part, &err), CNI_EMISMATCH,
		  "'eth0' is missing in the container");
}

static void link__needs_a_free_name_and_leaves_others_alone(void **state)
{
	struct cni_link_part part = macvlan_of("bridge");

	(void)state;
	add_master();
	sandbox_must("ip -n red link add eth0 type veth peer name other");
	must_fail(
		cni_link_part_ops.add(&part_at, &part, &err), CNI_ETAKEN,
		"CNI_IFNAME 'eth0' already exists in the container, expected a name that is free");
	part_next(CNI_DEL);
	must(cni_link_part_ops.del(&part_at, &part, &err));
	sandbox_must("ip -n red link show eth0 >/dev/null");
}

static void link__status_misses_the_master(void **state)
{
	struct cni_link_part part = macvlan_of("bridge");

	(void)state;
	must_fail(cni_link_part_ops.status(&part_at, &part, &err), CNI_EUNAVAILABLE,
		  "'master' \"" MASTER "\" is missing, expected a link, of which there is none");
}

/* A veth that is no port of a bridge, as of ptp. */
static void veth__may_be_alone(void **state)
{
	struct cni_veth_part part = {.mtu = 1400};

	(void)state;
	must(cni_veth_part_ops.add(&part_at, &part, &err));
	sandbox_must("! ip -o link show %s | grep master", part_host);
	must(cni_up_part_ops.add(&part_at, &(struct cni_up_part){.dad = false}, &err));
	part_next(CNI_CHECK);
	must(cni_veth_part_ops.check(&part_at, &part, &err));
	part_next(CNI_GC);
	must(cni_veth_part_ops.gc(&part_at, &part, &err));
	sandbox_must("! ip link show %s 2>/dev/null", part_host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		part_test(link__macvlan_lives_in_each_mode),
		part_test(link__macvlan_has_the_mac_and_the_mtu_that_are_asked_for),
		part_test(link__may_be_on_a_link_of_the_container),
		part_test(link__of_other_kinds_lives_where_the_kernel_has_them),
		part_test(link__ipvlan_shares_the_masters_mac),
		part_test(link__vlan_has_its_id),
		part_test(link__vrf_has_its_table),
		part_test(link__check_says_what_is_not_as_add_left_it),
		part_test(link__needs_a_free_name_and_leaves_others_alone),
		part_test(link__status_misses_the_master),
		part_test(veth__may_be_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
