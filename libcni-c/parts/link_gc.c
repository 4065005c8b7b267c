/* SPDX-License-Identifier: Apache-2.0 */
#include "link_gc.h"

#include "mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct strays {
	const struct cni_link_gc *gc;
	const struct cni_attachment *at;
	struct cni_stale stale;
	int master; /* its index, or 0 */
	bool alone; /* no ADD is between making a link and naming it */
	int *indices;
	size_t count;
};

static bool is_valid_name(const struct cni_owners *valid, const char *prefix, const char *name)
{
	for (size_t i = 0; i < valid->count; i++) {
		char ours[CNI_IFNAME_SIZE];

		if (!strcmp(cni_owner_ifname(&valid->items[i], prefix, ours), name))
			return true;
	}
	return false;
}

static bool is_stray(const struct cni_link *link, const struct strays *strays)
{
	const struct cni_owners *valid = &strays->at->call->conf.valid;
	const struct cni_link_gc *gc = strays->gc;

	/* Under whatever name. */
	if (*link->alias)
		return cni_stale_has(&strays->stale, link->alias);
	return cni_owner_is_ifname(link->name, gc->prefix) && strays->alone &&
	       (gc->master ? strays->master && link->master == strays->master : !link->master) &&
	       !is_valid_name(valid, gc->prefix, link->name);
}

static int collect(const struct cni_link *link, void *data, struct cni_error *err)
{
	struct strays *strays = data;

	(void)err;
	if (!is_stray(link, strays))
		return 0;
	strays->indices =
		cni_realloc_array(strays->indices, strays->count + 1, sizeof(*strays->indices));
	strays->indices[strays->count++] = link->index;
	return 0;
}

static void forget(void *data)
{
	((struct strays *)data)->count = 0;
}

int cni_link_gc(struct cni_attachment *at, const struct cni_link_gc *gc, struct cni_error *err)
{
	struct strays strays = {.gc = gc,
				.at = at,
				.stale = cni_stale_make(at->owner->network, &at->call->conf.valid)};
	struct cni_error first = {0};
	struct cni_link master;
	int failed;

	if (gc->master && cni_link_get(&at->nl[CNI_HOST], gc->master, &master, err) == 0)
		strays.master = master.index;
	cni_attachment_share(at);
	strays.alone = cni_attachment_is_alone(at);
	failed = cni_link_each(&at->nl[CNI_HOST], gc->kind, collect, forget, &strays, err);
	for (size_t i = 0; !failed && i < strays.count; i++)
		if (cni_link_del(&at->nl[CNI_HOST], strays.indices[i], err) < 0 &&
		    err->errnum != ENODEV)
			cni_fail_first(&first, err);
	/* ADDs need not wait for what else GC does. */
	cni_attachment_unshare(at);
	cni_stale_clear(&strays.stale);
	free(strays.indices);
	return failed ? -1 : cni_fail_if_any(&first, err);
}
