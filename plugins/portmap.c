/* SPDX-License-Identifier: Apache-2.0 */
/* portmap: publishes ports of the container as ports of the host. Chained behind the plugin that
 * makes the interface. */
#include "cni.h"
#include "conditional_ports.h"
#include "parts.h"
#include "port_mappings.h"

#include <stdlib.h>
#include <string.h>

struct portmap_conf {
	bool snat;
	bool masq_all;
	uint32_t mark_masq_bit;
	const char *external_set_mark_chain;
	const cJSON *conditions_v4;
	const cJSON *conditions_v6;
	const char *backend;
	const cJSON *port_mappings;
	/* worked out by validate() */
	struct cni_port_mapping *mappings;
	size_t count;
	bool by_iptables;
	const char **conditions[2]; /* for IPv4 and IPv6, end with NULL; NULL: none */
};

#define NO_BIT UINT32_MAX
/* Kubernetes has the bits 14 and 15, Calico 20 to 31. */
#define DEFAULT_BIT 13
static const struct portmap_conf defaults = {
	.snat = true, .mark_masq_bit = NO_BIT, .external_set_mark_chain = ""};

enum backend { AUTOMATIC, NFTABLES, IPTABLES };
static const struct cni_word backends[] = {
	{"", AUTOMATIC}, {"nftables", NFTABLES}, {"iptables", IPTABLES}, {0}};

static const struct cni_field fields[] = {
	CNI_FIELD(struct portmap_conf, "snat", snat,
		  "The container itself, and the host by 127.0.0.1, reach the port too"),
	CNI_FIELD(struct portmap_conf, "masqAll", masq_all,
		  "Connections that come in by a published port get the host's address"),
	CNI_FIELD(struct portmap_conf, "markMasqBit", mark_masq_bit,
		  "The bit of the mark of packets to masquerade: of the backend iptables "
		  "alone",
		  .max = 31, .unless = "13"),
	CNI_FIELD(struct portmap_conf, "externalSetMarkChain", external_set_mark_chain,
		  "Another program's chain that marks packets to masquerade, such as "
		  "KUBE-MARK-MASQ: of the backend iptables alone, not beside markMasqBit"),
	CNI_FIELD(struct portmap_conf, "conditionsV4", conditions_v4,
		  "Further conditions of the IPv4 ports, in the backend's words",
		  .type = CNI_TYPE_STRINGS),
	CNI_FIELD(struct portmap_conf, "conditionsV6", conditions_v6,
		  "Further conditions of the IPv6 ports, in the backend's words",
		  .type = CNI_TYPE_STRINGS),
	CNI_FIELD(struct portmap_conf, "backend", backend,
		  "The place of the rules: \"\" leaves the choice to the keys that one "
		  "backend alone has",
		  .words = backends, .unless = "nftables"),
	CNI_FIELD(struct portmap_conf, "portMappings", port_mappings,
		  "The ports to publish: without it nothing is published",
		  .section = {"runtimeConfig"}, .type = CNI_TYPE_LIST,
		  .items = cni_port_mapping_fields, .unless = CNI_REQUIRED),
	{0},
};

/* ---- the backend and its keys ---- */

/* Conditions of iptables begin with a hyphen or an exclamation mark, those of nft do not. */
static bool is_of_iptables(const char *const *conditions)
{
	return **conditions == '-' || **conditions == '!';
}

static int read_conditions(const cJSON *list, const char *key, const char ***ret_words,
			   struct cni_error *err)
{
	const cJSON *item;
	size_t count = 0;

	if (cni_json_check_list(list, key, err) < 0)
		return -1;
	*ret_words = cni_alloc(((size_t)cJSON_GetArraySize(list) + 1) * sizeof(**ret_words));
	cJSON_ArrayForEach (item, list) {
		if (!cJSON_IsString(item) || strpbrk(item->valuestring, "\r\n"))
			return cni_fail(err, CNI_ECONFIG,
					"'%s' holds %s, expected strings without line breaks", key,
					cni_json_show(item));
		if (*item->valuestring)
			(*ret_words)[count++] = item->valuestring;
	}
	if (count)
		return 0;
	free(*ret_words);
	*ret_words = NULL;
	return 0;
}

