/* SPDX-License-Identifier: Apache-2.0 */
#include "peer.h"

#include "link_read.h"
#include "netns.h"

#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

static int keep_id(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	static const struct cni_nl_policy policy[NETNSA_NSID + 1] = {
		[NETNSA_NSID] = {MNL_TYPE_U32},
	};
	const struct nlattr *table[NETNSA_NSID + 1];

	(void)err;
	cni_nl_parse(message, policy, table, NETNSA_NSID);
	*(int *)data = (int)cni_nl_u32(table[NETNSA_NSID], (uint32_t)NETNSA_NSID_NOT_ASSIGNED);
	return 0;
}

static void put_question(struct cni_nl_message *m, int netns)
{
	cni_nl_init(m, RTM_GETNSID, 0, sizeof(struct rtgenmsg));
	cni_nl_put_u32(m, NETNSA_FD, (uint32_t)netns);
}

int cni_peer_netns_id(struct cni_nl *nl, int netns, int *ret_id, struct cni_error *err)
{
	struct cni_nl_message m;

	*ret_id = NETNSA_NSID_NOT_ASSIGNED;
	put_question(&m, netns);
	if (cni_nl_get(nl, &m, keep_id, ret_id, err) < 0)
		return cni_fail_within(err, "ask for the id of the container's network namespace");
	return 0;
}

static int keep_link(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	(void)err;
	cni_link_read(message, data);
	return 0;
}

int cni_peer_add(struct cni_nl *nl, const struct cni_link_new *veth, int netns,
		 struct cni_peer_look *ret_look, struct cni_error *err)
{
	struct cni_nl_message messages[3];
	struct cni_nl_request requests[] = {
		{.message = &messages[0]},
		{&messages[1], true, keep_link, &ret_look->link},
		{&messages[2], true, keep_id, &ret_look->netns_id},
	};

	*ret_look = (struct cni_peer_look){.netns_id = NETNSA_NSID_NOT_ASSIGNED};
	cni_link_put_new(&messages[0], veth);
	cni_nl_init(&messages[1], RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	cni_nl_put_string(&messages[1], IFLA_IFNAME, veth->name);
	cni_nl_put_u32(&messages[1], IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	put_question(&messages[2], netns);
	if (cni_nl_together(nl, requests, 3, err) < 0)
		return cni_link_fail_new(veth, err);
	if (requests[0].failed) {
		*err = requests[0].err;
		return cni_link_fail_new(veth, err);
	}
	ret_look->is_had = !requests[1].failed && !requests[2].failed;
	return 0;
}

int cni_peer_is_in(struct cni_nl *nl, const struct cni_link *link, int netns, bool *ret_is,
		   struct cni_error *err)
{
	int id;

	/* Both ends are in one namespace. */
	if (link->peer_netns < 0) {
		*ret_is = cni_netns_is_own(netns);
		return 0;
	}
	if (cni_peer_netns_id(nl, netns, &id, err) < 0)
		return -1;
	*ret_is = id == link->peer_netns;
	return 0;
}
