/* SPDX-License-Identifier: Apache-2.0 */
#include "port_mappings.h"

#include "mem.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <strings.h>

/* A mapping as it stands in JSON. */
struct entry {
	uint32_t host_port;
	uint32_t container_port;
	const char *protocol;
	const char *host_ip;
};

static const struct cni_word protocols[] = {
	{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"sctp", IPPROTO_SCTP}, {0}};

const struct cni_field cni_port_mapping_fields[] = {
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
	if (cni_decode(cni_port_mapping_fields, item, &entry, false, err) < 0)
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

struct list {
	struct cni_port_mapping *mappings;
	size_t count;
	bool keeps_repeated;
};

/* Takes a mapping into the list, unless one that is there publishes as much: runtimes may say "0.0.0.0"
 * and "", or the very same, both. A host port cannot lead to two container ports. The Go plugin's rules of
 * iptables name repeated ones. */
static int add_mapping(struct list *list, const struct cni_port_mapping *mapping, bool is_first,
		       struct cni_error *err)
{
	char text[CNI_PORT_TEXT_SIZE];
	size_t i = is_first ? list->count : 0;

	while (i < list->count) {
		struct cni_port_mapping *other = &list->mappings[i];

		if (!cni_port_mapping_collides(other, mapping)) {
			i++;
			continue;
		}
		if (other->container_port != mapping->container_port)
			return cni_fail(err, CNI_ECONFIG,
					"port %s is in the list twice, for the ports %u and %u",
					cni_port_mapping_format(mapping, text),
					other->container_port, mapping->container_port);
		if (list->keeps_repeated) {
			i++;
			continue;
		}
		if (cni_ip_is_set(&mapping->host_ip) || !cni_ip_is_set(&other->host_ip))
			return 0;
		/* The older one is of one family, and the new one is of both. */
		*other = list->mappings[--list->count];
	}
	list->mappings[list->count++] = *mapping;
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

static int read_mappings(const cJSON *json, struct list *list, struct cni_error *err)
{
	struct seen seen = {.bits = {0}};
	const cJSON *item;
	size_t number = 0;

	cJSON_ArrayForEach (item, json) {
		struct cni_port_mapping mapping = {.host_port = 0};

		if (!cJSON_IsNull(item) &&
		    (read_mapping(item, &mapping, err) < 0 ||
		     add_mapping(list, &mapping, is_first(&seen, mapping.host_port), err) < 0))
			return cni_fail_within(err, "'runtimeConfig.portMappings[%zu]'", number);
		number++;
	}
	return 0;
}

int cni_port_mappings_decode(const cJSON *json, bool keeps_repeated,
			     struct cni_port_mapping **ret_mappings, size_t *ret_count,
			     struct cni_error *err)
{
	struct list list = {.keeps_repeated = keeps_repeated};

	if (cni_json_check_list(json, "runtimeConfig.portMappings", err) < 0)
		return -1;
	list.mappings = cni_alloc((size_t)cJSON_GetArraySize(json) * sizeof(*list.mappings));
	if (read_mappings(json, &list, err) < 0) {
		free(list.mappings);
		return -1;
	}
	*ret_mappings = list.mappings;
	*ret_count = list.count;
	return 0;
}
