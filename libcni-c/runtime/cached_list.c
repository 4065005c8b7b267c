/* SPDX-License-Identifier: Apache-2.0 */
#include "cached_list.h"

#include <stdbool.h>
#include <string.h>

static bool has_type(const struct cni_conflist *list, const char *type)
{
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, list->plugins) {
		if (!strcmp(cni_conflist_type(plugin), type))
			return true;
	}
	return false;
}

static void add_others(struct cni_conflist *list, const struct cni_conflist *today)
{
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, today->plugins) {
		if (!has_type(list, cni_conflist_type(plugin)))
			cJSON_AddItemToArray(list->plugins, cni_json_copy(plugin));
	}
}

int cni_cached_list(const struct cni_cached *cached, const struct cni_conflist *today,
		    struct cni_conflist *ret_list, struct cni_error *err)
{
	struct cni_conflist list = {0};

	if (!cached->config)
		return cni_fail(err, CNI_EMISSING, "the cache does not have its configuration");
	if (cni_conflist_parse(cached->config, cached->config_size, "the cached configuration",
			       &list, err) < 0)
		return -1;
	if (!cached->identity && !list.only_inlined && today)
		add_others(&list, today);
	if (!list.plugins->child) {
		cni_conflist_clear(&list);
		return cni_fail(err, CNI_EMISSING, "the cached configuration has no plugins");
	}
	*ret_list = list;
	return 0;
}
