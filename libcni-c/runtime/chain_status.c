/* SPDX-License-Identifier: Apache-2.0 */
/* STATUS of a chain. */
#include "chain.h"

#include "request.h"

int cni_chain_status(const struct cni_chain *chain, struct cni_error *err)
{
	struct cni_request request = {.command = CNI_STATUS, .path = chain->path};
	const cJSON *plugin;

	if (chain->list->version < CNI_1_1_0) {
		cni_warn(chain->warnings,
			 "network '%s' speaks %s, and STATUS came with 1.1.0: no plugin was asked",
			 chain->list->name, cni_version_text(chain->list->version));
		return 0;
	}
	cJSON_ArrayForEach (plugin, chain->list->plugins) {
		if (cni_request_run(&request, chain->list, plugin, NULL, err) < 0)
			return -1;
	}
	return 0;
}
