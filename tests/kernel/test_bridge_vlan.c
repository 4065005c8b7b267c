/* SPDX-License-Identifier: Apache-2.0 */
/* VLANs of a bridge's ports. scripts/test --vm-quick and --vm run it as well. */
#include "bridge_vlan.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "test.h"

#include <errno.h>
#include <string.h>

static int make_port(void)
{
	sandbox_must("ip link add br0 type bridge vlan_filtering 1; "
		     "ip link add va master br0 type veth peer name vb");
	return kernel_index_of(NULL, "va");
}

/* "1 PVID Egress Untagged,10,20-22": as bridge(8) lists the port. */
static char *listed(void)
{
	return sandbox_read(
		"bridge -compressvlans vlan show dev va | sed -n '2,$p' | sed 's/^va//' | "
		"tr -s ' \\t' ' ' | sed 's/^ //;s/ $//' | paste -sd,");
}

static void assert_listed(const char *expected)
{
	freeing char *text = listed();

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

#define needs_vlan_filtering()                                                                     \
	do {                                                                                       \
		if (!sandbox_has_vlan_filtering())                                                 \
			skip_because("this kernel has no bridge VLAN filtering");                  \
	} while (0)

static void vlan__set_holds_ids(void **state)
{
	struct cni_bridge_vlan_set set = {{0}};

	(void)state;
	assert_true(cni_bridge_vlan_set_is_empty(&set));
	cni_bridge_vlan_set_add(&set, 1);
	cni_bridge_vlan_set_add(&set, 64);
	cni_bridge_vlan_set_add(&set, CNI_BRIDGE_VLAN_MAX);
	assert_false(cni_bridge_vlan_set_is_empty(&set));
	for (uint32_t id = 1; id <= CNI_BRIDGE_VLAN_MAX; id++)
		assert_int_equal(cni_bridge_vlan_set_has(&set, id),
				 id == 1 || id == 64 || id == CNI_BRIDGE_VLAN_MAX);
}

static void vlan__is_added_in_ranges(void **state)
{
	struct cni_bridge_vlan_port port = {.native = 100};
	struct cni_bridge_vlan_port found;
	struct cni_error err;
	int index;

	(void)state;
	needs_vlan_filtering();
	index = make_port();
	cni_bridge_vlan_set_add(&port.tagged, 10);
	for (uint32_t id = 20; id <= 30; id++)
		cni_bridge_vlan_set_add(&port.tagged, id);
	cni_bridge_vlan_set_add(&port.tagged, CNI_BRIDGE_VLAN_MAX);
	assert_int_equal(cni_bridge_vlan_del(&rtnl, index, 1, &err), 0);
	assert_int_equal(cni_bridge_vlan_add(&rtnl, index, &port, &err), 0);
	assert_listed("10,20-30,100 PVID Egress Untagged,4094");
	assert_int_equal(cni_bridge_vlan_get(&rtnl, index, &found, &err), 0);
	assert_int_equal(found.native, 100);
	for (uint32_t id = 1; id <= CNI_BRIDGE_VLAN_MAX; id++)
		assert_int_equal(cni_bridge_vlan_set_has(&found.tagged, id),
				 cni_bridge_vlan_set_has(&port.tagged, id));
}

/* A trunk of every other id: as many ranges as there can be. */
static void vlan__is_added_in_several_messages(void **state)
{
	struct cni_bridge_vlan_port port = {.native = 2};
	struct cni_bridge_vlan_port found;
	struct cni_error err;
	int index;

	(void)state;
	needs_vlan_filtering();
	index = make_port();
	for (uint32_t id = 1; id <= CNI_BRIDGE_VLAN_MAX; id += 2)
		cni_bridge_vlan_set_add(&port.tagged, id);
	assert_int_equal(cni_bridge_vlan_del(&rtnl, index, 1, &err), 0);
	assert_int_equal(cni_bridge_vlan_add(&rtnl, index, &port, &err), 0);
	assert_int_equal(cni_bridge_vlan_get(&rtnl, index, &found, &err), 0);
	assert_int_equal(found.native, 2);
	assert_memory_equal(&found.tagged, &port.tagged, sizeof(port.tagged));
	assert_shown("4093", "0.vlans.2047.vlan", "bridge -j vlan show dev va");
}

static void vlan__is_taken_away(void **state)
{
	struct cni_error err;
	int index;

	(void)state;
	needs_vlan_filtering();
	index = make_port();
	assert_listed("1 PVID Egress Untagged");
	assert_int_equal(cni_bridge_vlan_del(&rtnl, index, 1, &err), 0);
	sandbox_must("! bridge vlan show dev va | grep -q Untagged");
	assert_int_equal(cni_bridge_vlan_del(&rtnl, index, 1, &err), 0);
}

static void vlan__is_not_to_be_had_without_filtering(void **state)
{
	const struct cni_bridge_vlan_port port = {.native = 100};
	struct cni_error err;

	(void)state;
	if (sandbox_has_vlan_filtering())
		skip_because("this kernel has bridge VLAN filtering");
	sandbox_must("ip link add br0 type bridge; "
		     "ip link add va master br0 type veth peer name vb");
	assert_int_equal(cni_bridge_vlan_add(&rtnl, kernel_index_of(NULL, "va"), &port, &err), -1);
	assert_int_equal(err.errnum, EOPNOTSUPP);
	assert_non_null(strstr(err.msg, "add VLANs to bridge port "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vlan__set_holds_ids),
		kernel_test(vlan__is_added_in_ranges),
		kernel_test(vlan__is_added_in_several_messages),
		kernel_test(vlan__is_taken_away),
		kernel_test(vlan__is_not_to_be_had_without_filtering),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
