/* SPDX-License-Identifier: Apache-2.0 */
/* portmap: publishes ports of the container as ports of the host. Chained behind the plugin that
 * makes the interface. */
#include "cni.h"
#include "parts.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
};

#define NO_BIT UINT32_MAX
static const struct portmap_conf defaults = {.snat = true, .mark_masq_bit = NO_BIT};

static const struct cni_field fields[] = {
	CNI_FIELD(struct portmap_conf, "snat", snat),
	CNI_FIELD(struct portmap_conf, "masqAll", masq_all),
	CNI_FIELD(struct portmap_conf, "markMasqBit", mark_masq_bit, .max = 31),
	CNI_FIELD(struct portmap_conf, "externalSetMarkChain", external_set_mark_chain),
	CNI_FIELD(struct portmap_conf, "conditionsV4", conditions_v4),
	CNI_FIELD(struct portmap_conf, "conditionsV6", conditions_v6),
	CNI_FIELD(struct portmap_conf, "backend", backend),
	CNI_FIELD(struct portmap_conf, "portMappings", port_mappings, .section = {"runtimeConfig"}),
	{0},
};

/* ---- what we do not do, by name ---- */

static int refuse_conditions(const cJSON *list, const char *key, struct cni_error *err)
{
	if (!list || (cJSON_IsArray(list) && !cJSON_GetArraySize(list)))
		return 0;
	if (!cJSON_IsArray(list))
		return cni_json_check_list(list, key, err);
	return cni_fail(err, CNI_EFIELD,
			"'%s' is %s, which is not supported: a published port is an element of a "
			"map, not a rule that could have conditions",
			key, cni_json_show(list));
}

static int check_backend(const struct portmap_conf *conf, struct cni_error *err)
{
	const char *backend = conf->backend ? conf->backend : "";

	if (!*backend || !strcmp(backend, "nftables"))
		return 0;
	if (!strcmp(backend, "iptables"))
		return cni_fail(err, CNI_EFIELD,
				"'backend' is \"iptables\", which is not supported, expected "
				"\"nftables\"");
	return cni_fail(err, CNI_ECONFIG, "'backend' is \"%.64s\", expected \"nftables\"", backend);
}

static int check_supported(const struct portmap_conf *conf, struct cni_error *err)
{
	bool has_chain = conf->external_set_mark_chain && *conf->external_set_mark_chain;

	if (has_chain && conf->mark_masq_bit != NO_BIT)
		return cni_fail(err, CNI_ECONFIG,
				"Cannot specify externalSetMarkChain and markMasqBit");
	if (has_chain)
		return cni_fail(err, CNI_EFIELD,
				"'externalSetMarkChain' is \"%.64s\", a chain of iptables, which "
				"is not supported",
				conf->external_set_mark_chain);
	if (refuse_conditions(conf->conditions_v4, "conditionsV4", err) < 0 ||
	    refuse_conditions(conf->conditions_v6, "conditionsV6", err) < 0)
		return -1;
	return check_backend(conf, err);
}

/* ---- the mappings ---- */

/* As it stands in JSON. */
struct entry {
	uint32_t host_port;
	uint32_t container_port;
	const char *protocol;
	const char *host_ip;
};

static int read_protocol(const char *text, uint8_t *ret_protocol, struct cni_error *err)
{
	static const struct {
		const char *name;
		uint8_t number;
	} protocols[] = {{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"sctp", IPPROTO_SCTP}};

	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (!strcasecmp(text, protocols[i].name)) {
			*ret_protocol = protocols[i].number;
			return 0;
		}
	return cni_fail(err, CNI_ECONFIG, "'protocol' is \"%.64s\", expected tcp, udp or sctp",
			text);
}

