/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of netlink answers, given attributes of another size than the kernel's. */
#include "addr.h"
#include "bridge_vlan.h"
#include "cleanup.h"
#include "fake_kernel.h"
#include "link.h"
#include "link_settings.h"
#include "qdisc.h"
#include "route.h"
#include "test.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

static struct cni_nl nl;

/* ---- answers ---- */

static uint8_t script[1 << 16];
static size_t script_size;
static struct cni_nl_message m;

static int setup(void **state)
{
	struct cni_error err;

	(void)state;
	script_size = 0;
	return cni_nl_open(&nl, NETLINK_ROUTE, -1, &err);
}

static int teardown(void **state)
{
	(void)state;
	fake_kernel_end();
	cni_nl_close(&nl);
	return 0;
}

#define nl_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Begins an answer to the first question. */
static void *begin(uint16_t type, size_t extra)
{
	void *header = cni_nl_init(&m, type, 0, extra);

	m.header->nlmsg_seq = 1;
	return header;
}

/* As a datagram of its own. */
static void end(void)
{
	size_t size = m.header->nlmsg_len;

	assert_false(m.overflowed);
	script[script_size++] = (uint8_t)size;
	script[script_size++] = (uint8_t)(size >> 8);
	memcpy(script + script_size, m.header, size);
	script_size += size;
}

static void begin_link(void)
{
	((struct ifinfomsg *)begin(RTM_NEWLINK, sizeof(struct ifinfomsg)))->ifi_index = 7;
}

static void add_link(uint32_t mtu)
{
	begin_link();
	cni_nl_put_u32(&m, IFLA_MTU, mtu);
	end();
}

static void add_number(uint16_t type, int number)
{
	*(int *)begin(type, type == NLMSG_ERROR ? sizeof(struct nlmsgerr) : sizeof(int)) = number;
	end();
}

static int get_link(struct cni_link *ret_link, struct cni_error *err)
{
	fake_kernel_answer(script, script_size);
	return cni_link_get(&nl, "eth0", ret_link, err);
}

/* ---- which messages ---- */

static void nl__takes_datagrams_of_port_0_alone(void **state)
{
	struct cni_error err = {.code = 0};
	struct cni_link link;

	(void)state;
	add_link(1500);
	fake_kernel_answer_from(4711, false, script, script_size);
	assert_int_equal(cni_link_get(&nl, "eth0", &link, &err), -1);
	assert_int_equal(err.errnum, ETIMEDOUT);
	assert_string_equal(err.msg, "look up link 'eth0': the kernel has not answered");
	fake_kernel_answer_from(0, false, script, script_size);
	assert_int_equal(cni_link_get(&nl, "eth0", &link, &err), 0);
	assert_int_equal(link.mtu, 1500);
}

static void nl__refuses_cut_datagrams(void **state)
{
	struct cni_error err = {.code = 0};
	struct cni_link link;

	(void)state;
	add_link(1500);
	fake_kernel_answer_from(0, true, script, script_size);
	assert_int_equal(cni_link_get(&nl, "eth0", &link, &err), -1);
	assert_int_equal(err.code, CNI_EKERNEL);
	assert_int_equal(err.errnum, EMSGSIZE);
}

static void nl__passes_over_what_is_no_answer(void **state)
{
	struct cni_error err = {.code = 0};
	struct cni_link link;

	(void)state;
	/* An error without its number, errors that are none, */
	begin(NLMSG_ERROR, 0);
	end();
	add_number(NLMSG_ERROR, 1);
	add_number(NLMSG_ERROR, -4096);
	add_number(NLMSG_ERROR, INT32_MIN);
	add_number(NLMSG_DONE, INT32_MIN);
	/* other types, known and unknown, */
	begin(RTM_NEWADDR, sizeof(struct ifaddrmsg));
	end();
	begin(RTM_DELLINK, sizeof(struct ifinfomsg));
	end();
	begin(NLMSG_NOOP, 0);
	end();
	begin(0x7fff, 64);
	end();
	/* a link without its struct, and one for another question. */
	begin(RTM_NEWLINK, 12);
	end();
	begin_link();
	m.header->nlmsg_seq = 2;
	cni_nl_put_u32(&m, IFLA_MTU, 666);
	end();
	add_link(1500);
	if (get_link(&link, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(link.mtu, 1500);
	assert_int_equal(fake_kernel_end(), script_size);
}

/* ---- which attributes ---- */

static void link__numbers_have_their_size(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 5, 8, 64};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		uint8_t full[64];
		struct cni_error err;
		struct cni_link link;

		memset(full, 0xff, sizeof(full));
		script_size = 0;
		begin_link();
		cni_nl_put(&m, IFLA_MTU, full, sizes[i]);
		cni_nl_put(&m, IFLA_LINK_NETNSID, full, sizes[i]);
		cni_nl_put(&m, IFLA_MASTER, full, sizes[i]);
		cni_nl_put(&m, IFLA_LINK, full, sizes[i]);
		cni_nl_put(&m, IFLA_PROMISCUITY, full, sizes[i]);
		if (sizes[i] != 1)
			cni_nl_put(&m, IFLA_OPERSTATE, full, sizes[i]);
		end();
		assert_int_equal(get_link(&link, &err), 0);
		assert_int_equal(link.index, 7);
		assert_int_equal(link.mtu, 0);
		assert_int_equal(link.peer_netns, -1);
		assert_int_equal(link.master, 0);
		assert_int_equal(link.peer, 0);
		assert_int_equal(link.promiscuity, 0);
		assert_int_equal(link.operstate, 0);
	}
}

