/* SPDX-License-Identifier: Apache-2.0 */
/* sbr: source based routing. The container answers through the interface that it was asked on. Chained
 * behind the plugin that makes the interface. */
#include "parts.h"

#include <stdlib.h>

struct sbr_conf {
	uint32_t table;
	struct cni_strings gateways;
	bool add_source_hints;
	/* worked out by validate() */
	struct cni_ip chosen[2]; /* IPv4, IPv6 */
};

static const struct cni_field fields[] = {
	CNI_FIELD(struct sbr_conf, "table", table,
		  "The routing table that the rules lead to: no route is made or moved", .min = 1,
		  .max = UINT32_MAX, .unless = "a free one for each address"),
	CNI_FIELD(struct sbr_conf, "gateways", gateways,
		  "The gateway of the default route in the new tables, at most one of each "
		  "family",
		  .type = CNI_TYPE_ADDRESSES, .unless = "those of the addresses"),
	CNI_FIELD(struct sbr_conf, "addSourceHints", add_source_hints,
		  "The subnets' routes stay in the main table, with the addresses as "
		  "preferred sources"),
	{0},
};

static int read_gateway(const char *text, struct sbr_conf *conf, struct cni_error *err)
{
	char first[CNI_IP_TEXT_SIZE];
	struct cni_ip *chosen;
	struct cni_ip ip;

	if (cni_ip_parse(text, &ip) < 0)
		return cni_fail(err, CNI_ECONFIG,
				"invalid static gateway IP address: 'gateways' has \"%.64s\", "
				"expected an address such as \"10.1.0.1\"",
				text);
	chosen = &conf->chosen[ip.family == AF_INET6];
	if (cni_ip_is_set(chosen))
		return cni_fail(err, CNI_ECONFIG,
				"gateways list contains multiple %s addresses: %s and %.64s, "
				"expected at most one",
				ip.family == AF_INET6 ? "IPv6" : "IPv4",
				cni_ip_format(chosen, first), text);
	*chosen = ip;
	return 0;
}

static int read_gateways(struct sbr_conf *conf, struct cni_error *err)
{
	if (conf->gateways.count > 2)
		return cni_fail(err, CNI_ECONFIG,
				"gateways list cannot contain more than 2 entries (one IPv4, one "
				"IPv6): 'gateways' has %zu",
				conf->gateways.count);
	for (size_t i = 0; i < conf->gateways.count; i++)
		if (read_gateway(conf->gateways.items[i], conf, err) < 0)
			return -1;
	return 0;
}

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	struct sbr_conf *conf = data;
	int failed = read_gateways(conf, err);

	(void)call;
	free(conf->gateways.items);
	conf->gateways = (struct cni_strings){.count = 0};
	return failed;
}

static void sbr_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct sbr_conf *conf = data;

	(void)call;
	cni_plan_source_routes(plan, .table = conf->table,
			       .gateways = {conf->chosen[0], conf->chosen[1]},
			       .hints = conf->add_source_hints);
}

static const struct cni_plugin sbr = {
	.type = "sbr",
	.version = CNI_C_VERSION,
	.oldest = CNI_0_1_0,
	.chaining = CNI_CHAIN_BEHIND,
	.unchained = "This plugin must be called as chained plugin",
	.inside = true,
	.conf_size = sizeof(struct sbr_conf),
	.fields = fields,
	.validate = validate,
	.plan = sbr_plan,
	.about = "Source based routing: the container answers through the interface that was asked",
};

int main(void)
{
	return cni_plan_main(&sbr);
}
