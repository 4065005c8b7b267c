/* SPDX-License-Identifier: Apache-2.0 */
#include "picture_attachment.h"

#include "cached_list.h"
#include "cleanup.h"
#include "mem.h"
#include "namespace.h"
#include "result.h"

#include <stdlib.h>
#include <string.h>

char *picture_argument(const char *args, const char *key)
{
	size_t length = strlen(key);

	for (const char *at = args; at && *at; at += strcspn(at, ";"), at += *at == ';')
		if (!strncmp(at, key, length) && at[length] == '=')
			return cni_strndup(at + length + 1, strcspn(at + length + 1, ";"));
	return NULL;
}

/* ---- capabilities ---- */

static bool has_capability(const struct cni_conflist *list, const char *capability)
{
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, list->plugins) {
		if (cJSON_IsTrue(cni_json_get(cni_json_get(plugin, "capabilities"), capability)))
			return true;
	}
	return false;
}

/* 0: it is missing, or no number. */
static double number_of(const cJSON *object, const char *key)
{
	const cJSON *item = cni_json_get(object, key);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static void add_ports(struct picture_attachment *attachment, const cJSON *mappings, bool published)
{
	const cJSON *mapping;

	cJSON_ArrayForEach (mapping, mappings) {
		const char *protocol = cni_json_get_string(mapping, "protocol");
		const char *host_ip = cni_json_get_string(mapping, "hostIP");
		cJSON *port = cni_json_object();

		cni_json_add_string(port, "protocol", protocol && *protocol ? protocol : "tcp");
		cni_json_add_string(port, "hostIP", host_ip ? host_ip : "");
		cni_json_add_number(port, "hostPort", number_of(mapping, "hostPort"));
		cni_json_add_number(port, "containerPort", number_of(mapping, "containerPort"));
		cJSON_AddBoolToObject(port, "published", published);
		cJSON_AddItemToArray(attachment->ports, port);
	}
}

static void add_limits(struct picture_attachment *attachment, const cJSON *limits)
{
	static const char *const keys[] = {"ingressRate", "egressRate"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		double rate = number_of(limits, keys[i]);

		if (rate > 0)
			cni_json_add_number(attachment->limits, keys[i], rate);
	}
}

/* Reads what the runtime asked for, and what stands in the plugins' own configuration. */
static void read_wishes(struct picture_attachment *attachment, const struct cni_cached *cached,
			const struct cni_conflist *list)
{
	const cJSON *asked = cached->capability_args;
	const cJSON *plugin;

	add_ports(attachment, cni_json_get(asked, "portMappings"),
		  has_capability(list, "portMappings"));
	if (has_capability(list, "bandwidth"))
		add_limits(attachment, cni_json_get(asked, "bandwidth"));
	cJSON_ArrayForEach (plugin, list->plugins) {
		const cJSON *runtime = cni_json_get(plugin, "runtimeConfig");

		if (!attachment->ports->child)
			add_ports(attachment, cni_json_get(runtime, "portMappings"), true);
		if (!attachment->limits->child)
			add_limits(attachment, plugin);
	}
}

/* ---- the link ---- */

/* The alias and the MAC tell it from a later link of the name; Go's plugins give no alias. */
static bool is_its_own(const struct picture_attachment *attachment, const struct node_link *link,
		       const char *mac)
{
	const struct cni_owner owner = {attachment->network, attachment->container,
					attachment->ifname};
	char own[CNI_OWNER_TEXT_SIZE];
	char has[CNI_MAC_TEXT_SIZE];

	if (*link->alias && strchr(link->alias, '/'))
		return !strcmp(link->alias, cni_owner_format(&owner, own));
	return !mac || !*mac || !link->has_mac || !strcasecmp(cni_mac_format(link->mac, has), mac);
}

static void take_link(struct picture_attachment *attachment, const char *name, const char *mac,
		      const struct node_links *links)
{
	const struct node_link *link = node_links_find(links, name);

	attachment->port = cni_strdup(name);
	if (!link)
		attachment->port_state = "gone";
	else if (!is_its_own(attachment, link, mac))
		attachment->port_state = "another's";
	else
		attachment->port_state = node_link_state(link);
	if (link && strcmp(attachment->port_state, "another's") != 0)
		attachment->link = link;
}

/* ---- the result ---- */

static bool is_bridge(const struct node_links *links, const char *name)
{
	const struct node_link *link = node_links_find(links, name);

	return link && !strcmp(link->kind, "bridge");
}

/* The interfaces of the host: the bridge, then the port. */
static void read_interfaces(struct picture_attachment *attachment, const struct cni_result *result,
			    const struct node_links *links)
{
	for (size_t i = 0; i < result->interface_count; i++) {
		const struct cni_result_interface *interface = &result->interfaces[i];

		if (interface->sandbox && *interface->sandbox)
			continue;
		if (!strcmp(interface->name, attachment->master))
			continue;
		if (!*attachment->master && is_bridge(links, interface->name)) {
			free(attachment->master);
			attachment->master = cni_strdup(interface->name);
		} else if (!attachment->port) {
			take_link(attachment, interface->name, interface->mac, links);
		}
	}
}

static void read_result(struct picture_attachment *attachment, const cJSON *json,
			const struct node_links *links)
{
	const char *text = cni_json_get_string(json, "cniVersion");
	enum cni_version version = CNI_VERSION_LATEST;
	struct cni_result result;
	struct cni_error ignored;

	if (text && cni_version_parse(text, CNI_0_1_0, &version, &ignored) < 0)
		return;
	if (cni_result_decode(json, version, "the cached result", &result, &ignored) < 0)
		return;
	read_interfaces(attachment, &result, links);
	for (size_t i = 0; i < result.ip_count; i++) {
		char address[CNI_NET_TEXT_SIZE];

		cJSON_AddItemToArray(
			attachment->addresses,
			cJSON_CreateString(cni_net_format(&result.ips[i].address, address)));
	}
	cni_result_clear(&result);
}

/* ---- both ---- */

static void read_config(struct picture_attachment *attachment, const struct cni_conflist *list)
{
	const cJSON *first = list->plugins->child;
	const char *type = cni_conflist_type(first);
	const char *bridge = cni_json_get_string(first, "bridge");
	const char *master = cni_json_get_string(first, "master");

	attachment->type = cni_strdup(type);
	attachment->masquerades = cJSON_IsTrue(cni_json_get(first, "ipMasq"));
	if (!strcmp(type, "bridge"))
		attachment->master = cni_strdup(bridge && *bridge ? bridge : "cni0");
	else
		attachment->master = cni_strdup(master ? master : "");
}

static struct picture_attachment begin(const char *network, const char *container,
				       const char *ifname)
{
	return (struct picture_attachment){
		.network = cni_strdup(network),
		.container = cni_strdup(container),
		.ifname = cni_strdup(ifname),
		.state = "unknown",
		.addresses = cni_json_array(),
		.ports = cni_json_array(),
		.limits = cni_json_object(),
	};
}

struct picture_attachment picture_attachment_of_record(const struct cni_cached *cached,
						       const struct node_links *links)
{
	static const char *const states[] = {
		[CNI_NAMESPACE_LIVES] = "alive",
		[CNI_NAMESPACE_GONE] = "gone",
		[CNI_NAMESPACE_UNKNOWN] = "unknown",
	};
	struct picture_attachment attachment =
		begin(cached->network, cached->container, cached->ifname);
	struct cni_conflist list = {0};
	struct cni_error ignored;

	attachment.is_cached = true;
	attachment.netns = cni_strdup(cached->netns);
	attachment.state = states[cni_namespace_ask(cached->netns, cached->identity)];
	attachment.pod_namespace = picture_argument(cached->args, "K8S_POD_NAMESPACE");
	attachment.pod = picture_argument(cached->args, "K8S_POD_NAME");
	if (cni_cached_list(cached, NULL, &list, &ignored) == 0) {
		read_config(&attachment, &list);
		read_wishes(&attachment, cached, &list);
	} else {
		attachment.type = cni_strdup("");
		attachment.master = cni_strdup("");
	}
	if (cached->result)
		read_result(&attachment, cached->result, links);
	cni_conflist_clear(&list);
	return attachment;
}

bool picture_attachment_of_link(const struct node_link *link, const struct node_links *links,
				struct picture_attachment *ret_attachment)
{
	const struct node_link *master = node_links_at(links, link->master);
	freeing char *network = NULL;
	freeing char *container = NULL;
	freeing char *ifname = NULL;

	if (!cni_host_link_parse(link->alias, &network, &container, &ifname))
		return false;
	*ret_attachment = begin(network, container, ifname);
	ret_attachment->master = cni_strdup(master ? master->name : "");
	ret_attachment->type = cni_strdup(master ? master->kind : "");
	ret_attachment->port = cni_strdup(link->name);
	ret_attachment->port_state = node_link_state(link);
	ret_attachment->link = link;
	return true;
}

void picture_attachment_clear(struct picture_attachment *attachment)
{
	char *const texts[] = {
		attachment->network, attachment->container, attachment->id,
		attachment->ifname,  attachment->pod,	    attachment->pod_namespace,
		attachment->netns,   attachment->master,    attachment->type,
		attachment->port,
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		free(texts[i]);
	cJSON_Delete(attachment->addresses);
	cJSON_Delete(attachment->ports);
	cJSON_Delete(attachment->limits);
}
