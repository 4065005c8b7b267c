/* SPDX-License-Identifier: Apache-2.0 */
#include "peer.h"

#include "netns.h"

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

int cni_peer_netns_id(struct cni_nl *nl, int netns, int *ret_id, struct cni_error *err)
{
	struct cni_nl_message m;

	*ret_id = NETNSA_NSID_NOT_ASSIGNED;
	cni_nl_init(&m, RTM_GETNSID, 0, sizeof(struct rtgenmsg));
	cni_nl_put_u32(&m, NETNSA_FD, (uint32_t)netns);
	if (cni_nl_get(nl, &m, keep_id, ret_id, err) < 0)
		return cni_fail_within(err, "ask for the id of the container's network namespace");
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
