/* SPDX-License-Identifier: Apache-2.0 */
/* vlan: a VLAN of a link of the host, or of the container, as the container's interface. */
#include "host_local.h"
#include "link_plan.h"

struct vlan_conf {
	const char *master;
	uint32_t vlan_id;
	uint32_t mtu;
	bool link_in_container;
};

static const struct cni_field fields[] = {
	CNI_FIELD(struct vlan_conf, "master", master, "A link of the host", .unless = CNI_REQUIRED),
	CNI_FIELD(struct vlan_conf, "vlanId", vlan_id, "The VLAN", .max = CNI_BRIDGE_VLAN_MAX),
	CNI_FIELD(struct vlan_conf, "mtu", mtu, "Bytes, at most the master's: 0 is the master's",
		  .max = 65535, .unless = "the master's"),
	CNI_FIELD(struct vlan_conf, "linkInContainer", link_in_container,
		  "The master is in the container's namespace"),
	{0},
};

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	const struct vlan_conf *conf = data;

	if (!conf->master || !*conf->master)
		return cni_fail(err, CNI_ECONFIG,
				"\"master\" field is required. It specifies the host interface "
				"name to create the VLAN for");
	return cni_link_plan_check(call, conf->master, call->conf.ipam_type != NULL, err);
}

static void vlan_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct vlan_conf *conf = data;

	cni_link_plan(plan, call, cni_link_vlan.name, &cni_link_part_ops,
		      &(struct cni_link_part){
			      .kind = &cni_link_vlan,
			      .parent = conf->master,
			      .parent_is_inside = conf->link_in_container,
			      .mtu = conf->mtu,
			      .values = {.given = 1, .values = {conf->vlan_id}},
		      });
}

static const struct cni_plugin vlan = {
	.type = "vlan",
	.version = CNI_C_VERSION,
	.delegates = true,
	.contained = &host_local_contained,
	.oldest = CNI_0_1_0,
	.conf_size = sizeof(struct vlan_conf),
	.fields = fields,
	.validate = validate,
	.plan = vlan_plan,
	.about = "Makes a VLAN of a link as the container's interface",
};

int main(void)
{
	return cni_plan_main(&vlan);
}