static void link__mac_is_of_six_bytes(void **state)
{
	static const uint8_t bytes[32] = {2, 1, 1, 1, 1, 1, 1};
	struct cni_link_settings settings;
	struct cni_error err;
	struct cni_link link;
	int index;

	(void)state;
	for (size_t size = 0; size <= sizeof(bytes); size++) {
		script_size = 0;
		begin_link();
		cni_nl_put(&m, IFLA_ADDRESS, bytes, size);
		end();
		assert_int_equal(get_link(&link, &err), 0);
		assert_int_equal(link.has_mac, size == 6);
		fake_kernel_answer(script, script_size);
		assert_int_equal(cni_link_settings_get(&nl, "eth0", &index, &settings, &err), 0);
		assert_int_equal(cni_link_settings_have(&settings, CNI_LINK_MAC), size == 6);
	}
}

static void link__texts_have_an_end(void **state)
{
	static const char endless[] = {'e', 't', 'h', '0'};
	static const char much[300] = "";
	struct cni_error err;
	struct cni_link link;
	char longest[300];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[299] = '\0';
	begin_link();
	cni_nl_put(&m, IFLA_IFNAME, endless, sizeof(endless));
	cni_nl_put(&m, IFLA_IFALIAS, endless, sizeof(endless));
	CNI_NL_NEST (&m, IFLA_LINKINFO)
		cni_nl_put(&m, IFLA_INFO_KIND, endless, sizeof(endless));
	end();
	assert_int_equal(get_link(&link, &err), 0);
	assert_string_equal(link.name, "");
	assert_string_equal(link.alias, "");
	assert_string_equal(link.kind, "");
	script_size = 0;
	begin_link();
	cni_nl_put(&m, IFLA_IFNAME, much, 17);
	cni_nl_put(&m, IFLA_IFALIAS, longest, sizeof(longest));
	CNI_NL_NEST (&m, IFLA_LINKINFO)
		cni_nl_put(&m, IFLA_INFO_KIND, longest, sizeof(longest));
	end();
	assert_int_equal(get_link(&link, &err), 0);
	assert_string_equal(link.name, "");
	assert_int_equal(strlen(link.alias), sizeof(link.alias) - 1);
	assert_int_equal(strlen(link.kind), sizeof(link.kind) - 1);
}

