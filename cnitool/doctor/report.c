/* SPDX-License-Identifier: Apache-2.0 */
/* The text for a bug report. Not in it, as they may be secrets or name a machine: values of CNI_ARGS but a pod's
 * name and namespace, CAP_ARGS, configurations of plugins that are not of this suite, 'args' and 'runtimeConfig',
 * the keys that no plugin of ours has, and MACs. Addresses, prefixes and the containers' ids stay: without them
 * nothing of a network can be understood. */
#include "about.h"
#include "cleanup.h"
#include "doctor.h"
#include "ip.h"
#include "mem.h"
#include "plugin_types.h"
#include "table.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

/* ---- MACs ---- */

#define MAC_LENGTH (CNI_MAC_TEXT_SIZE - 1)

static bool is_mac(const char *text)
{
	char copy[CNI_MAC_TEXT_SIZE];
	uint8_t mac[CNI_MAC_SIZE];

	snprintf(copy, sizeof(copy), "%s", text);
	return strlen(copy) == MAC_LENGTH && cni_mac_parse(copy, mac) == 0;
}

/* In place. */
static void hide_macs(char *text)
{
	for (char *at = text; *at; at++)
		if (isxdigit((unsigned char)*at) && is_mac(at))
			memset(at, 'x', MAC_LENGTH);
}

/* ---- values of CNI_ARGS ---- */

/* A container's id is the id of the pod's as well. */
static bool is_shown_arg(const char *pair)
{
	static const char *const keys[] = {"K8S_POD_NAMESPACE=", "K8S_POD_NAME=",
					   "K8S_POD_INFRA_CONTAINER_ID=", "IgnoreUnknown="};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!strncmp(pair, keys[i], strlen(keys[i])))
			return true;
	return false;
}

/* Messages of plugins may quote them. Shorter values would hide words that only look the same. */
#define SECRET_MIN 4

static void hide_args(char *text, const char *args)
{
	freeing char *copy = cni_strdup(args ? args : "");
	char *rest = copy;

	for (char *pair = strsep(&rest, ";"); pair; pair = strsep(&rest, ";")) {
		const char *value = strchr(pair, '=') ? strchr(pair, '=') + 1 : "";
		size_t length = strlen(value);

		if (length < SECRET_MIN || is_shown_arg(pair))
			continue;
		for (char *at = strstr(text, value); at; at = strstr(at + length, value))
			memset(at, 'x', length);
	}
}

/* ---- the machine ---- */

static void put_machine(FILE *out)
{
	freeing char *release = doctor_read_text("/etc/os-release");
	const char *name = release ? strstr(release, "PRETTY_NAME=") : NULL;
	struct utsname kernel;

	fprintf(out, "cnitool  %s\n", CNI_C_VERSION);
	if (uname(&kernel) == 0)
		fprintf(out, "kernel   %s %s %s\n", kernel.sysname, kernel.release, kernel.machine);
	if (name)
		fprintf(out, "system   %.*s\n", (int)strcspn(name + strlen("PRETTY_NAME="), "\n"),
			name + strlen("PRETTY_NAME="));
}

static void put_plugins(const struct doctor *doctor, FILE *out)
{
	struct plugin_types types = plugin_types(doctor);

	fprintf(out, "\nPLUGINS in %s\n", doctor->options->plugin_path);
	for (size_t i = 0; i < types.count; i++) {
		freeing char *about =
			about_plugin(types.items[i].type, doctor->options->plugin_path);

		fprintf(out, "%-12s %s\n", types.items[i].type, about ? about : "-");
	}
	plugin_types_clear(&types);
}

/* ---- networks ---- */

/* Keys of ours and of the specification, whose values are no secret. */
/* clang-format off */
static const char *const shown_keys[] = {
	"type", "bridge", "isGateway", "isDefaultGateway", "ipMasq", "ipMasqBackend",
	"nonMasqueradeCIDRs", "mtu", "hairpinMode", "promiscMode", "vlan", "vlanTrunk",
	"preserveDefaultVlan", "macspoofchk", "ipspoofchk", "enabledad", "disableContainerInterface",
	"portIsolation", "forceAddress", "ipam", "ranges", "subnet", "rangeStart", "rangeEnd",
	"gateway", "routes", "dst", "gw", "dataDir", "exclude", "reclaim", "addresses", "address",
	"capabilities", "portMappings", "ipRanges", "bandwidth", "backend", "ingressPolicy", "master",
	"mode", "linkInContainer", "ingressRate", "egressRate", "ingressBurst", "egressBurst", "snat",
	"masqAll", "markMasqBit", "vlanId", "vrfname", "table", "id", "minID", "maxID", "rangesFile",
	"lockTimeout", "cooldown", "priority",
};
/* clang-format on */

