/* SPDX-License-Identifier: Apache-2.0 */
/* ptp: a veth between the container and the host, without a bridge. */
#include "host_local.h"
#include "link_plan.h"

struct ptp_conf {
	bool ip_masq;
	const char *ip_masq_backend;
	const cJSON *non_masquerade;
	uint32_t mtu;
	uint32_t queues;
	/* by validate() */
	bool masquerades_by_iptables;
	struct cni_destinations destinations; /* the plan's part frees them */
};

static const struct cni_field fields[] = {
	CNI_FIELD(struct ptp_conf, "ipMasq", ip_masq,
		  "Packets that leave the network get the host's address: without effect "
		  "without 'ipam'"),
	CNI_FIELD(struct ptp_conf, "ipMasqBackend", ip_masq_backend,
		  "The place of the masquerade rules", .words = cni_masquerade_backends,
		  .unless = "nftables"),
	CNI_FIELD(struct ptp_conf, "nonMasqueradeCIDRs", non_masquerade,
		  "Packets to these prefixes keep the container's address with ipMasq: at "
		  "most 1,024, of both families",
		  .type = CNI_TYPE_PREFIXES),
	CNI_FIELD(struct ptp_conf, "mtu", mtu, "MTU of the pair: 0 or less is the kernel's",
		  .max = 65535, .negative_is_zero = true),
	CNI_FIELD(struct ptp_conf, "queues", queues,
		  "Queues of each end of the pair, to send and to receive: 0 is the kernel's, "
		  "one for each possible CPU, of which one is in use",
		  .max = CNI_VETH_QUEUES_MAX),
	{0},
};

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	struct ptp_conf *conf = data;

	if (cni_masquerade_choose(conf->ip_masq_backend, &conf->masquerades_by_iptables, err) < 0)
		return -1;
	if (cni_link_plan_check(call, NULL, call->conf.ipam_type != NULL, err) < 0)
		return -1;
	return cni_masquerade_read_destinations(call, conf->non_masquerade, &conf->destinations,
						err);
}

static void ptp_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct ptp_conf *conf = data;
	const char *ipam = call->conf.ipam_type;

	if (ipam)
		cni_plan_lease(plan, .type = ipam);
	cni_plan_veth(plan, .mtu = conf->mtu, .queues = conf->queues);
	if (ipam) {
		cni_plan_acquire(plan, .type = ipam, .gateway = true, .gateway_for = "ptp");
		cni_plan_addresses(plan, .no_route = true);
	}
	cni_plan_up(plan, .dad = false);
	if (ipam) {
		cni_plan_peer(plan);
		cni_plan_routes(plan);
		cni_plan_forwarding(plan);
	}
	cni_plan_masquerade(plan, .wanted = ipam && conf->ip_masq,
			    .by_iptables = conf->masquerades_by_iptables,
			    .destinations = conf->destinations);
}

static const struct cni_plugin ptp = {
	.type = "ptp",
	.version = CNI_C_VERSION,
	.delegates = true,
	.contained = &host_local_contained,
	.oldest = CNI_0_1_0,
	.conf_size = sizeof(struct ptp_conf),
	.fields = fields,
	.validate = validate,
	.plan = ptp_plan,
	.about = "Connects a container to the host by a veth pair, without a bridge",
};

int main(void)
{
	return cni_plan_main(&ptp);
}
