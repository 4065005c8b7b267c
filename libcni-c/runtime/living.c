/* SPDX-License-Identifier: Apache-2.0 */
#include "living.h"

#include "cleanup.h"
#include "host_links.h"
#include "mem.h"
#include "names.h"
#include "namespace.h"

#include <stdlib.h>
#include <string.h>

#define LINK_END_MS 2000

static void add(struct cni_living *living, const char *network, const char *container,
		const char *ifname)
{
	struct cni_owners *owners = &living->owners;

	owners->items = cni_realloc_array(owners->items, owners->count + 1, sizeof(*owners->items));
	owners->items[owners->count++] = (struct cni_owner){network, container, ifname};
}

/* True if the attachment has this owner's text. */
static bool is_text_of(const char *text, const char *network, const char *container,
		       const char *ifname)
{
	const struct cni_owner owner = {network, container, ifname};
	char own[CNI_OWNER_TEXT_SIZE];

	return !strcmp(text, cni_owner_format(&owner, own));
}

/* Returns the index of the cached attachment that has the link, or -1. */
static ssize_t find_cached(const struct cni_living *living, const struct cni_host_link *link)
{
	for (size_t i = 0; i < living->cached_count; i++)
		if (!strcmp(link->owner, living->cached_texts[i]))
			return (ssize_t)i;
	return -1;
}

static bool is_kept(const struct cni_owners *keep, const char *network, const char *text)
{
	for (size_t i = 0; keep && i < keep->count; i++)
		if (is_text_of(text, network, keep->items[i].container, keep->items[i].ifname))
			return true;
	return false;
}

/* ---- the cache ---- */

static int read_cache(const char *dir, const char *network, struct cni_living *living,
		      struct cni_warnings *warnings, struct cni_error *err)
{
	static const enum cni_life lives[] = {
		[CNI_NAMESPACE_LIVES] = CNI_LIFE_LIVES,
		[CNI_NAMESPACE_GONE] = CNI_LIFE_GONE,
		[CNI_NAMESPACE_UNKNOWN] = CNI_LIFE_UNKNOWN,
	};

	if (cni_cache_list(dir, network, NULL, &living->cached, &living->cached_count, warnings,
			   err) < 0)
		return -1;
	living->lives = cni_realloc_array(NULL, living->cached_count, sizeof(*living->lives));
	living->cached_texts =
		cni_realloc_array(NULL, living->cached_count, sizeof(*living->cached_texts));
	for (size_t i = 0; i < living->cached_count; i++) {
		const struct cni_cached *cached = &living->cached[i];
		const struct cni_owner owner = {network, cached->container, cached->ifname};
		char text[CNI_OWNER_TEXT_SIZE];

		living->cached_texts[i] = cni_strdup(cni_owner_format(&owner, text));
		living->lives[i] = lives[cni_namespace_ask(cached->netns, cached->identity)];
	}
	return 0;
}

/* ---- links ---- */

/* Waits for the links of attachments whose path is gone: the kernel is about to delete most of
 * them. */
static void await_end(const struct cni_living *living, const struct cni_host_links *links)
{
	struct cni_host_links doomed = {
		.items = cni_realloc_array(NULL, links->count, sizeof(*doomed.items))};

	for (size_t i = 0; i < links->count; i++) {
		ssize_t found = find_cached(living, &links->items[i]);

		if (found >= 0 && living->lives[found] == CNI_LIFE_GONE)
			doomed.items[doomed.count++] = links->items[i];
	}
	if (doomed.count)
		cni_host_links_await_end(&doomed, LINK_END_MS);
	/* The strings are those of `links`. */
	free(doomed.items);
}

static char *keep_text(struct cni_living *living, char *text)
{
	living->texts =
		cni_realloc_array(living->texts, living->text_count + 1, sizeof(*living->texts));
	living->texts[living->text_count++] = text;
	return text;
}