static void addr__has_the_length_of_its_family(void **state)
{
	static const uint8_t bytes[20] = {10, 1, 0, 7};
	static const struct {
		uint8_t family, prefix;
		size_t size;
		bool is_listed;
	} cases[] = {
		{AF_INET, 24, 4, true},	    {AF_INET, 24, 3, false},   {AF_INET, 24, 0, false},
		{AF_INET, 24, 5, false},    {AF_INET, 24, 16, false},  {AF_INET, 33, 4, false},
		{AF_INET6, 64, 16, true},   {AF_INET6, 64, 4, false},  {AF_INET6, 64, 17, false},
		{AF_INET6, 129, 16, false}, {AF_UNSPEC, 24, 4, false}, {AF_BRIDGE, 24, 4, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing struct cni_net *nets = NULL;
		struct ifaddrmsg *ifa;
		struct cni_error err;
		size_t count = 0;

		script_size = 0;
		ifa = begin(RTM_NEWADDR, sizeof(*ifa));
		*ifa = (struct ifaddrmsg){cases[i].family, cases[i].prefix, 0, 0, 7};
		cni_nl_put(&m, IFA_LOCAL, bytes, cases[i].size);
		end();
		add_number(NLMSG_DONE, 0);
		fake_kernel_answer(script, script_size);
		assert_int_equal(cni_addr_list(&nl, 7, &nets, &count, &err), 0);
		assert_int_equal(count, cases[i].is_listed);
	}
}

static void add_ways(uint16_t length, size_t gateway_size)
{
	static const uint8_t gateway[16] = {10, 1, 0, 1};
	struct rtnexthop way = {.rtnh_len = length, .rtnh_ifindex = 7};
	char ways[64] = "";
	struct nlattr attribute = {.nla_len = (uint16_t)(4 + gateway_size),
				   .nla_type = RTA_GATEWAY};
	struct rtmsg *rtm = begin(RTM_NEWROUTE, sizeof(*rtm));

	rtm->rtm_family = AF_INET;
	rtm->rtm_dst_len = 16;
	rtm->rtm_table = RT_TABLE_MAIN;
	memcpy(ways, &way, sizeof(way));
	memcpy(ways + sizeof(way), &attribute, sizeof(attribute));
	memcpy(ways + sizeof(way) + sizeof(attribute), gateway, gateway_size);
	cni_nl_put(&m, RTA_DST, (const uint8_t[]){10, 9, 0, 0}, 4);
	cni_nl_put(&m, RTA_MULTIPATH, ways, sizeof(way) + sizeof(attribute) + gateway_size);
	end();
	add_number(NLMSG_DONE, 0);
}

static void route__ways_have_their_length(void **state)
{
	static const struct {
		uint16_t length;
		size_t gateway_size;
		bool exists;
	} cases[] = {
		{16, 4, true},	{0, 4, false},	{7, 4, false},	 {8, 4, false},
		{15, 4, false}, {17, 4, false}, {28, 16, false}, {UINT16_MAX, 4, false},
	};
	struct cni_route route = {.dst = {.ip = {AF_INET, {10, 9}}, .prefix = 16},
				  .gw = {AF_INET, {10, 1, 0, 1}}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_error err;
		bool exists;

		script_size = 0;
		add_ways(cases[i].length, cases[i].gateway_size);
		fake_kernel_answer(script, script_size);
		assert_int_equal(cni_route_exists(&nl, 7, &route, &exists, &err), 0);
		assert_int_equal(exists, cases[i].exists);
	}
}

static void vlan__has_four_bytes(void **state)
{
	struct bridge_vlan_info info = {.vid = 5};
	struct cni_bridge_vlan_port port;
	struct cni_error err;

	(void)state;
	for (size_t size = 0; size <= sizeof(info); size++) {
		script_size = 0;
		begin_link();
		CNI_NL_NEST (&m, IFLA_AF_SPEC)
			cni_nl_put(&m, IFLA_BRIDGE_VLAN_INFO, (const char *)&info, size);
		end();
		add_number(NLMSG_DONE, 0);
		fake_kernel_answer(script, script_size);
		assert_int_equal(cni_bridge_vlan_get(&nl, 7, &port, &err), 0);
		assert_int_equal(cni_bridge_vlan_set_has(&port.tagged, 5), size == sizeof(info));
	}
}

static void qdisc__has_its_struct(void **state)
{
	struct tc_tbf_qopt parms = {.limit = 1000, .rate.rate = 77};

	(void)state;
	for (size_t size = 0; size <= sizeof(parms); size += sizeof(parms) - 1) {
		struct cni_qdisc qdisc;
		struct cni_error err;

		script_size = 0;
		begin(RTM_NEWQDISC, sizeof(struct tcmsg));
		cni_nl_put_string(&m, TCA_KIND, "tbf");
		CNI_NL_NEST (&m, TCA_OPTIONS) {
			cni_nl_put(&m, TCA_TBF_PARMS, &parms, size);
			cni_nl_put_u32(&m, TCA_TBF_RATE64, 1);
		}
		end();
		add_number(NLMSG_ERROR, 0);
		fake_kernel_answer(script, script_size);
		assert_int_equal(cni_qdisc_get(&nl, 7, TC_H_ROOT, &qdisc, &err), 0);
		assert_string_equal(qdisc.kind, "tbf");
		assert_int_equal(qdisc.tbf.limit, 0);
		assert_int_equal(qdisc.tbf.rate, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nl_test(nl__takes_datagrams_of_port_0_alone),
		nl_test(nl__refuses_cut_datagrams),
		nl_test(nl__passes_over_what_is_no_answer),
		nl_test(link__numbers_have_their_size),
		nl_test(link__mac_is_of_six_bytes),
		nl_test(link__texts_have_an_end),
		nl_test(addr__has_the_length_of_its_family),
		nl_test(route__ways_have_their_length),
		nl_test(vlan__has_four_bytes),
		nl_test(qdisc__has_its_struct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
