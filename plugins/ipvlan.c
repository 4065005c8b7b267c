/* SPDX-License-Identifier: Apache-2.0 */
/* ipvlan: an interface on a link of the host, or of the container, that shares the MAC of that link. */
#include "host_local.h"
#include "link_plan.h"

struct ipvlan_conf {
	const char *master; /* NULL or "": of the prevResult, or the link of the default route */
	const char *mode;
	const char *flags;
	uint32_t mtu;
	bool link_in_container;
	/* worked out by validate() */
	struct cni_link_values values;
};

static const struct ipvlan_conf defaults = {.mode = "l2"};

static const struct cni_field fields[] = {
	CNI_FIELD(struct ipvlan_conf, "master", master, "A link of the host",
		  .unless = "the interface of the prevResult, or the link of the default route"),
	CNI_FIELD(struct ipvlan_conf, "mode", mode,
		  "The mode of all interfaces of the master, see ip-link(8)",
		  .words = cni_link_ipvlan_modes),
	CNI_FIELD(struct ipvlan_conf, "flags", flags,
		  "How the interfaces of a master reach each other", .words = cni_link_ipvlan_flags,
		  .unless = "bridge"),
	CNI_FIELD(struct ipvlan_conf, "mtu", mtu,
		  "Bytes, at most the master's: 0 or less is the master's", .max = 65535,
		  .negative_is_zero = true, .unless = "the master's"),
	CNI_FIELD(struct ipvlan_conf, "linkInContainer", link_in_container,
		  "The master is in the container's namespace"),
	{0},
};

/* Behind another plugin the master is the interface that this one has made. */
static int take_master(const struct cni_call *call, struct ipvlan_conf *conf, struct cni_error *err)
{
	const struct cni_result *prev = &call->conf.prev_result;

	if ((conf->master && *conf->master) || !call->conf.has_prev_result ||
	    call->env.command == CNI_CHECK)
		return 0;
	if (prev->interface_count != 1 || !prev->interfaces[0].name || !*prev->interfaces[0].name)
		return cni_fail(
			err, CNI_ECONFIG,
			"chained master failure. PrevResult lacks a single named interface: "
			"set 'master'");
	conf->master = prev->interfaces[0].name;
	return 0;
}

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	struct ipvlan_conf *conf = data;

	if (take_master(call, conf, err) < 0)
		return -1;
	if (cni_link_choose(&cni_link_ipvlan, 0, *conf->mode ? conf->mode : defaults.mode,
			    &conf->values, err) < 0)
		return -1;
	if (conf->flags && *conf->flags &&
	    cni_link_choose(&cni_link_ipvlan, 1, conf->flags, &conf->values, err) < 0)
		return -1;
	return cni_link_plan_check(call, conf->master,
				   call->conf.ipam_type || call->conf.prev_result.ip_count, err);
}

static void ipvlan_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct ipvlan_conf *conf = data;
	const struct cni_link_part link = {
		.kind = &cni_link_ipvlan,
		.parent = conf->master,
		/* A master that is not named is known to an ADD alone: it may be of the prevResult. */
		.parent_is_inside = conf->link_in_container ||
				    (call->env.command == CNI_STATUS && !conf->master),
		.mtu = conf->mtu,
		.values = conf->values,
	};

	if (call->conf.ipam_type || !call->conf.prev_result.ip_count) {
		cni_link_plan(plan, call, cni_link_ipvlan.name, &cni_link_part_ops, &link);
		return;
	}
	cni_plan_netns(plan, .kind = cni_link_ipvlan.name);
	cni_plan_push(plan, &cni_link_part_ops, &link);
	cni_link_plan_addresses(plan, NULL);
}

static const struct cni_plugin ipvlan = {
	.type = "ipvlan",
	.version = CNI_C_VERSION,
	.delegates = true,
	.contained = &host_local_contained,
	.oldest = CNI_0_1_0,
	.conf_size = sizeof(struct ipvlan_conf),
	.defaults = &defaults,
	.fields = fields,
	.validate = validate,
	.plan = ipvlan_plan,
	.about = "Makes an interface on a link that shares the MAC of that link",
};

int main(void)
{
	return cni_plan_main(&ipvlan);
}
