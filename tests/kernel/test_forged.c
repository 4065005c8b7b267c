/* SPDX-License-Identifier: Apache-2.0 */
/* Our questions to the kernel, in a namespace whose root forges answers (forger.h). */
#include "addr.h"
#include "bridge.h"
#include "bridge_vlan.h"
#include "cleanup.h"
#include "forger.h"
#include "kernel.h"
#include "link.h"
#include "link_settings.h"
#include "nft.h"
#include "qdisc.h"
#include "redirect.h"
#include "route.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAC "02:11:22:33:44:55"

static struct forger forger;
static struct cni_nl inside;
static int netns = -1;

static unsigned int rounds(void)
{
	return getenv("CNI_C_SLOW") ? 5000 : 200;
}

static int setup(void **state)
{
	if (kernel_setup(state) < 0)
		return -1;
	forger_open(&forger);
	sandbox_must("nsenter --net=%s sh -c 'ip link set lo up && ip link add eth0 address " MAC
		     " mtu 1400 type veth peer name peer0 && ip link set eth0 up && "
		     "ip link set peer0 up && ip addr add 10.1.0.7/24 dev eth0 && "
		     "ip route add 10.9.0.0/16 via 10.1.0.1 && "
		     "tc qdisc add dev eth0 root tbf rate 8mbit burst 20k limit 40k'",
		     forger.netns);
	netns = open(forger.netns, O_RDONLY | O_CLOEXEC);
	assert_true(netns >= 0);
	return 0;
}

static int teardown(void **state)
{
	cni_nl_close(&inside);
	close(netns);
	forger_close(&forger);
	return kernel_teardown(state);
}

#define must(call)                                                                                 \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s", err.msg);                                                   \
	} while (0)

static void assert_link(int *ret_index)
{
	struct cni_link_settings settings;
	char mac[CNI_MAC_TEXT_SIZE];
	struct cni_link link;
	struct cni_error err;

	must(cni_link_get(&inside, "eth0", &link, &err));
	assert_string_equal(cni_mac_format(link.mac, mac), MAC);
	assert_int_equal(link.mtu, 1400);
	assert_string_equal(link.kind, "veth");
	must(cni_link_settings_get(&inside, "eth0", ret_index, &settings, &err));
	assert_int_equal(*ret_index, link.index);
	assert_string_equal(cni_mac_format(settings.mac, mac), MAC);
	assert_int_equal(settings.mtu, 1400);
}

static void assert_addresses(int index)
{
	freeing struct cni_net *nets = NULL;
	struct cni_error err;
	size_t count;

	must(cni_addr_list(&inside, index, &nets, &count, &err));
	assert_true(count >= 1);
	for (size_t i = 0; i < count; i++) {
		char text[CNI_NET_TEXT_SIZE];

		cni_net_format(&nets[i], text);
		if (strncmp(text, "fe80:", 5) != 0)
			assert_string_equal(text, "10.1.0.7/24");
	}
}

static void assert_routes(int index)
{
	struct cni_route route = {.dst = kernel_net("10.9.0.0/16"), .gw = kernel_ip("10.1.0.1")};
	struct cni_ip ip = kernel_ip("10.9.0.1");
	struct cni_route_way way;
	struct cni_error err;
	bool exists = false;

	must(cni_route_exists(&inside, index, &route, &exists, &err));
	assert_true(exists);
	must(cni_route_get(&inside, &ip, &way, &err));
	assert_int_equal(way.index, index);
}

static void assert_queues(int index)
{
	struct cni_redirect redirect;
	struct cni_bridge_vlan_port port;
	struct cni_qdisc qdisc;
	struct cni_error err;

	must(cni_qdisc_get(&inside, index, TC_H_ROOT, &qdisc, &err));
	assert_string_equal(qdisc.kind, "tbf");
	assert_int_equal(qdisc.tbf.rate, 1000000);
	must(cni_redirect_get(&inside, index, &redirect, &err));
	assert_false(redirect.has_filters);
	must(cni_bridge_vlan_get(&inside, index, &port, &err));
	assert_int_equal(port.native, 0);
}

static void assert_changes(int index)
{
	struct cni_link_change change = {.alias = "red"};
	struct cni_error err;

	must(cni_link_change(&inside, index, &change, &err));
	change = (struct cni_link_change){.mtu = 100000};
	assert_int_equal(cni_link_change(&inside, index, &change, &err), -1);
	assert_int_equal(err.errnum, EINVAL);
}

