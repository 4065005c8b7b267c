/* SPDX-License-Identifier: Apache-2.0 */
#include "link_plan.h"

#include "names.h"

int cni_link_plan_check(const struct cni_call *call, const char *master, bool has_addresses,
			struct cni_error *err)
{
	if (master && *master && cni_name_check_existing(master, "'master'", err) < 0)
		return -1;
	if (has_addresses || call->conf.version >= CNI_0_3_0)
		return 0;
	return cni_fail(err, CNI_EVERSION,
			"a result of cniVersion %s needs an address: use 0.3.0 or later "
			"without 'ipam'",
			cni_version_text(call->conf.version));
}

void cni_link_plan_addresses(struct cni_plan *plan, const char *ipam)
{
	cni_plan_acquire(plan, .type = ipam);
	cni_plan_addresses(plan, .ndisc_notify = true);
	cni_plan_up(plan);
	cni_plan_announce(plan);
	cni_plan_routes(plan);
}

void cni_link_plan(struct cni_plan *plan, const struct cni_call *call, const char *kind,
		   const struct cni_part_ops *ops, const void *link)
{
	const char *ipam = call->conf.ipam_type;

	if (ipam)
		cni_plan_lease(plan, .type = ipam);
	if (kind)
		cni_plan_netns(plan, .kind = kind);
	cni_plan_push(plan, ops, link);
	if (ipam)
		cni_link_plan_addresses(plan, ipam);
	else
		cni_plan_up(plan);
}