static int check_chain(const char *name, struct cni_error *err)
{
	if (!*name || cni_iptables_is_chain_name(name))
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"'externalSetMarkChain' is \"%.64s\", expected the name of a chain: at "
			"most %d characters, none of them white space or a quote",
			name, CNI_IPTABLES_NAME_MAX);
}

/* Keys of one backend choose it where 'backend' does not. */
static int choose_backend(struct portmap_conf *conf, struct cni_error *err)
{
	static const char *const keys[] = {"conditionsV4", "conditionsV6"};
	const char *backend = conf->backend ? conf->backend : "";
	const char *of_iptables = *conf->external_set_mark_chain ? "externalSetMarkChain" : NULL;
	const char *of_nftables = NULL;
	uint32_t given = AUTOMATIC;
	const char *wrong;

	for (size_t i = 0; i < 2; i++) {
		const char *const *words = conf->conditions[i];

		if (words)
			*(is_of_iptables(words) ? &of_iptables : &of_nftables) = keys[i];
	}
	if (!cni_word_parse(backends, backend, &given))
		return cni_fail(err, CNI_ECONFIG,
				"'backend' is \"%.64s\", expected \"nftables\" or \"iptables\"",
				backend);
	conf->by_iptables = given == AUTOMATIC ? of_iptables != NULL : given == IPTABLES;
	for (size_t i = 0; i < 2; i++)
		if (!conf->by_iptables && !cni_conditional_ports_are_words(conf->conditions[i]))
			return cni_fail(err, CNI_ECONFIG,
					"'%s' has ';', '#' or a quote without its end, expected "
					"conditions of one rule of nft",
					keys[i]);
	wrong = conf->by_iptables ? of_nftables : of_iptables;
	if (wrong)
		return cni_fail(err, CNI_ECONFIG,
				"'%s' is for the backend \"%s\", expected one for \"%s\"", wrong,
				conf->by_iptables ? "nftables" : "iptables",
				conf->by_iptables ? "iptables" : "nftables");
	return 0;
}

static int read_backend(struct portmap_conf *conf, struct cni_error *err)
{
	if (*conf->external_set_mark_chain && conf->mark_masq_bit != NO_BIT)
		return cni_fail(err, CNI_ECONFIG,
				"Cannot specify externalSetMarkChain and markMasqBit");
	if (check_chain(conf->external_set_mark_chain, err) < 0 ||
	    read_conditions(conf->conditions_v4, "conditionsV4", &conf->conditions[0], err) < 0 ||
	    read_conditions(conf->conditions_v6, "conditionsV6", &conf->conditions[1], err) < 0)
		return -1;
	return choose_backend(conf, err);
}

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	struct portmap_conf *conf = data;

	(void)call;
	if (read_backend(conf, err) == 0 &&
	    cni_port_mappings_decode(conf->port_mappings, conf->by_iptables, &conf->mappings,
				     &conf->count, err) == 0)
		return 0;
	free(conf->conditions[0]);
	free(conf->conditions[1]);
	conf->conditions[0] = conf->conditions[1] = NULL;
	return -1;
}

static void portmap_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct portmap_conf *conf = data;

	(void)call;
	cni_plan_portmap(plan, .mappings = conf->mappings, .count = conf->count, .snat = conf->snat,
			 .masq_all = conf->masq_all, .by_iptables = conf->by_iptables,
			 .mark_bit =
				 conf->mark_masq_bit == NO_BIT ? DEFAULT_BIT : conf->mark_masq_bit,
			 .set_mark_chain = conf->external_set_mark_chain,
			 .conditions = {conf->conditions[0], conf->conditions[1]});
}

static const struct cni_plugin portmap = {
	.type = "portmap",
	.version = CNI_C_VERSION,
	.oldest = CNI_0_1_0,
	.chaining = CNI_CHAIN_BEHIND,
	.conf_size = sizeof(struct portmap_conf),
	.defaults = &defaults,
	.fields = fields,
	.validate = validate,
	.plan = portmap_plan,
	.about = "Publishes ports of the container as ports of the host",
};

int main(void)
{
	return cni_plan_main(&portmap);
}
