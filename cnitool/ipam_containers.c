/* SPDX-License-Identifier: Apache-2.0 */
/* The containers of ledgers. */
#include "cleanup.h"
#include "ipam.h"
#include "mem.h"
#include "short_id.h"
#include "store.h"

#include <stdlib.h>

/* Adds the containers of the ledger to `ids`, which the caller frees with its strings. */
static int add_containers(const struct ipam_ledger *ledger, char ***ids, size_t *count,
			  struct cni_error *err)
{
	clearing_listing struct listing leases = {0};
	closing_store struct store *store = NULL;

	if (store_look(&ledger->place, &store, err) < 0 || store_list(store, &leases, err) < 0)
		return -1;
	*ids = cni_realloc_array(*ids, *count + leases.count, sizeof(**ids));
	for (size_t i = 0; i < leases.count; i++)
		if (*leases.items[i].container)
			(*ids)[(*count)++] = cni_strdup(leases.items[i].container);
	return 0;
}

int ipam_resolve_container(const struct ipam *ipam, const char *network, const char *prefix,
			   char **ret_container, struct cni_error *err)
{
	freeing char *where = cni_format("the ledger of network '%s'", network);
	const char *found = NULL;
	char **ids = NULL;
	size_t count = 0;
	int failed = 0;

	for (size_t i = 0; i < ipam->ledger_count && !failed; i++)
		failed = add_containers(&ipam->ledgers[i], &ids, &count, err);
	if (!failed)
		failed = short_id_resolve((const char *const *)ids, count, prefix, where, &found,
					  err);
	*ret_container = failed ? NULL : cni_strdup(found);
	for (size_t i = 0; i < count; i++)
		free(ids[i]);
	free(ids);
	return failed;
}
