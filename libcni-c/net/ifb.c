/* SPDX-License-Identifier: Apache-2.0 */
#include "ifb.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

int cni_ifb_add_name(struct cni_nl *nl, int index, const char *name, struct cni_error *err)
{
	struct cni_nl_message m;
	struct ifinfomsg *ifi =
		cni_nl_init(&m, RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL, sizeof(*ifi));

	ifi->ifi_index = index;
	CNI_NL_NEST (&m, IFLA_PROP_LIST | NLA_F_NESTED) {
		cni_nl_put_string(&m, IFLA_ALT_IFNAME, name);
	}
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "name link %d '%s' as well", index, name);
	return 0;
}