static int read_mapping(const cJSON *item, struct cni_port_mapping *mapping, struct cni_error *err)
{
	static const struct cni_field entry_fields[] = {
		CNI_FIELD(struct entry, "hostPort", host_port, .max = UINT16_MAX),
		CNI_FIELD(struct entry, "containerPort", container_port, .max = UINT16_MAX),
		CNI_FIELD(struct entry, "protocol", protocol),
		CNI_FIELD(struct entry, "hostIP", host_ip),
		{0},
	};
	struct entry entry = {.protocol = "", .host_ip = ""};

	if (!cJSON_IsObject(item))
		return cni_fail(err, CNI_ECONFIG, "it is %s, expected an object",
				cni_json_show(item));
	if (cni_decode(entry_fields, item, &entry, false, err) < 0)
		return -1;
	if (!entry.container_port)
		return cni_fail(err, CNI_ECONFIG,
				"Invalid container port number: 0, expected 1 to 65535");
	if (!entry.host_port)
		return cni_fail(err, CNI_ECONFIG,
				"Invalid host port number: 0, expected 1 to 65535");
	mapping->host_port = (uint16_t)entry.host_port;
	mapping->container_port = (uint16_t)entry.container_port;
	if (*entry.host_ip && cni_ip_parse(entry.host_ip, &mapping->host_ip) < 0)
		return cni_fail(err, CNI_ECONFIG, "'hostIP' is \"%.64s\", expected an IP address",
				entry.host_ip);
	return read_protocol(entry.protocol, &mapping->protocol, err);
}

/* Takes a mapping into the list, unless one that is there publishes as much: runtimes may say "0.0.0.0"
 * and "", or the very same, both. A host port cannot lead to two container ports. */
static int add_mapping(struct portmap_conf *conf, const struct cni_port_mapping *mapping,
		       struct cni_error *err)
{
	char text[CNI_PORT_TEXT_SIZE];
	size_t i = 0;

	while (i < conf->count) {
		struct cni_port_mapping *other = &conf->mappings[i];

		if (!cni_port_mapping_collides(other, mapping)) {
			i++;
			continue;
		}
		if (other->container_port != mapping->container_port)
			return cni_fail(err, CNI_ECONFIG,
					"port %s is in the list twice, for the ports %u and %u",
					cni_port_mapping_format(mapping, text),
					other->container_port, mapping->container_port);
		if (cni_ip_is_set(&mapping->host_ip) || !cni_ip_is_set(&other->host_ip))
			return 0;
		/* The older one is of one family, and the new one is of both. */
		*other = conf->mappings[--conf->count];
	}
	conf->mappings[conf->count++] = *mapping;
	return 0;
}

static int read_mappings(struct portmap_conf *conf, struct cni_error *err)
{
	const cJSON *item;
	size_t number = 0;

	if (cni_json_check_list(conf->port_mappings, "runtimeConfig.portMappings", err) < 0)
		return -1;
	conf->mappings = cni_alloc((size_t)cJSON_GetArraySize(conf->port_mappings) *
				   sizeof(*conf->mappings));
	cJSON_ArrayForEach (item, conf->port_mappings) {
		struct cni_port_mapping mapping = {.host_port = 0};

		if (!cJSON_IsNull(item) &&
		    (read_mapping(item, &mapping, err) < 0 || add_mapping(conf, &mapping, err) < 0))
			return cni_fail_within(err, "'runtimeConfig.portMappings[%zu]'", number);
		number++;
	}
	return 0;
}

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	struct portmap_conf *conf = data;

	(void)call;
	if (check_supported(conf, err) == 0 && read_mappings(conf, err) == 0)
		return 0;
	free(conf->mappings);
	conf->mappings = NULL;
	conf->count = 0;
	return -1;
}

static void portmap_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct portmap_conf *conf = data;

	(void)call;
	cni_plan_portmap(plan, .mappings = conf->mappings, .count = conf->count, .snat = conf->snat,
			 .masq_all = conf->masq_all);
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
};

int main(void)
{
	return cni_plan_main(&portmap);
}
