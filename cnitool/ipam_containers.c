/* SPDX-License-Identifier: Apache-2.0 */
/* The containers of a network's addresses. */
#include "cleanup.h"
#include "ipam.h"
#include "mem.h"
#include "short_id.h"

#include <stdlib.h>

struct ids {
	char **items;
	size_t count;
};

/* An ipam_visitor. */
static void add(const struct cni_ip *ip, const char *container, void *data)
{
	struct ids *ids = data;

	(void)ip;
	if (!*container)
		return;
	ids->items = cni_realloc_array(ids->items, ids->count + 1, sizeof(*ids->items));
	ids->items[ids->count++] = cni_strdup(container);
}

int ipam_resolve_container(const struct ipam *ipam, const char *network, const char *prefix,
			   char **ret_container, struct cni_error *err)
{
	freeing char *where = cni_format("the ledger of network '%s'", network);
	const char *found = NULL;
	struct ids ids = {0};
	int failed = 0;

	for (size_t i = 0; i < ipam->source_count && !failed; i++)
		failed = ipam->sources[i].backend->visit(&ipam->sources[i], add, &ids, err);
	if (!failed)
		failed = short_id_resolve((const char *const *)ids.items, ids.count, prefix, where,
					  &found, err);
	*ret_container = failed ? NULL : cni_strdup(found);
	for (size_t i = 0; i < ids.count; i++)
		free(ids.items[i]);
	free(ids.items);
	return failed;
}
