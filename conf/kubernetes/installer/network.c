/* SPDX-License-Identifier: Apache-2.0 */
#include "network.h"

#include "cleanup.h"
#include "conflist.h"
#include "file.h"
#include "json.h"
#include "mem.h"

#include <fcntl.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 20)

static cJSON *texts_of(const struct node *node)
{
	cJSON *list = cni_json_array();
	char text[CNI_NET_TEXT_SIZE];

	for (size_t i = 0; i < node->count; i++)
		cJSON_AddItemToArray(
			list, cni_need(cJSON_CreateString(cni_net_format(&node->cidrs[i], text))));
	return list;
}

/* [[{"subnet": "10.244.1.0/24"}], [{"subnet": "fd00:10:244:1::/64"}]]: a pod gets an address of each. */
static cJSON *ranges_of(const struct node *node)
{
	cJSON *ranges = cni_json_array();
	char text[CNI_NET_TEXT_SIZE];

	for (size_t i = 0; i < node->count; i++) {
		cJSON *set = cni_json_array();
		cJSON *range = cni_json_object();

		cni_json_add_string(range, "subnet", cni_net_format(&node->cidrs[i], text));
		cJSON_AddItemToArray(set, range);
		cJSON_AddItemToArray(ranges, set);
	}
	return ranges;
}

static cJSON *ipam_without_ranges(const cJSON *plugin)
{
	cJSON *ipam = cni_json_get(plugin, "ipam");
	const char *type = cni_json_get_string(ipam, "type");

	if (!type || strcmp(type, "host-local") != 0 || cni_json_get(ipam, "ranges") ||
	    cni_json_get(ipam, "subnet"))
		return NULL;
	return ipam;
}

static int put_ranges(cJSON *json, const struct node *node, const char *what, struct cni_error *err)
{
	const cJSON *plugins = cni_json_get(json, "plugins");
	const cJSON *plugin;
	size_t count = 0;

	cJSON_ArrayForEach (plugin, plugins) {
		cJSON *ipam = ipam_without_ranges(plugin);

		if (!ipam)
			continue;
		cni_json_set(ipam, "ranges", ranges_of(node));
		count++;
	}
	if (!count)
		return cni_fail(err, CNI_ECONFIG,
				"%s: no plugin has an 'ipam' of the type host-local without "
				"'ranges' and 'subnet': expected one to take the node's podCIDRs",
				what);
	return 0;
}

int network_compose(const struct settings *settings, const struct node *node, char **ret_text,
		    struct cni_error *err)
{
	freeing char *what = cni_format("'%s'", settings->network);
	freeing_json cJSON *json = NULL;
	freeing char *data = NULL;
	freeing char *text = NULL;
	struct cni_conflist list;
	cJSON *mark = cni_json_object();
	size_t size;

	cni_json_add_string(mark, "node", settings->node);
	cni_json_add(mark, "podCIDRs", texts_of(node));
	if (cni_file_read_at(AT_FDCWD, settings->network, true, FILE_MAX, &data, &size, err) < 0 ||
	    cni_json_parse_source(data, size, what, &json, err) < 0 ||
	    put_ranges(json, node, what, err) < 0) {
		cJSON_Delete(mark);
		return -1;
	}
	cni_json_set(json, NETWORK_MARK, mark);
	free(data);
	data = cni_json_print(json);
	text = cni_format("%s\n", data);
	/* As a runtime reads it: a list that no runtime accepts is not written. */
	if (cni_conflist_parse(text, strlen(text), what, &list, err) < 0)
		return -1;
	cni_conflist_clear(&list);
	*ret_text = take_ptr(text);
	return 0;
}

static bool has(const cJSON *prefixes, const struct cni_net *cidr)
{
	const cJSON *prefix;

	cJSON_ArrayForEach (prefix, prefixes) {
		struct cni_net net;

		if (cJSON_IsString(prefix) && cni_net_parse(prefix->valuestring, &net) == 0 &&
		    net.prefix <= cidr->prefix && cni_net_contains(&net, &cidr->ip))
			return true;
	}
	return false;
}

bool network_masquerades(const char *text, const struct node *node, struct cni_net *ret_cidr)
{
	freeing_json cJSON *json = cJSON_Parse(text);
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, cni_json_get(json, "plugins")) {
		const cJSON *prefixes = cni_json_get(plugin, "nonMasqueradeCIDRs");

		for (size_t i = 0; cJSON_IsArray(prefixes) && i < node->count; i++)
			if (!has(prefixes, &node->cidrs[i])) {
				*ret_cidr = node->cidrs[i];
				return true;
			}
	}
	return false;
}
