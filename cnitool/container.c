/* SPDX-License-Identifier: Apache-2.0 */
#include "container.h"

#include "canonical.h"
#include "cleanup.h"
#include "hash.h"
#include "mem.h"
#include "namespace.h"
#include "short_id.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAMED_NETNS "/run/netns"
#define IDS	    "cnitool-"

/* By the text alone, as Go's filepath.Abs() has it. */
static int make_absolute(const char *path, char **ret_path, struct cni_error *err)
{
	freeing char *here = *path == '/' ? cni_strdup("") : get_current_dir_name();
	freeing char *joined = NULL;
	freeing char *clean = NULL;
	size_t length = 0;
	char *rest;

	if (!here)
		return cni_fail_errno(err, CNI_EIO, errno, "find the current directory");
	joined = cni_format("%s/%s", here, path);
	clean = cni_alloc(strlen(joined) + 2);
	rest = joined;
	for (char *part = strsep(&rest, "/"); part; part = strsep(&rest, "/")) {
		if (!strcmp(part, "..")) {
			while (length && clean[--length] != '/')
				;
		} else if (*part && strcmp(part, ".") != 0) {
			clean[length++] = '/';
			length = (size_t)(stpcpy(clean + length, part) - clean);
		}
		clean[length] = '\0';
	}
	if (!length)
		memcpy(clean, "/", 2);
	*ret_path = take_ptr(clean);
	return 0;
}

static void name_container(const char *netns, char id[CONTAINER_ID_SIZE])
{
	char digits[CNI_HASH_TEXT_SIZE];

	cni_hash_hex(netns, strlen(netns), digits);
	snprintf(id, CONTAINER_ID_SIZE, IDS "%.20s", digits);
}

/* ---- the cache ---- */

static void take_cached(struct container *container, struct cni_cached *cached)
{
	snprintf(container->id, sizeof(container->id), "%s", cached->container);
	container->is_cached = true;
	container->cached = *cached;
	*cached = (struct cni_cached){0};
}

/* The attachment of the container that has its id from this very path. */
static bool look_up(const struct options *options, const char *netns, struct container *container)
{
	struct cni_owner owner = {options->operands[0], container->id, options->ifname};
	struct cni_cached cached = {0};
	freeing char *file = NULL;
	struct cni_error why;

	name_container(netns, container->id);
	if (cni_cache_file(options->cache_dir, &owner, &file, &why) < 0 || access(file, F_OK) < 0)
		return false;
	container->is_cached = true;
	if (cni_cache_read(options->cache_dir, &owner, &cached, &why) == 0)
		take_cached(container, &cached);
	return true;
}

/* Another path to the file, or another file of the namespace, which then must be the one of the ADD. */
static bool is_of(const struct cni_cached *cached, const char *netns, const char *canonical)
{
	freeing char *theirs = NULL;

	if (!cached->netns || !*cached->netns)
		return false;
	theirs = cni_canonical_path(cached->netns);
	return !strcmp(theirs, canonical) ||
	       (cni_namespace_is_same(cached->netns, netns) &&
		cni_namespace_ask(cached->netns, cached->identity) == CNI_NAMESPACE_LIVES);
}

/* The attachment to this network by this interface; or any other, which has the container's id. */
static int search(const struct options *options, struct container *container, struct cni_error *err)
{
	const char *network = options->operands[0];
	freeing char *canonical = cni_canonical_path(container->netns);
	struct cni_cached *other = NULL;
	struct cni_cached *items;
	size_t count;

	if (cni_cache_list(options->cache_dir, NULL, IDS, &items, &count, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < count && !container->is_cached; i++) {
		if (!is_of(&items[i], container->netns, canonical))
			continue;
		if (!strcmp(items[i].network, network) && !strcmp(items[i].ifname, options->ifname))
			take_cached(container, &items[i]);
		else
			other = &items[i];
	}
	if (!container->is_cached && other &&
	    cni_namespace_ask(other->netns, other->identity) == CNI_NAMESPACE_LIVES)
		snprintf(container->id, sizeof(container->id), "%s", other->container);
	cni_cached_free(items, count);
	return 0;
}

/* ---- --container ---- */

static int resolve(const struct cni_cached *items, size_t count, const char *prefix,
		   const char *network, const char **ret_id, struct cni_error *err)
{
	freeing const char **ids = cni_alloc((count + 1) * sizeof(*ids));
	freeing char *where = cni_format("network '%s'", network);

	for (size_t i = 0; i < count; i++)
		ids[i] = items[i].container;
	return short_id_resolve(ids, count, prefix, where, ret_id, err);
}

/* The container's only attachment, or that by --ifname. */
static int choose(const struct options *options, struct cni_cached *items, size_t count,
		  const char *id, struct cni_cached **ret_cached, struct cni_error *err)
{
	bool by_ifname = options_has(options, "ifname");
	freeing char *ifnames = NULL;
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		char *longer;

		if (strcmp(items[i].container, id) != 0)
			continue;
		longer = cni_format("%s%s%s", ifnames ? ifnames : "", ifnames ? ", " : "",
				    items[i].ifname);
		free(ifnames);
		ifnames = longer;
		if (by_ifname && strcmp(items[i].ifname, options->ifname) != 0)
			continue;
		*ret_cached = &items[i];
		found++;
	}
	if (found == 1)
		return 0;
	if (by_ifname)
		return cni_fail(err, CNI_ECONTAINER,
				"container '%s' is not attached to '%s' as '%s', but as %s", id,
				options->operands[0], options->ifname, ifnames);
	return cni_fail(
		err, CNI_ECONTAINER,
		"container '%s' is attached to '%s' more than once: --ifname names one of %s", id,
		options->operands[0], ifnames);
}

int container_find_attached(const struct options *options, struct container *ret_container,
			    struct cni_error *err)
{
	struct container *container = ret_container;
	struct cni_cached *cached = NULL;
	struct cni_cached *items;
	const char *id;
	size_t count;
	int failed;

	*container = (struct container){.netns = NULL};
	if (cni_cache_list(options->cache_dir, options->operands[0], NULL, &items, &count, NULL,
			   err) < 0)
		return -1;
	failed = resolve(items, count, options->container, options->operands[0], &id, err);
	if (!failed)
		failed = choose(options, items, count, id, &cached, err);
	if (!failed) {
		take_cached(container, cached);
		container->netns = cni_strdup(container->cached.netns);
	}
	cni_cached_free(items, count);
	return failed;
}

/* ---- the operand ---- */

static int find_path(const struct options *options, const char *operand,
		     struct container *container, struct cni_error *err)
{
	if (!*operand)
		return cni_fail(err, CNI_EENV, "the namespace is empty, expected a path or a name");
	if (!strchr(operand, '/') && access(operand, F_OK) < 0) {
		freeing char *named = cni_format(NAMED_NETNS "/%s", operand);
		bool was_attached = look_up(options, named, container);

		if (was_attached || access(named, F_OK) == 0) {
			container->netns = take_ptr(named);
			return 0;
		}
	}
	return make_absolute(operand, &container->netns, err);
}

int container_find(const struct options *options, const char *operand,
		   struct container *ret_container, struct cni_error *err)
{
	struct container *container = ret_container;

	*container = (struct container){.netns = NULL};
	if (find_path(options, operand, container, err) < 0)
		return -1;
	if (container->is_cached || look_up(options, container->netns, container))
		return 0;
	return search(options, container, err);
}

void container_clear(struct container *container)
{
	free(container->netns);
	cni_cached_clear(&container->cached);
	*container = (struct container){.netns = NULL};
}
