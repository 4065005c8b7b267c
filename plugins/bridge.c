/* SPDX-License-Identifier: Apache-2.0 */
/* bridge: a veth between the container and a bridge on the host. */
#include "cleanup.h"
#include "cni.h"
#include "host_local.h"
#include "link_plan.h"
#include "mac_choice.h"
#include "parts.h"

#include <string.h>

struct bridge_conf {
	const char *bridge;
	uint32_t mtu;
	uint32_t queues;
	uint32_t vlan;
	const cJSON *vlan_trunk;
	const char *ip_masq_backend;
	const cJSON *non_masquerade;
	bool is_gateway;
	bool is_default_gateway;
	bool force_address;
	bool ip_masq;
	bool hairpin_mode;
	bool promisc_mode;
	bool preserve_default_vlan;
	bool enable_dad;
	bool disable_container_interface;
	bool port_isolation;
	bool mac_spoof_check;
	bool ip_spoof_check;
	const char *mac_of_args;    /* args.cni.mac */
	const char *mac_of_runtime; /* runtimeConfig.mac */
	/* worked out by validate() */
	char mac[CNI_MAC_TEXT_SIZE]; /* "": random */
	bool masquerades_by_iptables;
	struct cni_destinations destinations; /* the plan's part frees them */
	struct cni_bridge_vlan_set trunk;
};

static const struct bridge_conf defaults = {.bridge = "cni0"};

/* "vlanTrunk": [{"id": 10}, {"minID": 20, "maxID": 30}] */
struct trunk_range {
	uint32_t id, min, max;
};

static const struct cni_field trunk_fields[] = {
	CNI_FIELD(struct trunk_range, "id", id, "One VLAN", .min = 1, .max = CNI_BRIDGE_VLAN_MAX),
	CNI_FIELD(struct trunk_range, "minID", min, "The first VLAN of a range: needs maxID",
		  .min = 1, .max = CNI_BRIDGE_VLAN_MAX),
	CNI_FIELD(struct trunk_range, "maxID", max, "The last VLAN of a range: needs minID",
		  .min = 1, .max = CNI_BRIDGE_VLAN_MAX),
	{0},
};

static const struct cni_field fields[] = {
	CNI_FIELD(struct bridge_conf, "bridge", bridge,
		  "The bridge, up to 15 characters: made if absent, adopted if there"),
	CNI_FIELD(struct bridge_conf, "isGateway", is_gateway,
		  "The bridge has the gateway's address, and forwarding is turned on"),
	CNI_FIELD(struct bridge_conf, "isDefaultGateway", is_default_gateway,
		  "Like isGateway, with a default route for each family that has none"),
	CNI_FIELD(struct bridge_conf, "forceAddress", force_address,
		  "Replaces an address of the bridge that is in the way of the gateway's"),
	CNI_FIELD(struct bridge_conf, "ipMasq", ip_masq,
		  "Packets that leave the network get the host's address: without effect "
		  "without 'ipam'"),
	CNI_FIELD(struct bridge_conf, "ipMasqBackend", ip_masq_backend,
		  "The place of the masquerade rules", .words = cni_masquerade_backends,
		  .unless = "nftables"),
	CNI_FIELD(struct bridge_conf, "nonMasqueradeCIDRs", non_masquerade,
		  "Packets to these prefixes keep the container's address with ipMasq: at "
		  "most 1,024, of both families",
		  .type = CNI_TYPE_PREFIXES),
	CNI_FIELD(struct bridge_conf, "mtu", mtu,
		  "MTU of the pair and of a bridge that is made: 0 or less is the kernel's",
		  .max = 65535, .negative_is_zero = true),
	CNI_FIELD(struct bridge_conf, "queues", queues,
		  "Queues of each end of the pair, to send and to receive: 0 is the kernel's, "
		  "one for each possible CPU, of which one is in use",
		  .max = CNI_VETH_QUEUES_MAX),
	CNI_FIELD(struct bridge_conf, "hairpinMode", hairpin_mode,
		  "A container may reach itself through the bridge, as by its own "
		  "published port"),
	CNI_FIELD(struct bridge_conf, "promiscMode", promisc_mode,
		  "The bridge is promiscuous: not with hairpinMode"),
	CNI_FIELD(struct bridge_conf, "vlan", vlan,
		  "The container's VLAN, untagged on its port: 0 is none",
		  .max = CNI_BRIDGE_VLAN_MAX),
	CNI_FIELD(struct bridge_conf, "vlanTrunk", vlan_trunk,
		  "VLANs that the port carries with their tags", .type = CNI_TYPE_LIST,
		  .items = trunk_fields),
	CNI_FIELD(struct bridge_conf, "preserveDefaultVlan", preserve_default_vlan,
		  "The port keeps the bridge's default VLAN beside its own VLANs"),
	CNI_FIELD(struct bridge_conf, "macspoofchk", mac_spoof_check,
		  "Frames from the container must have its MAC"),
	CNI_FIELD(struct bridge_conf, "ipspoofchk", ip_spoof_check,
		  "Frames from the container must have its MAC and its addresses: needs "
		  "'ipam'"),
	CNI_FIELD(struct bridge_conf, "enabledad", enable_dad,
		  "IPv6 duplicate address detection, which ADD waits for"),
	CNI_FIELD(struct bridge_conf, "disableContainerInterface", disable_container_interface,
		  "Leaves the container side of the veth down: not with 'ipam'"),
	CNI_FIELD(struct bridge_conf, "portIsolation", port_isolation,
		  "Isolated ports of the bridge exchange no traffic"),
	CNI_FIELD(struct bridge_conf, "mac", mac_of_args,
		  "The container's MAC: overrides MAC of CNI_ARGS", .section = {"args", "cni"},
		  .type = CNI_TYPE_MAC),
	CNI_FIELD(struct bridge_conf, "mac", mac_of_runtime,
		  "The container's MAC: overrides args.cni.mac and MAC of CNI_ARGS",
		  .section = {"runtimeConfig"}, .type = CNI_TYPE_MAC),
	{0},
};

