/* SPDX-License-Identifier: Apache-2.0 */
#include "veth_gc.h"

#include "mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct strays {
	const struct cni_attachment *at;
	char **texts; /* of the valid owners, sorted */
	int master;   /* the index of the network's bridge, or 0 */
	bool alone;   /* no ADD is between making a pair and naming it */
	int *indices;
	size_t count;
};

/* The name that an owner's end has: "veth" and 11 hexadecimal digits. */
static bool looks_like_ours(const char *name)
{
	return !strncmp(name, "veth", 4) && strlen(name) == 15 &&
	       strspn(name + 4, "0123456789abcdef") == 11;
}

static bool is_valid_name(const struct cni_owners *valid, const char *name)
{
	for (size_t i = 0; i < valid->count; i++) {
		char ours[CNI_IFNAME_SIZE];

		if (!strcmp(cni_owner_ifname(&valid->items[i], "veth", ours), name))
			return true;
	}
	return false;
}

static int collect(const struct cni_link *link, void *data, struct cni_error *err)
{
	const struct cni_owners *valid;
	struct strays *strays = data;
	bool stray;

	(void)err;
	valid = &strays->at->call->conf.valid;
	if (*link->alias)
		stray = cni_owner_text_is_of(link->alias, strays->at->owner->network) &&
			looks_like_ours(link->name) &&
			!cni_owner_texts_has(strays->texts, valid->count, link->alias);
	else
		stray = strays->alone && strays->master && link->master == strays->master &&
			looks_like_ours(link->name) && !is_valid_name(valid, link->name);
	if (!stray)
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

int cni_veth_gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_veth_part *spec = data;
	struct strays strays = {.at = at, .texts = cni_owner_texts(&at->call->conf.valid)};
	struct cni_error first = {0};
	struct cni_link master;
	int failed;

	if (spec->master && cni_link_get(&at->nl[CNI_HOST], spec->master, &master, err) == 0)
		strays.master = master.index;
	cni_attachment_share(at);
	strays.alone = cni_attachment_is_alone(at);
	failed = cni_link_each(&at->nl[CNI_HOST], "veth", collect, forget, &strays, err);
	for (size_t i = 0; !failed && i < strays.count; i++)
		if (cni_link_del(&at->nl[CNI_HOST], strays.indices[i], err) < 0 &&
		    err->errnum != ENODEV)
			cni_fail_first(&first, err);
	cni_owner_texts_free(strays.texts, at->call->conf.valid.count);
	free(strays.indices);
	if (first.code) {
		*err = first;
		return -1;
	}
	return failed;
}
