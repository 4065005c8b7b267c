/* SPDX-License-Identifier: Apache-2.0 */
/* vrf: makes the container's interface a slave of a VRF, which separates its addresses and routes from
 * those of other interfaces. Chained behind the plugin that makes the interface. */
#include "names.h"
#include "parts.h"

#include <string.h>

struct vrf_conf {
	const char *vrfname;
	uint32_t table;
};

static const struct cni_field fields[] = {
	CNI_FIELD(struct vrf_conf, "vrfname", vrfname, "The VRF in the container",
		  .unless = CNI_REQUIRED),
	CNI_FIELD(struct vrf_conf, "table", table,
		  "The VRF's routing table: 0 is the table of the VRF if it exists, "
		  "otherwise a free one",
		  .max = UINT32_MAX),
	{0},
};

/* For DEL the name is NULL afterwards if there is none that a link can have. */
static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	struct vrf_conf *conf = data;
	const char *name = conf->vrfname;

	conf->vrfname = NULL;
	if (!name || !*name)
		return cni_fail(err, CNI_ECONFIG,
				"configuration is expected to have a valid vrf name: 'vrfname' is "
				"missing");
	if (cni_name_check_interface(name, "'vrfname'", CNI_ECONFIG, err) < 0)
		return -1;
	if (call->env.ifname && !strcmp(name, call->env.ifname))
		return cni_fail(err, CNI_ECONFIG,
				"'vrfname' is \"%s\", the name of the interface itself, expected "
				"another",
				name);
	conf->vrfname = name;
	return 0;
}

static void vrf_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct vrf_conf *conf = data;

	(void)call;
	cni_plan_vrf(plan, .name = conf->vrfname, .table = conf->table);
}

static const struct cni_plugin vrf = {
	.type = "vrf",
	.version = CNI_C_VERSION,
	.oldest = CNI_0_3_1,
	.chaining = CNI_CHAIN_BEHIND,
	.unchained = "missing prevResult from earlier plugin",
	.inside = true,
	.conf_size = sizeof(struct vrf_conf),
	.fields = fields,
	.validate = validate,
	.plan = vrf_plan,
	.about = "Makes the container's interface a slave of a VRF",
};

int main(void)
{
	return cni_plan_main(&vrf);
}
