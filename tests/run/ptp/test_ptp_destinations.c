/* SPDX-License-Identifier: Apache-2.0 */
/* nonMasqueradeCIDRs of ptp: the source that outside sees, for all attachments of the network. */
#include "cleanup.h"
#include "mem.h"
#include "probe.h"
#include "ptp.h"

#include <netinet/in.h>
#include <stdlib.h>

static void assert_seen(const struct pod *pod, uint16_t port, const char *seen4, const char *seen6)
{
	freeing char *expected4 = cni_format("out %s", seen4);
	freeing char *expected6 = cni_format("out %s", seen6);
	struct probe probes[] = {
		{.from = pod->netns,
		 .protocol = IPPROTO_TCP,
		 .to = "192.0.2.2",
		 .port = port,
		 .expected = expected4},
		{.from = pod->netns,
		 .protocol = IPPROTO_TCP,
		 .to = "2001:db8:1::2",
		 .port = port,
		 .expected = expected6},
	};
	struct probe_server server;

	probe_serve(&server, "/run/netns/outside", "out", port);
	probe_ask(probes, 2);
	probe_stop(&server);
	probe_assert(&probes[0]);
	probe_assert(&probes[1]);
}

static void ptp__keeps_the_source_to_destinations(void **state)
{
	freeing char *none = ptp_config("1.1.0", "'ipMasq':true," IPAM46);
	freeing char *v4 =
		ptp_config("1.1.0", "'ipMasq':true,'nonMasqueradeCIDRs':['192.0.2.0/24']," IPAM46);
	freeing char *v6 =
		ptp_config("1.1.0", "'ipMasq':true,'nonMasqueradeCIDRs':['::/0']," IPAM46);
	struct pod blue;
	struct pod red;

	(void)state;
	ptp_add_outside();
	sandbox_must("ip -n outside route add 10.1.0.0/24 via 192.0.2.1 && "
		     "ip -n outside route add fd01::/64 via 2001:db8:1::1");
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	ptp_add(&red, none);
	assert_seen(&red, 8001, "192.0.2.1", "2001:db8:1::1");
	ptp_add(&blue, v4);
	assert_seen(&red, 8002, "10.1.0.2", "2001:db8:1::1");
	assert_seen(&blue, 8003, "10.1.0.3", "2001:db8:1::1");
	ptp_del(&blue, v4);
	ptp_add(&blue, v6);
	assert_seen(&red, 8004, "192.0.2.1", "fd01::2");
	ptp_check(&red, none);
	sandbox_must("nft flush ruleset");
	ptp_check_fails(&red, none, "masquerade");
	ptp_mend(&red, none);
	ptp_check(&red, none);
	assert_seen(&red, 8005, "192.0.2.1", "fd01::2");
	ptp_del(&red, none);
	ptp_del(&blue, v6);
	sandbox_must("! nft list table inet cni 2>/dev/null && "
		     "test ! -e /run/cni/masquerade/green");
	pod_close(&red);
	pod_close(&blue);
	sandbox_del_netns("outside");
}

static void ptp__refuses_host_bits(void **state)
{
	freeing char *config =
		ptp_config("1.1.0", "'ipMasq':true,'nonMasqueradeCIDRs':['10.244.1.0/16']," IPAM46);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	ptp_add_fails(&red, config, CNI_ECONFIG, "expected \"10.244.0.0/16\"");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(ptp__keeps_the_source_to_destinations),
		bridge_test(ptp__refuses_host_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
