/* SPDX-License-Identifier: Apache-2.0 */
#include "list_facts.h"

#include "mem.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* The keys of host-local and static. */
static bool has_prefix(const cJSON *json, int family)
{
	const cJSON *item;
	struct cni_net net;

	cJSON_ArrayForEach (item, json) {
		const char *text = cJSON_GetStringValue(item);
		bool is_subnet = item->string && (!strcasecmp(item->string, "subnet") ||
						  !strcasecmp(item->string, "address"));

		if (is_subnet && text && cni_net_parse(text, &net) == 0 && net.ip.family == family)
			return true;
		if (has_prefix(item, family))
			return true;
	}
	return false;
}

static bool plugin_has_family(const cJSON *plugin, int family)
{
	return has_prefix(cni_json_get(plugin, "ipam"), family) ||
	       cJSON_IsTrue(cni_json_get(cni_json_get(plugin, "capabilities"), "ipRanges"));
}

bool list_has_family(const cJSON *plugins, int family)
{
	const cJSON *plugin;

	if (cJSON_IsObject(plugins))
		return plugin_has_family(plugins, family);
	cJSON_ArrayForEach (plugin, plugins) {
		if (plugin_has_family(plugin, family))
			return true;
	}
	return false;
}

bool list_masquerades(const cJSON *plugins)
{
	const cJSON *plugin;

	if (cJSON_IsObject(plugins))
		return cJSON_IsTrue(cni_json_get(plugins, "ipMasq"));
	cJSON_ArrayForEach (plugin, plugins) {
		if (cJSON_IsTrue(cni_json_get(plugin, "ipMasq")))
			return true;
	}
	return false;
}

static void add_destinations(struct cni_destinations *list, const cJSON *plugin)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, cni_json_get(plugin, "nonMasqueradeCIDRs")) {
		const char *text = cJSON_GetStringValue(item);
		struct cni_net net;

		if (!text || cni_net_parse(text, &net) < 0)
			continue;
		list->nets = cni_realloc_array(list->nets, list->count + 1, sizeof(*list->nets));
		list->nets[list->count++] = cni_net_masked(&net);
	}
}

struct cni_destinations list_destinations(const cJSON *plugins)
{
	struct cni_destinations list = {.count = 0};
	const cJSON *plugin;

	if (cJSON_IsObject(plugins)) {
		add_destinations(&list, plugins);
	} else {
		cJSON_ArrayForEach (plugin, plugins) {
			add_destinations(&list, plugin);
		}
	}
	cni_destinations_merge(&list);
	return list;
}
