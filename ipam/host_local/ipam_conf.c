/* SPDX-License-Identifier: Apache-2.0 */
#include "ipam_conf.h"

#include "mem.h"

int ipam_conf_check_count(size_t v4, size_t v6, enum cni_version version, struct cni_error *err)
{
	if (version < CNI_0_3_0 && (v4 > 1 || v6 > 1))
		return cni_fail(err, CNI_ECONFIG,
				"CNI version %s does not support more than 1 address per family",
				cni_version_text(version));
	return 0;
}

int ipam_conf_routes(const cJSON *list, struct cni_route **ret_routes, size_t *ret_count,
		     struct cni_error *err)
{
	const cJSON *item;

	*ret_routes = NULL;
	*ret_count = 0;
	if (cni_json_check_list(list, "ipam.routes", err) < 0)
		return -1;
	*ret_routes =
		cni_realloc_array(NULL, (size_t)cJSON_GetArraySize(list), sizeof(**ret_routes));
	cJSON_ArrayForEach (item, list) {
		if (cJSON_IsNull(item))
			continue;
		if (cni_route_decode(item, "'ipam.routes'", &(*ret_routes)[*ret_count], err) < 0)
			return -1;
		++*ret_count;
	}
	return 0;
}
