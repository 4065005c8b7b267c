/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include "cleanup.h"
#include "link_read.h"
#include "random.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static int keep_link(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	(void)err;
	cni_link_read(message, data);
	return 0;
}

/* The kernel looks for either kind of name among both, but refuses a long one as IFLA_IFNAME. */
static bool is_second_name(const char *name)
{
	return strlen(name) >= CNI_IFNAME_SIZE;
}

int cni_link_get(struct cni_nl *nl, const char *name, struct cni_link *ret_link,
		 struct cni_error *err)
{
	struct cni_nl_message m;

	cni_nl_init(&m, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	cni_nl_put_string(&m, is_second_name(name) ? IFLA_ALT_IFNAME : IFLA_IFNAME, name);
	cni_nl_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (cni_nl_get(nl, &m, keep_link, ret_link, err) == 0)
		return 0;
	/* Before Linux 5.5 there are no second names. */
	if (is_second_name(name) && err->errnum == EINVAL)
		err->errnum = ENODEV;
	return cni_fail_within(err, "look up link '%s'", name);
}

int cni_link_get_by_index(struct cni_nl *nl, int index, struct cni_link *ret_link,
			  struct cni_error *err)
{
	struct cni_nl_message m;
	struct ifinfomsg *ifi = cni_nl_init(&m, RTM_GETLINK, 0, sizeof(*ifi));

