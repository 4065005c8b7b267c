/* SPDX-License-Identifier: Apache-2.0 */
/* tap: a tap in the container, for a virtual machine. */
#include "tap.h"
#include "host_local.h"
#include "link_plan.h"
#include "names.h"

struct tap_conf {
	bool multi_queue;
	uint32_t mtu;
	uint64_t owner;
	uint64_t group;
	const char *mac_of_conf;
	const char *mac_of_runtime; /* runtimeConfig.mac */
	const char *selinux_context;
	const char *bridge;
	char mac[CNI_MAC_TEXT_SIZE]; /* by validate(); "": random */
};

/* 0 is a user and a group, and 2^32-1 is neither. */
#define ABSENT UINT64_MAX
#define ID_MAX (UINT32_MAX - 1)
static const struct tap_conf defaults = {.owner = ABSENT, .group = ABSENT};

/* The kernel's limits (tun_net_init() in drivers/net/tun.c). */
#define MTU_MIN 68
#define MTU_MAX (65535 - 14)

static const struct cni_field fields[] = {
	CNI_FIELD(struct tap_conf, "multiQueue", multi_queue,
		  "Several descriptors may attach to the tap at once"),
	CNI_FIELD(struct tap_conf, "mtu", mtu, "68 or more: 0 is the kernel's", .max = MTU_MAX),
	CNI_FIELD(struct tap_conf, "mac", mac_of_conf, "The tap's MAC", .type = CNI_TYPE_MAC,
		  .unless = "random"),
	CNI_FIELD(struct tap_conf, "owner", owner, "The user that may attach without CAP_NET_ADMIN",
		  .max = ID_MAX, .unless = "every user"),
	CNI_FIELD(struct tap_conf, "group", group,
		  "The group whose members may attach without CAP_NET_ADMIN", .max = ID_MAX,
		  .unless = "every group"),
	CNI_FIELD(struct tap_conf, "selinuxContext", selinux_context,
		  "The SELinux context of the tap", .unless = "the plugin's own"),
	CNI_FIELD(struct tap_conf, "bridge", bridge,
		  "A bridge in the container: the tap becomes a port of it"),
	CNI_FIELD(struct tap_conf, "mac", mac_of_runtime,
		  "The tap's MAC: overrides MAC of CNI_ARGS and the key mac",
		  .section = {"runtimeConfig"}, .type = CNI_TYPE_MAC),
	{0},
};

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	struct tap_conf *conf = data;

	if (cni_choose_mac(call, conf->mac_of_runtime, NULL, conf->mac_of_conf, conf->mac, err) < 0)
		return -1;
	if (conf->mtu && conf->mtu < MTU_MIN)
		return cni_fail(err, CNI_ECONFIG, "'mtu' is %u, expected 0, or %u to %u", conf->mtu,
				MTU_MIN, MTU_MAX);
	if (conf->bridge && *conf->bridge &&
	    cni_name_check_existing(conf->bridge, "'bridge'", err) < 0)
		return -1;
	return cni_link_plan_check(call, NULL, call->conf.ipam_type != NULL, err);
}

static void tap_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct tap_conf *conf = data;

	cni_link_plan(plan, call, cni_link_tap.name, &cni_tap_part_ops,
		      &(struct cni_tap_part){
			      .mac = conf->mac,
			      .mtu = conf->mtu,
			      .multi_queue = conf->multi_queue,
			      .has_owner = conf->owner != ABSENT,
			      .owner = (uint32_t)conf->owner,
			      .has_group = conf->group != ABSENT,
			      .group = (uint32_t)conf->group,
			      .context = conf->selinux_context,
			      .bridge = conf->bridge,
		      });
}

static const struct cni_plugin tap = {
	.type = "tap",
	.version = CNI_C_VERSION,
	.delegates = true,
	.contained = &host_local_contained,
	.oldest = CNI_0_1_0,
	.conf_size = sizeof(struct tap_conf),
	.defaults = &defaults,
	.fields = fields,
	.validate = validate,
	.plan = tap_plan,
	.about = "Makes a tap in the container, for a virtual machine",
	.arguments = cni_mac_arguments,
};

int main(int argc, char **argv)
{
	int helped = cni_tap_helper(argc, argv);

	return helped < 0 ? cni_plan_main(&tap) : helped;
}
