/* SPDX-License-Identifier: Apache-2.0 */
#include "netfilter.h"

#include "nft.h"

#include <errno.h>

int cni_attachment_netfilter(struct cni_attachment *at, struct cni_nl **ret_nl,
			     struct cni_error *err)
{
	if (!at->netfilter.socket && cni_nl_open(&at->netfilter, NETLINK_NETFILTER, -1, err) < 0)
		return -1;
	*ret_nl = &at->netfilter;
	return 0;
}

bool cni_attachment_has_go_rules(struct cni_attachment *at, enum cni_go_rules kind)
{
	struct cni_error ignored;
	bool exist = false;
	struct cni_nl *nl;

	return cni_attachment_netfilter(at, &nl, &ignored) == 0 &&
	       cni_go_rules_exist(nl, kind, at->owner, &exist, &ignored) == 0 && exist;
}

int cni_attachment_netfilter_status(struct cni_attachment *at, const char *what,
				    struct cni_error *err)
{
	struct cni_nl *nl;
	uint32_t generation;

	if (cni_attachment_netfilter(at, &nl, err) == 0 &&
	    cni_nft_generation(nl, &generation, err) == 0)
		return 0;
	err->code = CNI_EUNAVAILABLE;
	return cni_fail_within(err, "%s needs nf_tables", what);
}

int cni_attachment_netfilter_failed(const char *what, struct cni_error *err)
{
	if (err->errnum == EPROTONOSUPPORT || err->errnum == EOPNOTSUPP)
		return 0;
	return cni_fail_within(err, "%s", what);
}
