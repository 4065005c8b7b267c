/* SPDX-License-Identifier: Apache-2.0 */
/* dummy: an interface that leads nowhere, for addresses that the container listens on. */
#include "host_local.h"
#include "link_plan.h"

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	(void)data;
	return cni_link_plan_check(call, NULL, call->conf.ipam_type != NULL, err);
}

static void dummy_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	(void)data;
	cni_link_plan(plan, call, cni_link_dummy.name, &cni_link_part_ops,
		      &(struct cni_link_part){.kind = &cni_link_dummy});
}

static const struct cni_plugin dummy = {
	.type = "dummy",
	.version = CNI_C_VERSION,
	.delegates = true,
	.contained = &host_local_contained,
	.oldest = CNI_0_1_0,
	.validate = validate,
	.plan = dummy_plan,
	.about = "Makes an interface that leads nowhere, for addresses that the container listens "
		 "on",
};

int main(void)
{
	return cni_plan_main(&dummy);
}
