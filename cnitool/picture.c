/* SPDX-License-Identifier: Apache-2.0 */
#include "picture.h"

#include "cached_list.h"
#include "cleanup.h"
#include "confdir.h"
#include "mem.h"
#include "picture_attachment.h"
#include "short_id.h"

#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>

/* ---- attachments ---- */

static void clear_network(struct picture_network *network)
{
	for (size_t i = 0; i < network->count; i++) {
		free(network->masters[i].name);
		free(network->masters[i].type);
		free(network->masters[i].items);
		cJSON_Delete(network->masters[i].addresses);
	}
	free(network->masters);
	free(network->name);
	free(network->file);
	free(network->version);
	cJSON_Delete(network->plugins);
}

static int compare(const void *a, const void *b)
{
	const struct picture_attachment *one = a;
	const struct picture_attachment *other = b;
	int order = strcmp(one->network, other->network);

	if (!order)
		order = strcmp(one->master, other->master);
	if (!order)
		order = strcmp(one->container, other->container);
	return order ? order : strcmp(one->ifname, other->ifname);
}

static struct picture_attachment *grow(struct picture *picture)
{
	picture->attachments = cni_realloc_array(
		picture->attachments, picture->attachment_count + 1, sizeof(*picture->attachments));
	return &picture->attachments[picture->attachment_count++];
}

/* True if a record tells of the link. */
static bool is_known(const struct picture *picture, size_t records, const struct node_link *link)
{
	for (size_t i = 0; i < records; i++) {
		const struct picture_attachment *at = &picture->attachments[i];
		const struct cni_owner owner = {at->network, at->container, at->ifname};
		char text[CNI_OWNER_TEXT_SIZE];

		if (!strcmp(cni_owner_format(&owner, text), link->alias))
			return true;
	}
	return false;
}

/* Two slashes, as an owner's text has them. */
static bool has_owner(const char *alias)
{
	const char *slash = strchr(alias, '/');

	slash = slash ? strchr(slash + 1, '/') : NULL;
	return slash && slash[1] && !strchr(slash + 1, '/');
}

static void add_links(struct picture *picture, const char *network)
{
	size_t records = picture->attachment_count;

	for (size_t i = 0; i < picture->links.count; i++) {
		const struct node_link *link = &picture->links.items[i];
		struct picture_attachment attachment;

		if (!has_owner(link->alias) || is_known(picture, records, link) ||
		    (network && !cni_owner_text_is_of(link->alias, network)) ||
		    !picture_attachment_of_link(link, &picture->links, &attachment))
			continue;
		*grow(picture) = attachment;
	}
}

static void shorten(struct picture *picture)
{
	size_t count = picture->attachment_count;
	freeing const char **ids = cni_alloc((count + 1) * sizeof(*ids));

	for (size_t i = 0; i < count; i++)
		ids[i] = picture->attachments[i].container;
	short_id_sort(ids, count);
	for (size_t i = 0; i < count; i++)
		picture->attachments[i].id =
			short_id_of(ids, count, picture->attachments[i].container);
}

/* Leaves the attachments of --container, and of --ifname if it was given. */
static int select_container(const struct options *options, struct picture *picture,
			    struct cni_error *err)
{
	size_t count = picture->attachment_count;
	freeing const char **ids = cni_alloc((count + 1) * sizeof(*ids));
	freeing char *container = NULL;
	const char *id;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		ids[i] = picture->attachments[i].container;
	if (short_id_resolve(ids, count, options->container, "this host", &id, err) < 0)
		return -1;
	container = cni_strdup(id);
	for (size_t i = 0; i < count; i++) {
		struct picture_attachment *at = &picture->attachments[i];

		if (!strcmp(at->container, container) &&
		    (!options_has(options, "ifname") || !strcmp(at->ifname, options->ifname)))
			picture->attachments[kept++] = *at;
		else
			picture_attachment_clear(at);
	}
	picture->attachment_count = kept;
	return 0;
}

/* Networks without attachments are not shown beside those of a container. */
static void drop_empty(struct picture *picture)
{
	size_t kept = 0;

	for (size_t i = 0; i < picture->count; i++)
		if (picture->networks[i].count)
			picture->networks[kept++] = picture->networks[i];
		else
			clear_network(&picture->networks[i]);
	picture->count = kept;
}

/* ---- networks ---- */

static struct picture_network *network_of(struct picture *picture, const char *name)
{
	struct picture_network *network;

	for (size_t i = 0; i < picture->count; i++)
		if (!strcmp(picture->networks[i].name, name))
			return &picture->networks[i];
	picture->networks = cni_realloc_array(picture->networks, picture->count + 1,
					      sizeof(*picture->networks));
	network = &picture->networks[picture->count++];
	*network = (struct picture_network){.name = cni_strdup(name)};
	return network;
}

static void describe(struct picture_network *network, const struct cni_conflist *list)
{
	const cJSON *plugin;

	if (network->plugins)
		return;
	network->file = cni_strdup(list->file);
	network->version = cni_strdup(cni_version_text(list->version));
	network->plugins = cni_json_array();
	cJSON_ArrayForEach (plugin, list->plugins) {
		cJSON_AddItemToArray(network->plugins,
				     cJSON_CreateString(cni_conflist_type(plugin)));
	}
}

