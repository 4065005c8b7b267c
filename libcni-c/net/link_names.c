/* SPDX-License-Identifier: Apache-2.0 */
#include "link_names.h"

#include "cleanup.h"
#include "link.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static void put(struct cni_link_names *names, const char *text)
{
	if ((names->count & (names->count - 1)) == 0)
		names->items = cni_realloc_array(names->items, names->count ? names->count * 2 : 1,
						 sizeof(*names->items));
	names->items[names->count++] = cni_strdup(text);
}

static int note_link(const struct cni_link *link, void *data, struct cni_error *err)
{
	(void)err;
	put(data, link->name);
	if (*link->alias)
		put(data, link->alias);
	return 0;
}

/* The kernel begins the list again. */
static void forget(void *data)
{
	cni_link_names_clear(data);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int cni_link_names_read(struct cni_link_names *ret_names, struct cni_error *err)
{
	closing_nl struct cni_nl nl = {0};

	*ret_names = (struct cni_link_names){0};
	if (cni_nl_open(&nl, NETLINK_ROUTE, -1, err) < 0 ||
	    cni_link_each(&nl, NULL, note_link, forget, ret_names, err) < 0)
		return -1;
	if (ret_names->count)
		qsort(ret_names->items, ret_names->count, sizeof(*ret_names->items), compare);
	return 0;
}

void cni_link_names_clear(struct cni_link_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct cni_link_names){0};
}

bool cni_link_names_has(const struct cni_link_names *names, const char *text)
{
	return names->count &&
	       bsearch(&text, names->items, names->count, sizeof(*names->items), compare);
}

#define SHOWN 16

static int note_candidate(const struct cni_link *link, void *data, struct cni_error *err)
{
	struct cni_link_names *names = data;

	(void)err;
	if (names->count < SHOWN && strcmp(link->name, "lo") != 0 &&
	    !cni_owner_is_ifname(link->name, "veth") && !cni_owner_is_ifname(link->name, "ifb"))
		put(names, link->name);
	return 0;
}

char *cni_link_names_text(struct cni_nl *nl)
{
	struct cni_link_names names = {0};
	char *text = cni_strdup("");
	struct cni_error ignored;

	if (cni_link_each(nl, NULL, note_candidate, forget, &names, &ignored) < 0)
		forget(&names);
	for (size_t i = 0; i < names.count; i++) {
		freeing char *before = text;

		text = cni_format("%s%s'%s'", before, i ? ", " : "", names.items[i]);
	}
	cni_link_names_clear(&names);
	return text;
}