static bool is_shown(const char *key)
{

	for (size_t i = 0; i < sizeof(shown_keys) / sizeof(*shown_keys); i++)
		if (!strcasecmp(shown_keys[i], key))
			return true;
	return false;
}

/* Hides the values of other keys, also of a key that is there twice; the names stay, behind the others. */
static void hide_values(cJSON *json)
{
	cJSON *item = json->child;

	for (int left = cJSON_GetArraySize(json); left; left--) {
		cJSON *next = item->next;

		if (item->string && !is_shown(item->string)) {
			cJSON_AddStringToObject(json, item->string, "(not shown)");
			cJSON_Delete(cJSON_DetachItemViaPointer(json, item));
		} else {
			hide_values(item);
		}
		item = next;
	}
}

static void put_network(const struct doctor *doctor, const struct doctor_network *network,
			FILE *out)
{
	const struct cni_conflist *list = &network->tool.list;
	const cJSON *plugin;

	fprintf(out, "%s %s\n", network->name,
		list->plugins ? cni_version_text(list->version) : "-");
	cJSON_ArrayForEach (plugin, list->plugins) {
		freeing_json cJSON *copy = cni_json_copy(plugin);
		freeing char *text = NULL;

		if (about_is_ours(cni_conflist_type(plugin), doctor->options->plugin_path)) {
			hide_values(copy);
			text = cni_json_print_compact(copy);
		}
		fprintf(out, "    %s\n", text ? text : cni_conflist_type(plugin));
	}
}

/* ---- attachments ---- */

/* The value of a key of CNI_ARGS, with its length; NULL: none. */
static const char *find_arg(const char *args, const char *key, size_t *ret_length)
{
	size_t length = strlen(key);

	for (const char *at = args; at; at = strchr(at, ';') ? strchr(at, ';') + 1 : NULL)
		if (!strncmp(at, key, length) && at[length] == '=') {
			*ret_length = strcspn(at + length + 1, ";");
			return at + length + 1;
		}
	return NULL;
}

static void put_attachment(const struct doctor_attachment *attachment, FILE *out)
{
	static const char *const lives[] = {
		[CNI_NAMESPACE_LIVES] = "alive",
		[CNI_NAMESPACE_GONE] = "gone",
		[CNI_NAMESPACE_UNKNOWN] = "unknown",
	};
	static const char *const keys[] = {"K8S_POD_NAMESPACE", "K8S_POD_NAME"};
	freeing struct cni_net *addresses = NULL;
	size_t count = doctor_addresses(attachment, &addresses);

	fprintf(out, "%s %s", attachment->owner, lives[attachment->life]);
	for (size_t i = 0; i < count; i++) {
		char text[CNI_NET_TEXT_SIZE];

		fprintf(out, " %s", cni_net_format(&addresses[i], text));
	}
	for (size_t i = 0; i < 2; i++) {
		size_t length;
		const char *value = find_arg(attachment->cached->args, keys[i], &length);

		if (value)
			fprintf(out, " %s=%.*s", keys[i], (int)length, value);
	}
	fputc('\n', out);
}

void doctor_print_report(const struct doctor *doctor)
{
	freeing char *text = NULL;
	size_t size = 0;
	FILE *out = cni_need(open_memstream(&text, &size));

	put_machine(out);
	put_plugins(doctor, out);
	fputs("\nNETWORKS\n", out);
	for (size_t i = 0; i < doctor->network_count; i++)
		put_network(doctor, doctor->networks[i], out);
	fputs("\nATTACHMENTS\n", out);
	for (size_t i = 0; i < doctor->attachment_count; i++)
		put_attachment(&doctor->attachments[i], out);
	fputs("\nFINDINGS\n", out);
	doctor_print_text(doctor, out);
	if (fclose(out) != 0)
		cni_out_of_memory();
	hide_macs(text);
	for (size_t i = 0; i < doctor->attachment_count; i++)
		hide_args(text, doctor->attachments[i].cached->args);
	for (char *line = text, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		puts(make_printable(line));
	}
}
