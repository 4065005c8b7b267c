/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* HTTP between pods, node and outside: bytes that arrive, and their source address.
 *
 *	red  10.1.0.2, fd01::2 ── 10.1.0.1, fd01::1 ┐
 *	                                            node   192.0.2.1 ── 192.0.2.2   outside
 *	blue 10.1.0.3, fd01::3 ── 10.1.0.1, fd01::1 ┘    2001:db8:1::1 ── 2001:db8:1::2
 */
#include "cleanup.h"
#include "http.h"
#include "mem.h"
#include "ptp.h"
#include "test.h"

#define OUTSIDE "/run/netns/outside"

static struct pod red;
static struct pod blue;
static struct http_server of_red;
static struct http_server of_node;
static struct http_server of_outside;

static int setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	ptp_add_outside();
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	http_serve(&of_red, red.netns);
	http_serve(&of_node, NULL);
	http_serve(&of_outside, OUTSIDE);
	return 0;
}

static int teardown(void **state)
{
	http_stop(&of_outside);
	http_stop(&of_node);
	http_stop(&of_red);
	pod_close(&blue);
	pod_close(&red);
	sandbox_del_netns("outside");
	return bridge_teardown(state);
}

#define http_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#define MASQUERADE "'ipMasq':true,"

static void attach(const char *keys)
{
	freeing char *config = ptp_config("1.1.0", keys);

	ptp_add(&red, config);
	ptp_add(&blue, config);
}

static void ptp__connects_pods(void **state)
{
	(void)state;
	attach(MASQUERADE IPAM46);
	http_assert_seen(blue.netns, "10.1.0.2", "10.1.0.3");
	http_assert_seen(blue.netns, "fd01::2", "fd01::3");
}

static void ptp__connects_pod_and_host(void **state)
{
	(void)state;
	attach(MASQUERADE IPAM46);
	http_assert_seen(red.netns, "10.1.0.1", "10.1.0.2");
	http_assert_seen(red.netns, "fd01::1", "fd01::2");
	http_assert_seen(blue.netns, "192.0.2.1", "10.1.0.3");
	http_assert_seen(blue.netns, "2001:db8:1::1", "fd01::3");
	http_assert_seen(NULL, "10.1.0.2", "10.1.0.1");
	http_assert_seen(NULL, "fd01::2", "fd01::1");
}

static void ptp__goes_out_with_the_hosts_address(void **state)
{
	(void)state;
	attach(MASQUERADE IPAM46);
	http_assert_seen(red.netns, "192.0.2.2", "192.0.2.1");
	http_assert_seen(red.netns, "2001:db8:1::2", "2001:db8:1::1");
	http_assert_seen(blue.netns, "192.0.2.2", "192.0.2.1");
	http_assert_seen(blue.netns, "2001:db8:1::2", "2001:db8:1::1");
}

static void ptp__of_one_pod_outlives_the_other(void **state)
{
	freeing char *config = ptp_config("1.1.0", MASQUERADE IPAM46);

	(void)state;
	attach(MASQUERADE IPAM46);
	ptp_del(&blue, config);
	http_assert_seen(red.netns, "10.1.0.1", "10.1.0.2");
	http_assert_seen(red.netns, "fd01::1", "fd01::2");
	http_assert_seen(red.netns, "192.0.2.2", "192.0.2.1");
	http_assert_seen(red.netns, "2001:db8:1::2", "2001:db8:1::1");
	ptp_check(&red, config);
}

static void ptp__goes_out_as_it_is_without_masquerade(void **state)
{
	(void)state;
	attach(IPAM46);
	http_assert_seen(red.netns, "192.0.2.2", NULL);
	sandbox_must("ip -n outside route add 10.1.0.0/24 via 192.0.2.1 && "
		     "ip -n outside route add fd01::/64 via 2001:db8:1::1");
	http_assert_seen(red.netns, "192.0.2.2", "10.1.0.2");
	http_assert_seen(red.netns, "2001:db8:1::2", "fd01::2");
	http_assert_seen(OUTSIDE, "10.1.0.2", "192.0.2.2");
	http_assert_seen(OUTSIDE, "fd01::2", "2001:db8:1::2");
}

/* A strict filter of return paths accepts the pods. */
static void ptp__passes_rp_filter(void **state)
{
	(void)state;
	sandbox_must("sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1");
	attach(MASQUERADE IPAM46);
	http_assert_seen(blue.netns, "10.1.0.2", "10.1.0.3");
	http_assert_seen(red.netns, "192.0.2.2", "192.0.2.1");
}

