/* SPDX-License-Identifier: Apache-2.0 */
/* firewall: lets the container's packets be forwarded, and keeps bridges apart. Chained behind the
 * plugin that makes the interface. */
#include "cni.h"
#include "parts.h"

#include "firewall_record.h"

#include <string.h>

struct firewall_conf {
	const char *backend;
	const char *ingress_policy;
	const char *admin_chain;
	const char *zone;
	/* worked out by validate() */
	enum cni_firewall_backend chosen;
	enum cni_firewall_policy policy;
};

static const struct firewall_conf defaults = {
	.backend = "",
	.ingress_policy = "",
	.admin_chain = "CNI-ADMIN",
	.zone = "trusted",
};

static const struct cni_word policies[] = {{"", CNI_FIREWALL_OPEN},
					   {"open", CNI_FIREWALL_OPEN},
					   {"same-bridge", CNI_FIREWALL_SAME_BRIDGE},
					   {"isolated", CNI_FIREWALL_ISOLATED},
					   {0}};

static const struct cni_field fields[] = {
	CNI_FIELD(struct firewall_conf, "backend", backend,
		  "The place of the accepts: an empty word leaves the choice to ADD",
		  .words = cni_firewall_backends),
	CNI_FIELD(struct firewall_conf, "ingressPolicy", ingress_policy,
		  "Bridges that are isolated from each other, or from themselves",
		  .words = policies, .unless = "open"),
	CNI_FIELD(struct firewall_conf, "iptablesAdminChainName", admin_chain,
		  "The chain of an administrator's own rules, first in CNI-FORWARD, at "
		  "most 28 characters: of the backend iptables alone"),
	CNI_FIELD(struct firewall_conf, "firewalldZone", zone,
		  "The zone of firewalld whose sources the container's addresses become, "
		  "at most 64 characters: of the backend firewalld alone"),
	{0},
};

static int read_policy(struct firewall_conf *conf, struct cni_error *err)
{
	uint32_t number = CNI_FIREWALL_OPEN;

	if (cni_word_parse(policies, conf->ingress_policy, &number)) {
		conf->policy = (enum cni_firewall_policy)number;
		return 0;
	}
	return cni_fail(err, CNI_ECONFIG,
			"unknown ingress policy: 'ingressPolicy' is \"%.64s\", expected \"open\", "
			"\"same-bridge\" or \"isolated\"",
			conf->ingress_policy);
}

static int read_admin_chain(struct firewall_conf *conf, struct cni_error *err)
{
	static const char *const taken[] = {"INPUT", "FORWARD", "OUTPUT", CNI_IPTABLES_CHAIN};
	const char *given = conf->admin_chain;

	conf->admin_chain = defaults.admin_chain;
	if (!*given)
		return 0;
	if (!cni_iptables_is_chain_name(given))
		return cni_fail(err, CNI_ECONFIG,
				"'iptablesAdminChainName' is \"%.64s\", expected the name of a "
				"chain: at most %d characters, none of them white space or a quote",
				given, CNI_IPTABLES_NAME_MAX);
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		if (!strcmp(given, taken[i]))
			return cni_fail(err, CNI_ECONFIG,
					"'iptablesAdminChainName' is \"%s\", which is a chain of "
					"its own",
					given);
	conf->admin_chain = given;
	return 0;
}

static int read_zone(struct firewall_conf *conf, struct cni_error *err)
{
	const char *given = conf->zone;

	conf->zone = defaults.zone;
	if (!*given)
		return 0;
	if (!cni_firewall_is_zone_name(given))
		return cni_fail(err, CNI_ECONFIG,
				"'firewalldZone' is \"%.64s\", expected the name of a zone", given);
	conf->zone = given;
	return 0;
}

static int read_backend(struct firewall_conf *conf, struct cni_error *err)
{
	if (cni_firewall_backend_parse(conf->backend, &conf->chosen))
		return 0;
	conf->chosen = CNI_FIREWALL_AUTOMATIC;
	return cni_fail(err, CNI_ECONFIG,
			"'backend' is \"%.64s\", expected \"nftables\", \"iptables\", "
			"\"firewalld\" or \"none\", or \"\" to have it chosen",
			conf->backend);
}

/* All of them, so that after a wrong one the others still are what DEL may use. */
static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	int (*const readers[])(struct firewall_conf *, struct cni_error *) = {
		read_backend, read_policy, read_admin_chain, read_zone};
	struct cni_error first = {0};

	(void)call;
	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
		if (readers[i](data, err) < 0)
			cni_fail_first(&first, err);
	return cni_fail_if_any(&first, err);
}

static void firewall_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct firewall_conf *conf = data;

	(void)call;
	cni_plan_firewall(plan, .backend = conf->chosen, .policy = conf->policy, .zone = conf->zone,
			  .admin_chain = conf->admin_chain);
}

static const struct cni_plugin firewall = {
	.type = "firewall",
	.version = CNI_C_VERSION,
	.oldest = CNI_0_1_0,
	.chaining = CNI_CHAIN_BEHIND,
	.conf_size = sizeof(struct firewall_conf),
	.defaults = &defaults,
	.fields = fields,
	.validate = validate,
	.plan = firewall_plan,
	.about = "Lets the container's packets be forwarded, and keeps bridges apart",
};

int main(void)
{
	return cni_plan_main(&firewall);
}