static void nl__takes_answers_from_the_kernel_alone(void **state)
{
	(void)state;
	forger_start(&forger);
	for (unsigned int i = 0; i < rounds() || !forger_has_reached(&forger); i++) {
		struct cni_error err;
		int index;

		must(cni_nl_open(&inside, NETLINK_ROUTE, netns, &err));
		assert_link(&index);
		assert_addresses(index);
		assert_routes(index);
		assert_queues(index);
		assert_changes(index);
		cni_nl_close(&inside);
	}
}

/* More than a socket's buffer has room for, before the first question. */
static void nl__hears_the_kernel_through_a_flood(void **state)
{
	struct cni_error err;
	int index;

	(void)state;
	must(cni_nl_open(&inside, NETLINK_ROUTE, netns, &err));
	forger_start(&forger);
	while (forger_refused(&forger) + forger_delivered(&forger) < 2000)
		sched_yield();
	assert_link(&index);
	assert_addresses(index);
	assert_int_equal(forger_delivered(&forger), 0);
}

static void nft__takes_answers_from_the_kernel_alone(void **state)
{
	static const struct cni_nft_table table = {NFPROTO_INET, "mine"};
	struct cni_nl nl = {0};

	(void)state;
	forger_start(&forger);
	for (unsigned int i = 0; i < rounds() || !forger_has_reached(&forger); i++) {
		uint32_t generation = 0;
		struct cni_nft_tx *tx;
		struct cni_error err;
		uint32_t use;

		must(cni_nl_open(&nl, NETLINK_NETFILTER, netns, &err));
		must(cni_nft_generation(&nl, &generation, &err));
		tx = cni_nft_tx_new(&nl, generation);
		cni_nft_add_table(tx, &table);
		cni_nft_add_chain(tx, &table, "chain", "red");
		must(cni_nft_commit(tx, &err));
		cni_nft_tx_free(tx);
		must(cni_nft_table_use(&nl, &table, &use, &err));
		assert_int_equal(use, 1);
		tx = cni_nft_tx_new(&nl, 0);
		cni_nft_del_chain(tx, &table, "none");
		assert_int_equal(cni_nft_commit(tx, &err), -1);
		assert_int_equal(err.errnum, ENOENT);
		cni_nft_tx_free(tx);
		cni_nl_close(&nl);
	}
}

/* ---- announcements ---- */

static int is_there(struct cni_nl *nl, void *data, bool *ret_done, struct cni_error *err)
{
	struct cni_link link;

	(void)data;
	*ret_done = cni_link_get(nl, "late", &link, err) == 0;
	return 0;
}

static void nl__stops_waiting_while_others_announce(void **state)
{
	struct timespec start;
	struct timespec end;
	closing_nl struct cni_nl news = {0};
	struct cni_error err;

	(void)state;
	must(cni_nl_open(&inside, NETLINK_ROUTE, netns, &err));
	must(cni_nl_open(&news, NETLINK_ROUTE, netns, &err));
	forger_start(&forger);
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(cni_nl_wait(&inside, &news, RTNLGRP_LINK, 1000, is_there, NULL, &err), -1);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_int_equal(err.errnum, ETIMEDOUT);
	assert_in_range(end.tv_sec - start.tv_sec, 0, 30);
}

static void nl__hears_an_announcement_among_forged_ones(void **state)
{
	closing_nl struct cni_nl news = {0};
	struct cni_error err;

	(void)state;
	must(cni_nl_open(&inside, NETLINK_ROUTE, netns, &err));
	must(cni_nl_open(&news, NETLINK_ROUTE, netns, &err));
	forger_start(&forger);
	sandbox_must("(sleep 0.3; exec nsenter --net=%s sh -c 'for i in $(seq 100); do "
		     "ip link add late type veth peer name later && exit; done') "
		     ">/dev/null 2>&1 &",
		     forger.netns);
	must(cni_nl_wait(&inside, &news, RTNLGRP_LINK, 60000, is_there, NULL, &err));
}

#define forged_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		forged_test(nl__takes_answers_from_the_kernel_alone),
		forged_test(nl__hears_the_kernel_through_a_flood),
		forged_test(nft__takes_answers_from_the_kernel_alone),
		forged_test(nl__stops_waiting_while_others_announce),
		forged_test(nl__hears_an_announcement_among_forged_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
