/* SPDX-License-Identifier: Apache-2.0 */
/* ptp: a veth between the container and the host, without a bridge. */
#include "cni.h"
#include "host_local.h"
#include "parts.h"

struct ptp_conf {
	bool ip_masq;
	const char *ip_masq_backend;
	uint32_t mtu;
};

static const struct cni_field fields[] = {
	CNI_FIELD(struct ptp_conf, "ipMasq", ip_masq),
	CNI_FIELD(struct ptp_conf, "ipMasqBackend", ip_masq_backend),
	CNI_FIELD(struct ptp_conf, "mtu", mtu, .max = 65535),
	{0},
};

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	const struct ptp_conf *conf = data;

	if (cni_masquerade_check_backend(conf->ip_masq_backend, err) < 0)
		return -1;
	if (!call->conf.ipam_type && call->conf.version < CNI_0_3_0)
		return cni_fail(err, CNI_EVERSION,
				"a result of cniVersion %s needs an address: use 0.3.0 or later "
				"without 'ipam'",
				cni_version_text(call->conf.version));
	return 0;
}

static void ptp_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct ptp_conf *conf = data;
	const char *ipam = call->conf.ipam_type;

	if (ipam)
		cni_plan_lease(plan, .type = ipam);
	cni_plan_veth(plan, .mtu = conf->mtu);
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
	cni_plan_masquerade(plan, .wanted = ipam && conf->ip_masq);
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
};

int main(void)
{
	return cni_plan_main(&ptp);
}
