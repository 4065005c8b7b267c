/* SPDX-License-Identifier: Apache-2.0 */
#include "egress_gc.h"

#include "mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct strays {
	const struct cni_attachment *at;
	char **texts; /* of the valid owners, sorted */
	bool alone;   /* no ADD is between making an ifb and naming it */
	int *indices;
	size_t count;
};

/* The prefix and 11 hexadecimal digits, as cni_owner_ifname() makes them. */
static bool looks_like_ours(const char *name)
{
	size_t length = strlen(CNI_EGRESS_PREFIX);

	return !strncmp(name, CNI_EGRESS_PREFIX, length) && strlen(name) == length + 11 &&
	       strspn(name + length, "0123456789abcdef") == 11;
}

static int collect(const struct cni_link *link, void *data, struct cni_error *err)
{
	struct strays *strays = data;
	bool stray;

	(void)err;
	if (!looks_like_ours(link->name))
		return 0;
	if (*link->alias)
		stray = cni_owner_text_is_of(link->alias, strays->at->owner->network) &&
			!cni_owner_texts_has(strays->texts, strays->at->call->conf.valid.count,
					     link->alias);
	else
		stray = strays->alone;
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

int cni_egress_gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct strays strays = {.at = at, .texts = cni_owner_texts(&at->call->conf.valid)};
	struct cni_error first = {0};
	int failed;

	(void)data;
	cni_attachment_share(at);
	strays.alone = cni_attachment_is_alone(at);
	failed = cni_link_each(&at->nl[CNI_HOST], "ifb", collect, forget, &strays, err);
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
