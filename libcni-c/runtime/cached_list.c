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

/* The configuration of a single plugin becomes a list, for which `ret_is_single` is true. */
static int read_list(const struct cni_cached *cached, struct cni_conflist *list,
		     bool *ret_is_single, struct cni_error *err)
{
	static const char what[] = "the cached configuration";
	struct cni_conflist single;
	struct cni_error ignored;

	*ret_is_single = false;
	if (cni_conflist_parse(cached->config, cached->config_size, what, list, err) < 0)
		return -1;
	if (list->plugins->child || cni_conflist_upconvert(cached->config, cached->config_size,
							   what, &single, &ignored) < 0)
		return 0;
	*ret_is_single = true;
	cni_conflist_clear(list);
	*list = single;
	return 0;
}

int cni_cached_list(const struct cni_cached *cached, const struct cni_conflist *today,
		    struct cni_conflist *ret_list, struct cni_error *err)
{
	struct cni_conflist list = {0};
	bool is_single;

	if (!cached->config)
		return cni_fail(err, CNI_EMISSING, "the cache does not have its configuration");
	if (read_list(cached, &list, &is_single, err) < 0)
		return -1;
	if (!cached->identity && !is_single && !list.only_inlined && today)
		add_others(&list, today);
	if (!list.plugins->child) {
		cni_conflist_clear(&list);
		return cni_fail(err, CNI_EMISSING, "the cached configuration has no plugins");
	}
	*ret_list = list;
	return 0;
}
