/* SPDX-License-Identifier: Apache-2.0 */
/* loopback: the container's loopback interface, up. Runtimes call it for a network of its own, at
 * the same time as the others, or put it first into a chain: it is about "lo" whatever CNI_IFNAME
 * says, and hands on a prevResult as it came. */
#include "parts.h"

static void loopback_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	(void)call;
	(void)data;
	cni_plan_loopback(plan);
}

static const struct cni_plugin loopback = {
	.type = "loopback",
	.version = CNI_C_VERSION,
	.oldest = CNI_0_1_0,
	.chaining = CNI_CHAIN_ANYWHERE,
	.inside = true,
	.plan = loopback_plan,
	.about = "Sets the container's loopback interface up",
};

int main(void)
{
	return cni_plan_main(&loopback);
}