#define DEFAULTS "'routes':[{'dst':'0.0.0.0/0'},{'dst':'::/0'}]"
#define STATIC(four, six)                                                                          \
	MASQUERADE "'ipam':{'type':'static'," DEFAULTS ",'addresses':[" four "," six "]}"

/* Red and blue at addresses of their own. */
static void attach_static(const char *of_red_, const char *of_blue)
{
	freeing char *red_config = ptp_config("1.1.0", of_red_);
	freeing char *blue_config = ptp_config("1.1.0", of_blue);

	ptp_add(&red, red_config);
	ptp_add(&blue, blue_config);
	ptp_check(&red, red_config);
	ptp_check(&blue, blue_config);
	http_assert_seen(blue.netns, "10.1.0.2", "10.1.0.3");
	http_assert_seen(blue.netns, "fd01::2", "fd01::3");
	http_assert_seen(red.netns, "192.0.2.2", "192.0.2.1");
	http_assert_seen(red.netns, "2001:db8:1::2", "2001:db8:1::1");
}

static void ptp__has_gateways_outside_of_the_network(void **state)
{
	(void)state;
	attach_static(STATIC("{'address':'10.1.0.2/24','gateway':'169.254.1.1'}",
			     "{'address':'fd01::2/64','gateway':'fe80::1'}"),
		      STATIC("{'address':'10.1.0.3/24','gateway':'169.254.1.1'}",
			     "{'address':'fd01::3/64','gateway':'fe80::1'}"));
	assert_shown("fe80::1", "0.gateway", "ip -n red -j -6 route show default");
	assert_shown("169.254.1.1", "0.gateway", "ip -n red -j route show default");
}

#define ALONE(pod)                                                                                 \
	"'ipam':{'type':'static'," DEFAULTS ",'addresses':["                                       \
	"{'address':'10.1.0." pod "/32','gateway':'10.9.0.1'},"                                    \
	"{'address':'fd01::" pod "/128','gateway':'fd09::1'}]}"

/* With masquerade, each would be the other's outside. */
static void ptp__has_networks_of_one_address(void **state)
{
	freeing char *red_config = ptp_config("1.1.0", ALONE("2"));
	freeing char *blue_config = ptp_config("1.1.0", ALONE("3"));

	(void)state;
	ptp_add(&red, red_config);
	ptp_add(&blue, blue_config);
	ptp_check(&red, red_config);
	http_assert_seen(blue.netns, "10.1.0.2", "10.1.0.3");
	http_assert_seen(blue.netns, "fd01::2", "fd01::3");
	http_assert_seen(blue.netns, "10.9.0.1", "10.1.0.3");
	http_assert_seen(NULL, "fd01::2", "fd09::1");
}

static void ptp__has_gateways_that_ipam_does_not_give(void **state)
{
	(void)state;
	attach_static(STATIC("{'address':'10.1.0.2/24'}", "{'address':'fd01::2/64'}"),
		      STATIC("{'address':'10.1.0.3/24'}", "{'address':'fd01::3/64'}"));
	assert_json(red.result, "ips.0.gateway", "10.1.0.1");
	assert_json(red.result, "ips.1.gateway", "fd01::1");
}

/* Two addresses of one network and one gateway. */
static void ptp__has_two_addresses_of_a_network(void **state)
{
	freeing char *config =
		ptp_config("1.1.0", "'ipam':{'type':'static','addresses':["
				    "{'address':'10.1.0.2/24'},{'address':'10.1.0.4/24'},"
				    "{'address':'fd01::2/64'},{'address':'fd01::4/64'}]}");

	(void)state;
	ptp_add(&red, config);
	ptp_check(&red, config);
	http_assert_seen(red.netns, "10.1.0.1", "10.1.0.2");
	http_assert_seen(red.netns, "fd01::1", "fd01::2");
	http_assert_seen(NULL, "10.1.0.4", "10.1.0.1");
	http_assert_seen(NULL, "fd01::4", "fd01::1");
	ptp_del(&red, config);
	assert_shown("[]", "", "ip -j route show 10.1.0.4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		http_test(ptp__connects_pods),
		http_test(ptp__connects_pod_and_host),
		http_test(ptp__goes_out_with_the_hosts_address),
		http_test(ptp__of_one_pod_outlives_the_other),
		http_test(ptp__goes_out_as_it_is_without_masquerade),
		http_test(ptp__passes_rp_filter),
		http_test(ptp__has_gateways_outside_of_the_network),
		http_test(ptp__has_networks_of_one_address),
		http_test(ptp__has_gateways_that_ipam_does_not_give),
		http_test(ptp__has_two_addresses_of_a_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
