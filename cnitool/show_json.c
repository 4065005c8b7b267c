/* SPDX-License-Identifier: Apache-2.0 */
/* A picture as JSON. Members that are not known are left out. */
#include "show.h"

static void add_link(cJSON *object, const struct node_link *link)
{
	if (!link)
		return;
	cni_json_add_number(object, "mtu", link->mtu);
	/* As the container sees them: the host receives what the container sends. */
	cni_json_add_number(object, "receivedBytes", (double)link->sent);
	cni_json_add_number(object, "sentBytes", (double)link->received);
}

static cJSON *encode_attachment(const struct picture_attachment *attachment)
{
	cJSON *json = cni_json_object();

	cni_json_add_string(json, "container", attachment->container);
	cni_json_add_string(json, "ifname", attachment->ifname);
	if (attachment->pod_namespace)
		cni_json_add_string(json, "podNamespace", attachment->pod_namespace);
	if (attachment->pod)
		cni_json_add_string(json, "podName", attachment->pod);
	if (attachment->netns)
		cni_json_add_string(json, "netns", attachment->netns);
	cni_json_add_string(json, "state", attachment->state);
	cJSON_AddBoolToObject(json, "cached", attachment->is_cached);
	cni_json_add(json, "addresses", cni_json_copy(attachment->addresses));
	cni_json_add(json, "ports", cni_json_copy(attachment->ports));
	cni_json_add(json, "limits", cni_json_copy(attachment->limits));
	if (attachment->port) {
		cJSON *port = cni_json_object();

		cni_json_add_string(port, "name", attachment->port);
		cni_json_add_string(port, "state", attachment->port_state);
		add_link(port, attachment->link);
		cni_json_add(json, "port", port);
	}
	return json;
}

static cJSON *encode_master(const struct picture_master *master)
{
	cJSON *json = cni_json_object();
	cJSON *list = cni_json_array();

	for (size_t i = 0; i < master->count; i++)
		cJSON_AddItemToArray(list, encode_attachment(master->items[i]));
	cni_json_add_string(json, "name", master->name);
	cni_json_add_string(json, "type", master->type);
	if (*master->name)
		cni_json_add_string(json, "state",
				    master->link ? node_link_state(master->link) : "gone");
	if (master->link)
		cni_json_add_number(json, "mtu", master->link->mtu);
	cni_json_add(json, "addresses", cni_json_copy(master->addresses));
	cJSON_AddBoolToObject(json, "masquerade", master->masquerades);
	cni_json_add(json, "attachments", list);
	return json;
}

cJSON *show_json(const struct picture *picture)
{
	cJSON *networks = cni_json_array();

	for (size_t i = 0; i < picture->count; i++) {
		const struct picture_network *network = &picture->networks[i];
		cJSON *json = cni_json_object();
		cJSON *masters = cni_json_array();

		for (size_t j = 0; j < network->count; j++)
			cJSON_AddItemToArray(masters, encode_master(&network->masters[j]));
		cni_json_add_string(json, "name", network->name);
		if (network->file)
			cni_json_add_string(json, "file", network->file);
		if (network->version)
			cni_json_add_string(json, "cniVersion", network->version);
		if (network->plugins)
			cni_json_add(json, "plugins", cni_json_copy(network->plugins));
		cni_json_add(json, "masters", masters);
		cJSON_AddItemToArray(networks, json);
	}
	return networks;
}
