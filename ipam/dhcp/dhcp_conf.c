/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_conf.h"

#include "cleanup.h"
#include "decode.h"
#include "dhcp6_record.h"
#include "dhcp_flags.h"
#include "dhcp_options.h"
#include "hash.h"
#include "json.h"
#include "mem.h"

#include <string.h>

struct keys {
	const char *socket;
	const cJSON *provide;
	const cJSON *request;
	uint32_t priority;
	bool probe;
	const cJSON *families;
	const char *duid;
};

static const struct keys defaults = {.socket = DHCP_SOCKET, .probe = true, .duid = ""};

static const struct cni_field fields[] = {
	CNI_FIELD(struct keys, "daemonSocketPath", socket, "The daemon's socket",
		  .section = {"ipam"}),
	CNI_FIELD(struct keys, "provide", provide, "Options that each message to the server has",
		  .section = {"ipam"}, .type = CNI_TYPE_LIST, .items = dhcp_provide_fields),
	CNI_FIELD(struct keys, "request", request, "More options that the server is asked for",
		  .section = {"ipam"}, .type = CNI_TYPE_LIST, .items = dhcp_request_fields),
	CNI_FIELD(struct keys, "priority", priority, "The metric of the routes: 0 is none",
		  .section = {"ipam"}),
	CNI_FIELD(struct keys, "probe", probe,
		  "Asks whether another host has the address, and declines one in use",
		  .section = {"ipam"}),
	CNI_FIELD(struct keys, "families", families,
		  "The families of the addresses: ipv4, ipv6 or both", .section = {"ipam"},
		  .type = CNI_TYPE_STRINGS, .unless = "ipv4"),
	CNI_FIELD(struct keys, "duid", duid, "The client's DUID for DHCPv6, in hexadecimal digits",
		  .section = {"ipam"},
		  .unless = "of type 4, from container, network and interface"),
	{0},
};

const struct cni_description dhcp_description = {
	.about = "Gets addresses from the network's own DHCP servers, by a daemon that keeps the "
		 "leases",
	.role = CNI_ROLE_IPAM,
	.fields = fields,
	.defaults = &defaults,
};

/* ---- families ---- */

static int read_families(const cJSON *families, struct dhcp_conf *conf, struct cni_error *err)
{
	const cJSON *item;

	if (cni_json_check_list(families, "ipam.families", err) < 0)
		return -1;
	conf->wants_four = !families || cJSON_IsNull(families);
	cJSON_ArrayForEach (item, families) {
		const char *word = cJSON_IsString(item) ? item->valuestring : "";

		if (!strcmp(word, "ipv4"))
			conf->wants_four = true;
		else if (!strcmp(word, "ipv6"))
			conf->wants_six = true;
		else
			return cni_fail(err, CNI_ECONFIG,
					"'ipam.families' has %s, expected \"ipv4\" or \"ipv6\"",
					cni_json_show(item));
	}
	if (conf->wants_four || conf->wants_six)
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"'ipam.families' is empty, expected \"ipv4\", \"ipv6\" or both");
}

/* ---- the identity for IPv6 ---- */

/* RFC 8415, section 11.1: a type of two bytes, and at least one of the identifier. */
#define DUID_MIN     3
#define DUID_UUID    4 /* RFC 6355 */
#define UUID_SIZE    16
#define UUID_VERSION 0x80 /* RFC 9562, section 5.8: of a form of our own */
#define UUID_VARIANT 0x80

static int read_duid(const char *text, struct dhcp6_duid *duid, struct cni_error *err)
{
	size_t size = 0;

	if (!dhcp6_hex_read(text, duid->bytes, sizeof(duid->bytes), &size) || size < DUID_MIN)
		return cni_fail(err, CNI_ECONFIG,
				"'ipam.duid' is \"%.64s\", expected %d to %d bytes in hexadecimal "
				"digits, such as \"00:04:a1:b2\"",
				text, DUID_MIN, DHCP6_DUID_MAX);
	duid->size = (uint8_t)size;
	return 0;
}

/* Both stay the same for container, network and interface. Containers may share a DUID that is configured: the IAID
 * tells them apart. */
static void make_identity(const struct cni_call *call, struct dhcp6_identity *identity)
{
	freeing char *name =
		cni_format("%s/%s/%s", call->env.container, call->conf.name, call->env.ifname);
	char digits[CNI_HASH_TEXT_SIZE];
	uint8_t bytes[UUID_SIZE + sizeof(uint32_t)];
	uint8_t *uuid = identity->duid.bytes + 2;
	size_t size;

	cni_hash_hex(name, strlen(name), digits);
	digits[2 * sizeof(bytes)] = '\0';
	dhcp6_hex_read(digits, bytes, sizeof(bytes), &size);
	identity->iaid = dhcp6_u32(bytes + UUID_SIZE);
	if (identity->duid.size)
		return;
	identity->duid.size = 2 + UUID_SIZE;
	dhcp6_write_u16(identity->duid.bytes, DUID_UUID);
	memcpy(uuid, bytes, UUID_SIZE);
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | UUID_VERSION);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | UUID_VARIANT);
}

/* ---- all of it ---- */

int dhcp_conf_read(const struct cni_call *call, struct dhcp_conf *ret_conf, struct cni_error *err)
{
	struct keys keys = defaults;

	*ret_conf = (struct dhcp_conf){.socket = DHCP_SOCKET};
	if (!call->conf.ipam)
		return cni_fail(err, CNI_ECONFIG, "IPAM config missing 'ipam' key");
	if (cni_decode(fields, call->conf.json, &keys, false, err) < 0)
		return -1;
	if (*keys.socket)
		ret_conf->socket = keys.socket;
	ret_conf->priority = keys.priority;
	ret_conf->probe = keys.probe;
	if (read_families(keys.families, ret_conf, err) < 0 ||
	    (*keys.duid && read_duid(keys.duid, &ret_conf->identity.duid, err) < 0))
		return -1;
	if (call->env.command == CNI_ADD && ret_conf->wants_six)
		make_identity(call, &ret_conf->identity);
	/* `provide` may hold another client identifier. */
	if (call->env.command == CNI_ADD)
		dhcp_options_put_client_id(&ret_conf->options, call->env.container, call->conf.name,
					   call->env.ifname);
	return dhcp_options_of_conf(keys.provide, keys.request,
				    call->env.args ? call->env.args : "", &ret_conf->options, err);
}

const char *dhcp_conf_socket(const struct cni_call *call)
{
	struct keys keys = defaults;
	struct cni_error ignored;

	cni_decode(fields, call->conf.json, &keys, true, &ignored);
	return keys.socket && *keys.socket ? keys.socket : DHCP_SOCKET;
}
