/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports: those of attachments whose link is gone, because their DEL never came or was
 * another plugin suite's. */
#include "portmap.h"

#include "cleanup.h"
#include "link.h"
#include "mem.h"
#include "portmap_table.h"

#include <stdlib.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_portmap_table.table;

/* Texts, sorted after they have been collected. */
struct texts {
	char **items;
	size_t count;
};

static void put(struct texts *texts, const char *text)
{
	if ((texts->count & (texts->count - 1)) == 0)
		texts->items = cni_realloc_array(texts->items, texts->count ? texts->count * 2 : 1,
						 sizeof(*texts->items));
	texts->items[texts->count++] = cni_strdup(text);
}

static void clear_texts(struct texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->items[i]);
	free(texts->items);
	*texts = (struct texts){0};
}

#define clearing_texts __attribute__((cleanup(clear_texts)))

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct texts *texts)
{
	if (texts->count)
		qsort(texts->items, texts->count, sizeof(*texts->items), compare);
}

static bool has(const struct texts *texts, const char *text)
{
	return texts->count &&
	       bsearch(&text, texts->items, texts->count, sizeof(*texts->items), compare);
}

/* The names of all links, and their aliases, by which a link that was renamed is known. */
static int note_link(const struct cni_link *link, void *data, struct cni_error *err)
{
	(void)err;
	put(data, link->name);
	if (*link->alias)
		put(data, link->alias);
	return 0;
}

static int list_links(struct texts *links, struct cni_error *err)
{
	closing_nl struct cni_nl nl = {0};

	if (cni_nl_open(&nl, NETLINK_ROUTE, -1, err) < 0 ||
	    cni_link_each(&nl, NULL, note_link, NULL, links, err) < 0)
		return -1;
	sort(links);
	return 0;
}

static bool is_gone(const char *comment, const void *data)
{
	return has(data, comment);
}

int cni_portmap_sweep(struct cni_nl *nl, struct cni_published *ret_published, size_t *ret_left,
		      struct cni_error *err)
{
	freeing struct cni_nft_element *owners = NULL;
	clearing_texts struct texts links = {0};
	clearing_texts struct texts gone = {0};
	size_t count = 0;

	*ret_published = (struct cni_published){0};
	/* The links come last: an attachment's is there before its ports are. */
	if (cni_nft_list(nl, table, cni_portmap_owners, &owners, &count, err) < 0 ||
	    (count && list_links(&links, err) < 0))
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *link = (const char *)owners[i].value.data;

		if (*link && !has(&links, link) && !has(&links, owners[i].comment))
			put(&gone, owners[i].comment);
	}
	*ret_left = count - gone.count;
	if (!gone.count)
		return 0;
	sort(&gone);
	return cni_portmap_remove(nl, &(struct cni_owned_goers){is_gone, &gone}, ret_published,
				  err);
}
