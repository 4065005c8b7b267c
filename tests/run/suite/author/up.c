/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin of the parts that have no rules: three of them, or with "all" each of them. */
#include <cni-c/cni.h>
#include <cni-c/parts.h>

struct conf {
	const char *bridge;
	bool all;
};

static const struct cni_field fields[] = {
	CNI_FIELD(struct conf, "bridge", bridge, "The bridge"),
	CNI_MEMBER(struct conf, "all", all),
	{0},
};

static void plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct conf *conf = data;

	(void)call;
	cni_plan_bridge(plan, .name = conf->bridge);
	cni_plan_veth(plan, .master = conf->bridge);
	cni_plan_up(plan, .dad = false);
	if (!conf->all)
		return;
	cni_plan_lease(plan, .type = "host-local");
	cni_plan_acquire(plan, .type = "host-local");
	cni_plan_addresses(plan, .dad = false);
	cni_plan_routes(plan);
	cni_plan_gateway(plan, .link = {.bridge = conf->bridge});
	cni_plan_forwarding(plan);
	cni_plan_ingress(plan, .limit = {.rate = 1000});
	cni_plan_egress(plan, .limit = {.rate = 1000});
}

int main(void)
{
	static const struct conf defaults = {.bridge = "up0"};
	static const struct cni_plugin up = {.type = "up",
					     .version = "2.0.0",
					     .conf_size = sizeof(struct conf),
					     .defaults = &defaults,
					     .fields = fields,
					     .plan = plan};

	return cni_plan_main(&up);
}
