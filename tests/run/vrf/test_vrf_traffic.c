/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm-quick and --vm run it as well. */
/* VRFs separate equal addresses. The witnesses are pings that only one of two peers with one address can
 * answer. */
#include "routed.h"

#include "cleanup.h"

#define SAME_RANGES                                                                                \
	"'isGateway':false," IPAM("'ranges':[[{'subnet':'10.9.0.0/24'}],[{'subnet':'fd09::/"       \
				  "64'}]]")
#define ON_LEFT	 "'name':'left','bridge':'bra'," SAME_RANGES
#define ON_RIGHT "'name':'right','bridge':'brb'," SAME_RANGES

static void assert_reaches(const char *vrf, bool expected)
{
	static const char *const peers[] = {"10.9.0.3", "fd09::3"};

	for (size_t i = 0; i < 2; i++) {
		bool reached =
			sandbox_run("ip netns exec red ping -q -c1 -W%d -I %s %s >/run/out 2>&1",
				    expected ? 10 : 2, vrf, peers[i]) == 0;

		if (reached != expected)
			fail_msg("%s is %sreached in VRF %s", peers[i], reached ? "" : "not ", vrf);
	}
}

static void vrf__separates_equal_addresses(void **state)
{
	(void)state;
	needs_vrf();

	freeing char *left = bridge_config("1.0.0", ON_LEFT);
	freeing char *right = bridge_config("1.0.0", ON_RIGHT);
	freeing_json cJSON *a = NULL;
	freeing_json cJSON *b = NULL;
	struct pod peers[2];

	a = routed_attach("net1", ON_LEFT);
	routed_succeeds(VRF, "ADD", "net1", "'vrfname':'vl'", a);
	b = routed_attach("net2", ON_RIGHT);
	routed_succeeds(VRF, "ADD", "net2", "'vrfname':'vr'", b);
	assert_json(a, "ips.0.address", "10.9.0.2/24");
	assert_json(b, "ips.0.address", "10.9.0.2/24");
	pod_open(&peers[0], "peer0");
	pod_open(&peers[1], "peer1");
	pod_add(&peers[0], left);
	pod_add(&peers[1], right);
	assert_json(peers[0].result, "ips.0.address", "10.9.0.3/24");
	assert_json(peers[1].result, "ips.0.address", "10.9.0.3/24");
	assert_reaches("vl", true);
	assert_reaches("vr", true);
	/* Each reaches its own. */
	sandbox_must("ip link set %s down", peers[0].host);
	assert_reaches("vl", false);
	assert_reaches("vr", true);
	sandbox_must("ip link set %s up; ip link set %s down", peers[0].host, peers[1].host);
	assert_reaches("vl", true);
	assert_reaches("vr", false);
	routed_succeeds(VRF, "CHECK", "net1", "'vrfname':'vl'", a);
	routed_succeeds(VRF, "CHECK", "net2", "'vrfname':'vr'", b);
	pod_close(&peers[0]);
	pod_close(&peers[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		routed_test(vrf__separates_equal_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