static int read_trunk(struct bridge_conf *conf, struct cni_error *err)
{
	const cJSON *item;

	if (conf->vlan_trunk && !cJSON_IsArray(conf->vlan_trunk))
		return cni_fail(err, CNI_ECONFIG, "'vlanTrunk' is %s, expected a list",
				cni_json_show(conf->vlan_trunk));
	cJSON_ArrayForEach (item, conf->vlan_trunk) {
		struct trunk_range range = {0};

		if (!cJSON_IsObject(item))
			return cni_fail(err, CNI_ECONFIG, "'vlanTrunk' holds %s, expected objects",
					cni_json_show(item));
		if (cni_decode(trunk_fields, item, &range, false, err) < 0)
			return cni_fail_within(err, "'vlanTrunk'");
		if (!range.min != !range.max)
			return cni_fail(err, CNI_ECONFIG,
					"'vlanTrunk': minID and maxID should be configured "
					"simultaneously, %s is missing",
					range.min ? "maxID" : "minID");
		if (range.min > range.max)
			return cni_fail(err, CNI_ECONFIG,
					"'vlanTrunk': minID %u is greater than maxID %u", range.min,
					range.max);
		for (uint32_t id = range.min; range.min && id <= range.max; id++)
			cni_bridge_vlan_set_add(&conf->trunk, id);
		if (range.id)
			cni_bridge_vlan_set_add(&conf->trunk, range.id);
	}
	return 0;
}

static int check_combinations(const struct cni_call *call, const struct bridge_conf *conf,
			      struct cni_error *err)
{
	bool layer3 = call->conf.ipam_type != NULL;
	char digits[16];

	if (layer3 && conf->disable_container_interface)
		return cni_fail(err, CNI_ECONFIG,
				"cannot use 'ipam' when 'disableContainerInterface' is true");
	if (!layer3 && conf->ip_spoof_check)
		return cni_fail(err, CNI_ECONFIG,
				"cannot use 'ipspoofchk' without 'ipam', which gives the addresses "
				"to check for");
	if (conf->hairpin_mode && conf->promisc_mode)
		return cni_fail(err, CNI_ECONFIG,
				"cannot set 'hairpinMode' and 'promiscMode' at the same time");
	if (cni_link_plan_check(call, NULL, layer3, err) < 0)
		return -1;
	snprintf(digits, sizeof(digits), ".%u", conf->vlan);
	if (layer3 && conf->is_gateway && conf->vlan &&
	    strlen(conf->bridge) + strlen(digits) >= CNI_IFNAME_SIZE)
		return cni_fail(err, CNI_ECONFIG,
				"'bridge' \"%s\" is too long: with 'vlan' %u the gateway's "
				"interface \"%s%s\" would have more than %d characters",
				conf->bridge, conf->vlan, conf->bridge, digits,
				CNI_IFNAME_SIZE - 1);
	return 0;
}

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	struct bridge_conf *conf = data;

	conf->is_gateway |= conf->is_default_gateway;
	if (!*conf->bridge)
		conf->bridge = defaults.bridge;
	if (cni_name_check_interface(conf->bridge, "'bridge'", CNI_ECONFIG, err) < 0 ||
	    read_trunk(conf, err) < 0 ||
	    cni_choose_mac(call, conf->mac_of_runtime, conf->mac_of_args, NULL, conf->mac, err) <
		    0 ||
	    cni_masquerade_choose(conf->ip_masq_backend, &conf->masquerades_by_iptables, err) < 0)
		return -1;
	if (check_combinations(call, conf, err) < 0)
		return -1;
	return cni_masquerade_read_destinations(call, conf->non_masquerade, &conf->destinations,
						err);
}

