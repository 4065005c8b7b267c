/* SPDX-License-Identifier: Apache-2.0 */
/* portmap: publishes ports of the container as ports of the host. Chained behind the plugin that
 * makes the interface. */
#include "cni.h"
#include "conditional_ports.h"
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

/* A mapping as it stands in JSON. */
struct entry {
	uint32_t host_port;
	uint32_t container_port;
	const char *protocol;
	const char *host_ip;
};

static const struct cni_word protocols[] = {
	{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"sctp", IPPROTO_SCTP}, {0}};

static const struct cni_field entry_fields[] = {
	CNI_FIELD(struct entry, "hostPort", host_port, "The port of the host: 0 is refused",
		  .max = UINT16_MAX),
	CNI_FIELD(struct entry, "containerPort", container_port,
		  "The port of the container: 0 is refused", .max = UINT16_MAX),
	CNI_FIELD(struct entry, "protocol", protocol, "The protocol, in any case",
		  .words = protocols),
	CNI_FIELD(struct entry, "hostIP", host_ip,
		  "The host's address that is published: 0.0.0.0 and :: are any of the "
		  "family",
		  .unless = "any"),
	{0},
};

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
		  .section = {"runtimeConfig"}, .type = CNI_TYPE_LIST, .items = entry_fields,
		  .unless = CNI_REQUIRED),
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

/* ---- the mappings ---- */

static int read_protocol(const char *text, uint8_t *ret_protocol, struct cni_error *err)
{
	for (const struct cni_word *word = protocols; word->word; word++)
		if (!strcasecmp(text, word->word)) {
			*ret_protocol = (uint8_t)word->number;
			return 0;
		}
	return cni_fail(err, CNI_ECONFIG, "'protocol' is \"%.64s\", expected tcp, udp or sctp",
			text);
}

static int read_mapping(const cJSON *item, struct cni_port_mapping *mapping, struct cni_error *err)
{
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
 * and "", or the very same, both. A host port cannot lead to two container ports. The Go plugin's rules of
 * iptables name repeated ones. */
static int add_mapping(struct portmap_conf *conf, const struct cni_port_mapping *mapping,
		       bool is_first, struct cni_error *err)
{
	char text[CNI_PORT_TEXT_SIZE];
	size_t i = is_first ? conf->count : 0;

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
		if (conf->by_iptables) {
			i++;
			continue;
		}
		if (cni_ip_is_set(&mapping->host_ip) || !cni_ip_is_set(&other->host_ip))
			return 0;
		/* The older one is of one family, and the new one is of both. */
		*other = conf->mappings[--conf->count];
	}
	conf->mappings[conf->count++] = *mapping;
	return 0;
}

/* Ports that the list has had: most lists have no port twice, and need no search. */
struct seen {
	uint8_t bits[(UINT16_MAX + 1) / 8];
};

static bool is_first(struct seen *seen, uint16_t port)
{
	uint8_t bit = (uint8_t)(1U << port % 8);
	bool first = !(seen->bits[port / 8] & bit);

	seen->bits[port / 8] |= bit;
	return first;
}

static int read_mappings(struct portmap_conf *conf, struct cni_error *err)
{
	struct seen seen = {.bits = {0}};
	const cJSON *item;
	size_t number = 0;

	if (cni_json_check_list(conf->port_mappings, "runtimeConfig.portMappings", err) < 0)
		return -1;
	conf->mappings = cni_alloc((size_t)cJSON_GetArraySize(conf->port_mappings) *
				   sizeof(*conf->mappings));
	cJSON_ArrayForEach (item, conf->port_mappings) {
		struct cni_port_mapping mapping = {.host_port = 0};

		if (!cJSON_IsNull(item) &&
		    (read_mapping(item, &mapping, err) < 0 ||
		     add_mapping(conf, &mapping, is_first(&seen, mapping.host_port), err) < 0))
			return cni_fail_within(err, "'runtimeConfig.portMappings[%zu]'", number);
		number++;
	}
	return 0;
}

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	struct portmap_conf *conf = data;

	(void)call;
	if (read_backend(conf, err) == 0 && read_mappings(conf, err) == 0)
		return 0;
	free(conf->mappings);
	free(conf->conditions[0]);
	free(conf->conditions[1]);
	conf->conditions[0] = conf->conditions[1] = NULL;
	conf->mappings = NULL;
	conf->count = 0;
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
