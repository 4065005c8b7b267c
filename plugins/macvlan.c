/* SPDX-License-Identifier: Apache-2.0 */
/* macvlan: an interface with a MAC of its own on a link of the host, or of the container. */
#include "host_local.h"
#include "link_plan.h"

struct macvlan_conf {
	const char *master; /* NULL or "": the link of the default route */
	const char *mode;
	const char *mac_of_conf;
	const char *mac_of_args;    /* args.cni.mac */
	const char *mac_of_runtime; /* runtimeConfig.mac */
	uint32_t mtu;
	uint32_t queue_length;
	bool link_in_container;
	/* worked out by validate() */
	char mac[CNI_MAC_TEXT_SIZE]; /* "": random */
	struct cni_link_values values;
};

static const struct macvlan_conf defaults = {.mode = "bridge"};

static const struct cni_field fields[] = {
	CNI_FIELD(struct macvlan_conf, "master", master, "A link of the host",
		  .unless = "the link of the default route"),
	CNI_FIELD(struct macvlan_conf, "mode", mode,
		  "How the interfaces of a master reach each other, see ip-link(8)",
		  .words = cni_link_macvlan_modes),
	CNI_FIELD(struct macvlan_conf, "mtu", mtu, "Bytes, at most the master's: 0 is the master's",
		  .max = 65535, .unless = "the master's"),
	CNI_FIELD(struct macvlan_conf, "mac", mac_of_conf, "The container's MAC",
		  .type = CNI_TYPE_MAC, .unless = "random"),
	CNI_FIELD(struct macvlan_conf, "linkInContainer", link_in_container,
		  "The master is in the container's namespace"),
	CNI_FIELD(struct macvlan_conf, "bcqueuelen", queue_length,
		  "Frames in the queue of broadcasts: 0 is the kernel's, 1000", .max = UINT32_MAX,
		  .unless = "the kernel's, 1000"),
	CNI_FIELD(struct macvlan_conf, "mac", mac_of_args,
		  "The container's MAC: overrides MAC of CNI_ARGS and the key mac",
		  .section = {"args", "cni"}, .type = CNI_TYPE_MAC),
	CNI_FIELD(struct macvlan_conf, "mac", mac_of_runtime,
		  "The container's MAC: overrides all other keys", .section = {"runtimeConfig"},
		  .type = CNI_TYPE_MAC),
	{0},
};

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	struct macvlan_conf *conf = data;

	if (cni_link_choose(&cni_link_macvlan, 0, *conf->mode ? conf->mode : defaults.mode,
			    &conf->values, err) < 0)
		return -1;
	if (conf->queue_length) {
		conf->values.given |= 1U << 1;
		conf->values.values[1] = conf->queue_length;
	}
	if (cni_choose_mac(call, conf->mac_of_runtime, conf->mac_of_args, conf->mac_of_conf,
			   conf->mac, err) < 0)
		return -1;
	return cni_link_plan_check(call, conf->master, call->conf.ipam_type != NULL, err);
}

static void macvlan_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct macvlan_conf *conf = data;

	cni_link_plan(plan, call, cni_link_macvlan.name, &cni_link_part_ops,
		      &(struct cni_link_part){
			      .kind = &cni_link_macvlan,
			      .parent = conf->master,
			      .parent_is_inside = conf->link_in_container,
			      .mac = conf->mac,
			      .mtu = conf->mtu,
			      .values = conf->values,
		      });
}

static const struct cni_plugin macvlan = {
	.type = "macvlan",
	.version = CNI_C_VERSION,
	.delegates = true,
	.contained = &host_local_contained,
	.oldest = CNI_0_1_0,
	.conf_size = sizeof(struct macvlan_conf),
	.defaults = &defaults,
	.fields = fields,
	.validate = validate,
	.plan = macvlan_plan,
	.about = "Makes an interface with a MAC of its own on a link",
	.arguments = cni_mac_arguments,
};

int main(void)
{
	return cni_plan_main(&macvlan);
}