/* The VLANs of the container's port. With a trunk alone, VLAN 1 stays the native one. */
static struct cni_bridge_vlan_port port_vlans(const struct bridge_conf *conf)
{
	struct cni_bridge_vlan_port port = {.native = conf->vlan, .tagged = conf->trunk};

	if (!port.native && !cni_bridge_vlan_set_is_empty(&port.tagged))
		port.native = 1;
	return port;
}

/* The interface that has the gateways: the bridge itself, or its own in the VLAN. */
static struct cni_bridge_vlan_link gateway_link(const struct bridge_conf *conf)
{
	return (struct cni_bridge_vlan_link){.bridge = conf->bridge,
					     .vlan = conf->is_gateway ? conf->vlan : 0,
					     .keeps_default_vlan = conf->preserve_default_vlan};
}

static void bridge_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct bridge_conf *conf = data;
	const char *ipam = call->conf.ipam_type;
	bool checks_addresses = ipam && conf->ip_spoof_check;
	bool filters_vlans = conf->vlan || conf->vlan_trunk;
	struct cni_bridge_vlan_port vlans = port_vlans(conf);

	if (ipam)
		cni_plan_lease(plan, .type = ipam);
	cni_plan_bridge(plan, .name = conf->bridge, .mtu = conf->mtu, .promisc = conf->promisc_mode,
			.vlan_filtering = filters_vlans);
	cni_plan_veth(plan, .mtu = conf->mtu, .queues = conf->queues, .mac = conf->mac,
		      .master = conf->bridge,
		      .port = {.hairpin = conf->hairpin_mode, .isolated = conf->port_isolation},
		      .filters_vlans = vlans.native != 0, .vlans = vlans,
		      .keeps_default_vlan = conf->preserve_default_vlan);
	if (!checks_addresses)
		cni_plan_spoofcheck(plan, .wanted = conf->mac_spoof_check);
	if (ipam) {
		cni_plan_acquire(plan, .type = ipam, .gateway = conf->is_gateway,
				 .default_route = conf->is_default_gateway);
		if (checks_addresses)
			cni_plan_spoofcheck(plan, .wanted = true, .by_address = true);
		cni_plan_addresses(plan, .dad = conf->enable_dad);
	}
	if (!conf->disable_container_interface)
		cni_plan_up(plan, .dad = ipam && conf->enable_dad);
	if (ipam) {
		cni_plan_announce(plan);
		cni_plan_routes(plan);
	}
	if (ipam && conf->is_gateway) {
		/* Before the addresses: the kernel is still at work on a new IPv6 one when it has
		 * said yes, and if forwarding comes in between it joins the subnet's anycast
		 * address twice, but leaves it once. */
		cni_plan_forwarding(plan);
		cni_plan_gateway(plan, .link = gateway_link(conf), .force = conf->force_address);
	}
	cni_plan_masquerade(plan, .wanted = ipam && conf->ip_masq, .link = gateway_link(conf),
			    .by_iptables = conf->masquerades_by_iptables,
			    .destinations = conf->destinations);
	if (conf->mac_spoof_check || checks_addresses)
		cni_plan_learning(plan);
}

static const struct cni_plugin bridge = {
	.type = "bridge",
	.version = CNI_C_VERSION,
	.delegates = true,
	.contained = &host_local_contained,
	.oldest = CNI_0_1_0,
	.conf_size = sizeof(struct bridge_conf),
	.defaults = &defaults,
	.fields = fields,
	.validate = validate,
	.plan = bridge_plan,
	.about = "Connects a container to a bridge on the host by a veth pair",
	.arguments = cni_mac_arguments,
};

int main(void)
{
	return cni_plan_main(&bridge);
}
