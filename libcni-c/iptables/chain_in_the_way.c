/* SPDX-License-Identifier: Apache-2.0 */
#include "chain_in_the_way.h"

#include "cleanup.h"
#include "nft.h"

#include <linux/netfilter.h>
#include <sys/socket.h>

int cni_chain_in_the_way(enum cni_iptables_tool tool, int family, const char *table,
			 const struct cni_needed_chain *needed, size_t count, struct cni_error *err)
{
	const struct cni_nft_table of = {family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6, table};
	closing_nl struct cni_nl nl = {.socket = NULL};
	struct cni_error ignored;

	if (tool == CNI_IPTABLES_LEGACY || cni_nl_open(&nl, NETLINK_NETFILTER, -1, &ignored) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		bool is_base = false;

		if (cni_nft_chain_is_base(&nl, &of, needed[i].name, &is_base, &ignored) == 0 &&
		    is_base != needed[i].is_base)
			return cni_fail_within(
				err, "chain '%s' of table '%s %s' is %s, which iptables cannot use",
				needed[i].name, family == AF_INET ? "ip" : "ip6", table,
				is_base ? "at a hook" : "at no hook");
	}
	return -1;
}