	ifi->ifi_index = index;
	cni_nl_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (cni_nl_get(nl, &m, keep_link, ret_link, err) < 0)
		return cni_fail_within(err, "look up link %d", index);
	return 0;
}

/* The id stays for a while after the last user has gone; by then it leads nowhere
 * (get_net_ns_by_id() in the kernel's net/core/net_namespace.c). */
bool cni_link_peer_lives_elsewhere(struct cni_nl *nl, const struct cni_link *link)
{
	struct cni_error ignored;
	struct cni_nl_message m;
	struct ifinfomsg *ifi = cni_nl_init(&m, RTM_GETLINK, 0, sizeof(*ifi));

	ifi->ifi_index = link->peer;
	cni_nl_put_u32(&m, IFLA_TARGET_NETNSID, (uint32_t)link->peer_netns);
	return link->peer_netns >= 0 && cni_nl_get(nl, &m, NULL, NULL, &ignored) == 0;
}

bool cni_link_is_unreadable(const struct cni_error *err)
{
	return err->errnum == EMSGSIZE || err->errnum == ENOBUFS;
}

struct each {
	const char *kind;
	int (*cb)(const struct cni_link *link, void *data, struct cni_error *err);
	void (*restart)(void *data);
	void *data;
};

static int visit(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct each *each = data;
	struct cni_link link;

	cni_link_read(message, &link);
	/* Kernels before 4.6 do not filter. */
	if (each->kind && strcmp(link.kind, each->kind) != 0)
		return 0;
	return each->cb(&link, each->data, err);
}

static void restart_each(void *data)
{
	const struct each *each = data;

	if (each->restart)
		each->restart(each->data);
}

int cni_link_each(struct cni_nl *nl, const char *kind,
		  int (*cb)(const struct cni_link *link, void *data, struct cni_error *err),
		  void (*restart)(void *data), void *data, struct cni_error *err)
{
	struct each each = {kind, cb, restart, data};
	struct cni_nl_message m;

	cni_nl_init(&m, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	cni_nl_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (kind)
		CNI_NL_NEST (&m, IFLA_LINKINFO) {
			cni_nl_put_string(&m, IFLA_INFO_KIND, kind);
		}
	if (cni_nl_dump(nl, &m, visit, restart_each, &each, err) < 0)
		return cni_fail_within(err, "list the links of kind '%s'", kind ? kind : "any");
	return 0;
}

struct alias_search {
	const char *alias;
	bool found;
};

static int compare_alias(const struct cni_link *link, void *data, struct cni_error *err)
{
	struct alias_search *search = data;

	(void)err;
	search->found |= !strcmp(link->alias, search->alias);
	return 0;
}

int cni_link_exists(const char *name, const char *alias, bool *ret_exists, struct cni_error *err)
{
	struct alias_search search = {.alias = alias};
	closing_nl struct cni_nl nl = {0};
	struct cni_link link;

	*ret_exists = true;
	if (cni_nl_open(&nl, NETLINK_ROUTE, -1, err) < 0)
		return -1;
	if (cni_link_get(&nl, name, &link, err) == 0)
		return 0;
	if (err->errnum != ENODEV ||
	    cni_link_each(&nl, NULL, compare_alias, NULL, &search, err) < 0)
		return -1;
	*ret_exists = search.found;
	return 0;
}

int cni_link_kind_is_known(struct cni_nl *nl, const char *kind, bool *ret_known,
			   struct cni_error *err)
{
	static const uint8_t zeroes[CNI_MAC_SIZE];
	char name[CNI_IFNAME_SIZE];
	struct cni_nl_message m;

	/* The kinds' own validate() refuses this MAC before anything is made, and ipvlan, which does
	 * not look at it, the missing parent (EINVAL). */
	snprintf(name, sizeof(name), "%.6s-status", kind);
	cni_nl_init(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	cni_nl_put_string(&m, IFLA_IFNAME, name);
	cni_nl_put(&m, IFLA_ADDRESS, zeroes, sizeof(zeroes));
	CNI_NL_NEST (&m, IFLA_LINKINFO)
		cni_nl_put_string(&m, IFLA_INFO_KIND, kind);
	*ret_known = true;
	if (cni_nl_transact(nl, &m, NULL, NULL, err) == 0 || err->errnum == EADDRNOTAVAIL ||
	    err->errnum == EINVAL || err->errnum == EEXIST)
		return 0;
	*ret_known = false;
	if (err->errnum == EOPNOTSUPP)
		return 0;
	return cni_fail_within(err, "ask for a link of kind '%s'", kind);
}

/* ---- changing ---- */

static void put_port(struct cni_nl_message *m, const struct cni_link_port *port)
{
	cni_nl_put_string(m, IFLA_INFO_SLAVE_KIND, "bridge");
	CNI_NL_NEST (m, IFLA_INFO_SLAVE_DATA) {
		cni_nl_put_u8(m, IFLA_BRPORT_MODE, port->hairpin);
		cni_nl_put_u8(m, IFLA_BRPORT_ISOLATED, port->isolated);
	}
}

static void put_flag(struct ifinfomsg *ifi, enum cni_switch wanted, unsigned int flag)
{
	if (wanted == CNI_KEEP)
		return;
	ifi->ifi_change |= flag;
	if (wanted == CNI_ON)
		ifi->ifi_flags |= flag;
}

static bool changes_bridge(const struct cni_link_change *change)
{
	return change->vlan_filtering != CNI_KEEP || change->ignores_link_local != CNI_KEEP;
}

static void put_bridge(struct cni_nl_message *m, const struct cni_link_change *change)
{
	const uint32_t option = 1U << BR_BOOLOPT_NO_LL_LEARN;
	const struct br_boolopt_multi options = {
		.optval = change->ignores_link_local == CNI_ON ? option : 0,
		.optmask = option,
	};

	cni_nl_put_string(m, IFLA_INFO_KIND, "bridge");
	CNI_NL_NEST (m, IFLA_INFO_DATA) {
		if (change->vlan_filtering != CNI_KEEP)
			cni_nl_put_u8(m, IFLA_BR_VLAN_FILTERING, change->vlan_filtering == CNI_ON);
		if (change->ignores_link_local != CNI_KEEP)
			cni_nl_put(m, IFLA_BR_MULTI_BOOLOPT, &options, sizeof(options));
	}
}

/* IFLA_INET_CONF: values by number (inet_set_link_af() in the kernel's net/ipv4/devinet.c). */
static void put_arp_notify(struct cni_nl_message *m, enum cni_switch wanted)
{
	CNI_NL_NEST (m, IFLA_AF_SPEC) {
		CNI_NL_NEST (m, AF_INET) {
			CNI_NL_NEST (m, IFLA_INET_CONF) {
				cni_nl_put_u32(m, IPV4_DEVCONF_ARP_NOTIFY, wanted == CNI_ON);
			}
		}
	}
}

static void put_change(struct cni_nl_message *m, int index, const struct cni_link_change *change)
{
	struct ifinfomsg *ifi = cni_nl_init(m, RTM_NEWLINK, 0, sizeof(*ifi));

	ifi->ifi_index = index;
	put_flag(ifi, change->up, IFF_UP);
	put_flag(ifi, change->promisc, IFF_PROMISC);
	if (change->alias)
		/* Without the NUL, which the kernel would keep as part of the text; but it refuses an
		 * attribute without any byte. */
		cni_nl_put(m, IFLA_IFALIAS, change->alias,
			   *change->alias ? strlen(change->alias) : 1);
	if (change->netns)
		cni_nl_put_u32(m, IFLA_NET_NS_FD, (uint32_t)*change->netns);
	if (change->name)
		cni_nl_put_string(m, IFLA_IFNAME, change->name);
	if (change->mac)
		cni_nl_put(m, IFLA_ADDRESS, change->mac, CNI_MAC_SIZE);
	if (change->mtu)
		cni_nl_put_u32(m, IFLA_MTU, change->mtu);
	if (change->port || changes_bridge(change))
		CNI_NL_NEST (m, IFLA_LINKINFO) {
			if (change->port)
				put_port(m, change->port);
			if (changes_bridge(change))
				put_bridge(m, change);
		}
	if (change->master)
		cni_nl_put_u32(m, IFLA_MASTER, change->master > 0 ? (uint32_t)change->master : 0);
	if (change->arp_notify != CNI_KEEP)
		put_arp_notify(m, change->arp_notify);
}

/* The kernel tells the whole stack about such values of a link that is up, and without a carrier IPv6 then walks all
 * routes of the namespace (netif_state_change() in net/core/dev.c, addrconf_notify() in net/ipv6/addrconf.c). */
static bool is_announced(const struct cni_link_change *change)
{
	return change->alias || change->port;
}

int cni_link_change(struct cni_nl *nl, int index, const struct cni_link_change *change,
		    struct cni_error *err)
{
	const struct cni_link_change up = {.up = CNI_ON};
	struct cni_link_change before = *change;
	struct cni_nl_message messages[2];
	struct cni_nl_request requests[2] = {{.message = &messages[0]}, {.message = &messages[1]}};

	if (change->up != CNI_ON || change->netns || !is_announced(change)) {
		put_change(&messages[0], index, change);
		return cni_nl_transact(nl, &messages[0], NULL, NULL, err);
	}
	before.up = CNI_KEEP;
	put_change(&messages[0], index, &before);
	put_change(&messages[1], index, &up);
	if (cni_nl_together(nl, requests, 2, err) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (requests[i].failed) {
			*err = requests[i].err;
			return -1;
		}
	return 0;
}

int cni_link_del(struct cni_nl *nl, int index, struct cni_error *err)
{
	struct cni_nl_message m;
	struct ifinfomsg *ifi = cni_nl_init(&m, RTM_DELLINK, 0, sizeof(*ifi));

	ifi->ifi_index = index;
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "delete link %d", index);
	return 0;
}

int cni_link_del_by_name(struct cni_nl *nl, const char *name, struct cni_error *err)
{
	struct cni_nl_message m;

	cni_nl_init(&m, RTM_DELLINK, 0, sizeof(struct ifinfomsg));
	cni_nl_put_string(&m, IFLA_IFNAME, name);
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "delete link '%s'", name);
	return 0;
}

void cni_link_random_mac(uint8_t ret_mac[CNI_MAC_SIZE])
{
	if (!cni_random(ret_mac, CNI_MAC_SIZE))
		memset(ret_mac, 0x42, CNI_MAC_SIZE);
	ret_mac[0] = (uint8_t)((ret_mac[0] & 0xfc) | 0x02);
}