static int add_link(struct cni_living *living, const char *network, const struct cni_owners *keep,
		    const struct cni_host_link *link, struct cni_error *err)
{
	ssize_t found = find_cached(living, link);
	char *of_network;
	char *container;
	char *ifname;

	if (found >= 0 && living->lives[found] == CNI_LIFE_GONE)
		living->lives[found] = CNI_LIFE_NAMELESS;
	if (found >= 0 || is_kept(keep, network, link->owner))
		return 0;
	if (!cni_host_link_parse(link->owner, &of_network, &container, &ifname))
		return cni_fail(err, CNI_ECONFIG,
				"link '%s' belongs to the attachment '%s', whose names were cut to "
				"fit, and which is not in the cache: name it with --keep ID/NAME, "
				"or delete everything with --all",
				link->name, link->owner);
	keep_text(living, of_network);
	add(living, network, keep_text(living, container), keep_text(living, ifname));
	return 0;
}

static int read_links(struct cni_living *living, const char *network, const struct cni_owners *keep,
		      struct cni_error *err)
{
	clearing_links struct cni_host_links links = {0};
	clearing_links struct cni_host_links left = {0};

	if (cni_host_links(network, &links, err) < 0)
		return -1;
	await_end(living, &links);
	if (cni_host_links(network, &left, err) < 0)
		return -1;
	for (size_t i = 0; i < left.count; i++)
		if (add_link(living, network, keep, &left.items[i], err) < 0)
			return -1;
	return 0;
}

/* ---- damaged records ---- */

/* The name of a file does not tell where the container's id ends, so each place that may be the end counts: an
 * attachment that is not there may be valid without harm. */
static void add_each_split(struct cni_living *living, const char *network, const char *name)
{
	for (const char *at = strchr(name, '-'); at; at = strchr(at + 1, '-')) {
		freeing char *container = cni_strndup(name, (size_t)(at - name));
		struct cni_error ignored;

		if (cni_name_check_container(container, &ignored) == 0 &&
		    cni_name_check_interface(at + 1, "the interface", CNI_EENV, &ignored) == 0)
			add(living, network, keep_text(living, take_ptr(container)),
			    keep_text(living, cni_strdup(at + 1)));
	}
}

/* The container of a record that was cut by a full disk or a power failure may live. */
static int add_damaged(struct cni_living *living, const char *dir, const char *network,
		       struct cni_warnings *warnings, struct cni_error *err)
{
	char **names;
	size_t count;

	if (cni_cache_list_damaged(dir, network, &names, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		add_each_split(living, network, names[i]);
		cni_warn(warnings,
			 "'%s/results/%s-%s' cannot be read: its attachment stays, because its "
			 "container may live",
			 dir, network, names[i]);
		free(names[i]);
	}
	free(names);
	return 0;
}

/* ---- both ---- */

/* The cache may have attachments that `keep` names. */
static void sort_once(struct cni_owners *owners)
{
	size_t count = 0;

	cni_owners_sort(owners);
	for (size_t i = 0; i < owners->count; i++)
		if (!count ||
		    strcmp(owners->items[count - 1].container, owners->items[i].container) != 0 ||
		    strcmp(owners->items[count - 1].ifname, owners->items[i].ifname) != 0)
			owners->items[count++] = owners->items[i];
	owners->count = count;
}

int cni_living_find(const char *cache_dir, const char *network, const struct cni_owners *keep,
		    struct cni_living *ret_living, struct cni_warnings *warnings,
		    struct cni_error *err)
{
	struct cni_living *living = ret_living;

	*living = (struct cni_living){0};
	if (read_cache(cache_dir, network, living, warnings, err) < 0 ||
	    read_links(living, network, keep, err) < 0 ||
	    add_damaged(living, cache_dir, network, warnings, err) < 0) {
		cni_living_clear(living);
		return -1;
	}
	for (size_t i = 0; i < living->cached_count; i++)
		if (living->lives[i] != CNI_LIFE_GONE)
			add(living, network, living->cached[i].container, living->cached[i].ifname);
	for (size_t i = 0; keep && i < keep->count; i++)
		add(living, network, keep->items[i].container, keep->items[i].ifname);
	sort_once(&living->owners);
	return 0;
}

void cni_living_clear(struct cni_living *living)
{
	for (size_t i = 0; living->cached_texts && i < living->cached_count; i++)
		free(living->cached_texts[i]);
	free(living->cached_texts);
	free(living->lives);
	free(living->owners.items);
	for (size_t i = 0; i < living->text_count; i++)
		free(living->texts[i]);
	free(living->texts);
	cni_cached_free(living->cached, living->cached_count);
	*living = (struct cni_living){0};
}
