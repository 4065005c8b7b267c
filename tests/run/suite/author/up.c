/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin of parts, none of which has rules. */
#include <cni-c/cni.h>
#include <cni-c/parts.h>

struct conf {
	const char *bridge;
};

static const struct cni_field fields[] = {
	CNI_FIELD(struct conf, "bridge", bridge),
	{0},
};

static void plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct conf *conf = data;

	(void)call;
	cni_plan_bridge(plan, .name = conf->bridge);
	cni_plan_veth(plan, .master = conf->bridge);
	cni_plan_up(plan, .dad = false);
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
