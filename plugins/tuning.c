/* SPDX-License-Identifier: Apache-2.0 */
/* tuning: changes settings of the container's interface, and sysctls of its network. Chained behind
 * the plugin that makes the interface. */
#include "parts.h"

/* For DEL, GC and SWEEP, which ignore the failure, the data directory is there in any case. */
static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	struct cni_tuning_conf *conf = data;

	if (cni_tuning_conf_read(call, conf, err) == 0)
		return 0;
	cni_tuning_conf_clear(conf);
	conf->data_dir = cni_tuning_conf_data_dir(call);
	return -1;
}

static void tuning_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct cni_tuning_conf *conf = data;

	(void)call;
	cni_plan_tuning(plan, .conf = *conf);
}

/* The configuration is judged before a missing prevResult: see tuning_part.c. */
static const struct cni_plugin tuning = {
	.type = "tuning",
	.version = CNI_C_VERSION,
	.oldest = CNI_0_1_0,
	.chaining = CNI_CHAIN_ANYWHERE,
	.inside = true,
	.conf_size = sizeof(struct cni_tuning_conf),
	.validate = validate,
	.description = &cni_tuning_description,
	.plan = tuning_plan,
};

int main(void)
{
	return cni_plan_main(&tuning);
}