struct configured {
	struct picture *picture;
	const char *network; /* NULL: all */
	struct cni_warnings *warnings;
};

static void add_one(const char *name, struct cni_conflist *list, const struct cni_error *why,
		    void *data)
{
	const struct configured *configured = data;

	if (configured->network && strcmp(configured->network, name) != 0)
		return;
	if (list)
		describe(network_of(configured->picture, name), list);
	else
		cni_warn_error(configured->warnings, why);
}

static int add_configured(const struct options *options, const char *network,
			  struct picture *picture, struct cni_warnings *warnings,
			  struct cni_error *err)
{
	struct configured configured = {picture, network, warnings};

	return cni_confdir_each(options->conf_dir, add_one, &configured, warnings, err);
}

/* A network without a file is described by the record of one of its attachments. */
static void describe_by_record(struct picture *picture, const struct cni_cached *cached)
{
	struct picture_network *network = network_of(picture, cached->network);
	struct cni_conflist list = {0};
	struct cni_error ignored;

	if (!network->plugins && cni_cached_list(cached, NULL, &list, &ignored) == 0)
		describe(network, &list);
	cni_conflist_clear(&list);
}

static int add_cached(const struct options *options, const char *network, struct picture *picture,
		      struct cni_warnings *warnings, struct cni_error *err)
{
	struct cni_cached *items;
	size_t count;

	if (cni_cache_list(options->cache_dir, network, NULL, &items, &count, warnings, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		*grow(picture) = picture_attachment_of_record(&items[i], &picture->links);
		describe_by_record(picture, &items[i]);
	}
	cni_cached_free(items, count);
	return 0;
}

/* ---- masters ---- */

/* The addresses of a link of this host, but for link-local ones. */
static cJSON *addresses_of(const struct ifaddrs *all, const char *name)
{
	cJSON *list = cni_json_array();

	for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
		char text[CNI_NET_TEXT_SIZE];
		struct cni_net net;

		if (!strcmp(at->ifa_name, name) && node_address_read(at, &net) &&
		    !cni_ip_is_link_local(&net.ip))
			cJSON_AddItemToArray(list, cJSON_CreateString(cni_net_format(&net, text)));
	}
	return list;
}

static struct picture_master *add_master(struct picture *picture, const struct ifaddrs *addresses,
					 const struct picture_attachment *first)
{
	struct picture_network *network = network_of(picture, first->network);
	struct picture_master *master;

	network->masters =
		cni_realloc_array(network->masters, network->count + 1, sizeof(*network->masters));
	master = &network->masters[network->count++];
	*master = (struct picture_master){
		.name = cni_strdup(first->master),
		.type = cni_strdup(first->type),
		.link = *first->master ? node_links_find(&picture->links, first->master) : NULL,
		.addresses = addresses_of(addresses, first->master),
	};
	return master;
}

/* The attachments are sorted: those of a master stand together. */
static void group(struct picture *picture)
{
	struct picture_master *master = NULL;
	struct ifaddrs *addresses = NULL;

	if (getifaddrs(&addresses) < 0)
		addresses = NULL;
	for (size_t i = 0; i < picture->attachment_count; i++) {
		struct picture_attachment *at = &picture->attachments[i];

		if (!i || strcmp(at[-1].network, at->network) != 0 ||
		    strcmp(at[-1].master, at->master) != 0)
			master = add_master(picture, addresses, at);
		master->items =
			cni_realloc_array(master->items, master->count + 1, sizeof(*master->items));
		master->items[master->count++] = at;
		master->masquerades |= at->masquerades;
	}
	if (addresses)
		freeifaddrs(addresses);
}

/* ---- all of it ---- */

int picture_read(const struct options *options, const char *network, struct picture *ret_picture,
		 struct cni_warnings *warnings, struct cni_error *err)
{
	struct picture *picture = ret_picture;

	*picture = (struct picture){0};
	if (node_links_read(&picture->links, err) < 0 ||
	    add_configured(options, network, picture, warnings, err) < 0 ||
	    add_cached(options, network, picture, warnings, err) < 0)
		return -1;
	add_links(picture, network);
	if (network && !picture->count && !picture->attachment_count)
		return cni_fail(err, CNI_EMISSING,
				"no network '%s': neither '%s' nor '%s/results' has it", network,
				options->conf_dir, options->cache_dir);
	if (picture->attachment_count)
		qsort(picture->attachments, picture->attachment_count,
		      sizeof(*picture->attachments), compare);
	shorten(picture);
	if (options->container && select_container(options, picture, err) < 0)
		return -1;
	group(picture);
	if (options->container)
		drop_empty(picture);
	return 0;
}

void picture_clear(struct picture *picture)
{
	for (size_t i = 0; i < picture->count; i++)
		clear_network(&picture->networks[i]);
	for (size_t i = 0; i < picture->attachment_count; i++)
		picture_attachment_clear(&picture->attachments[i]);
	free(picture->networks);
	free(picture->attachments);
	node_links_clear(&picture->links);
	*picture = (struct picture){0};
}
