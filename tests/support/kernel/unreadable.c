/* SPDX-License-Identifier: Apache-2.0 */
#include "unreadable.h"

#include "cleanup.h"
#include "kernel.h"
#include "nl.h"
#include "rule.h"
#include "sandbox.h"
#include "test.h"

#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* A command of ip(8) has room for seven of 127 characters. They begin with the link's name: a namespace has each
 * name once. */
void unreadable_names(const char *netns, const char *link)
{
	sandbox_must("for i in $(seq 0 70); do printf 'link property add dev %s'; "
		     "for j in 1 2 3 4 5 6 7; do printf ' altname %s%%0%dd' $((i * 7 + j)); done; "
		     "echo; done | ip -n %s -force -batch - 2>/dev/null; "
		     "[ $(ip -n %s link show %s | grep -c altname) -ge 480 ]",
		     link, link, 127 - (int)strlen(link), netns, netns, link);
}

static void open_in(const char *netns, struct cni_nl *nl)
{
	closing int fd = kernel_open_netns(netns);
	struct cni_error err;

	if (cni_nl_open(nl, NETLINK_ROUTE, fd, &err) < 0)
		fail_msg("%s", err.msg);
}

static void say(struct cni_nl *nl, struct cni_nl_message *m)
{
	struct cni_error err;

	if (cni_nl_transact(nl, m, NULL, NULL, &err) < 0)
		fail_msg("%s", err.msg);
}

static void add_mac(struct cni_nl *nl, int index, uint32_t number)
{
	const uint8_t mac[6] = {2,
				0,
				(uint8_t)(number >> 24),
				(uint8_t)(number >> 16),
				(uint8_t)(number >> 8),
				(uint8_t)number};
	struct cni_nl_message m;
	struct ifinfomsg *ifi = cni_nl_init(&m, RTM_NEWLINK, 0, sizeof(*ifi));

	ifi->ifi_index = index;
	CNI_NL_NEST (&m, IFLA_LINKINFO) {
		cni_nl_put_string(&m, IFLA_INFO_KIND, "macvlan");
		CNI_NL_NEST (&m, IFLA_INFO_DATA) {
			cni_nl_put_u32(&m, IFLA_MACVLAN_MACADDR_MODE, MACVLAN_MACADDR_ADD);
			cni_nl_put(&m, IFLA_MACVLAN_MACADDR, mac, sizeof(mac));
		}
	}
	say(nl, &m);
}

void unreadable_macs(const char *netns, const char *link, uint32_t count)
{
	closing_nl struct cni_nl nl = {0};
	int index = kernel_index_of(netns, link);

	open_in(netns, &nl);
	sandbox_must("ip -n %s link set %s type macvlan mode source", netns, link);
	for (uint32_t i = 0; i < count; i++)
		add_mac(&nl, index, i);
}

void unreadable_rule(const char *netns, const char *from, uint32_t table)
{
	const struct cni_ip ip = kernel_ip(from);
	closing_nl struct cni_nl nl = {0};
	struct cni_nl_message m;
	struct fib_rule_hdr *header =
		cni_nl_init(&m, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, sizeof(*header));

	*header = (struct fib_rule_hdr){.family = AF_INET,
					.src_len = 32,
					.action = FR_ACT_TO_TBL,
					.flags = FIB_RULE_PERMANENT};
	cni_nl_put_u32(&m, FRA_TABLE, table);
	cni_nl_put_ip(&m, FRA_SRC, &ip);
	cni_nl_put_u32(&m, FRA_PRIORITY, 10);
	cni_nl_put_u8(&m, FRA_PROTOCOL, CNI_RULE_PROTOCOL);
	open_in(netns, &nl);
	say(&nl, &m);
}
