/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of one node that are in each other's way. */
#include "validate.h"

#include "cleanup.h"
#include "destinations.h"
#include "mem.h"
#include "range_sets.h"

#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

/* Another file of the same network comes first. */
static bool is_shadowed(const struct validation *validation, size_t index)
{
	const char *name = validation->sources[index].name;

	for (size_t i = 0; i < index; i++)
		if (name && validation->sources[i].name &&
		    !strcmp(validation->sources[i].name, name))
			return true;
	return false;
}

void validate_names(struct validation *validation)
{
	for (size_t i = 0; i < validation->count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct source *source = &validation->sources[i];
			const struct source *first = &validation->sources[j];
			struct config_place place = {.file = source->file,
						     .network = source->name,
						     .plugin = CONFIG_NO_PLUGIN,
						     .key = "name",
						     .text = source->text};
			struct config_finding *finding;

			if (!source->name || !first->name ||
			    strcmp(source->name, first->name) != 0 ||
			    (!source->is_wanted && !first->is_wanted))
				continue;
			finding = config_findings_add(
				&validation->findings, "same-name", CONFIG_ERROR, &place,
				"network '%s' is that of '%s', which comes first", source->name,
				first->file);
			config_finding_so(finding, "runtimes use one of the two files");
			break;
		}
}

/* ---- ranges ---- */

/* The ranges of a plugin that uses host-local. */
struct extent {
	const struct source *source;
	const cJSON *plugin;
	int index;
	struct range_sets sets;
};

struct extents {
	struct extent *items;
	size_t count;
};

static bool is_host_local(const char *type)
{
	const char *end = type ? strstr(type, "host-local") : NULL;

	return end && !strcmp(end, "host-local") && (end == type || end[-1] == '-');
}

/* False for ranges that the plugin refuses: that is a finding of its own. */
static bool read_sets(const cJSON *ipam, struct range_sets *sets)
{
	const char *file = cni_json_get_string(ipam, "rangesFile");
	freeing_json cJSON *flat = cni_json_array();
	struct cni_error ignored;
	cJSON *set = cni_json_array();

	cJSON_AddItemToArray(set, cni_json_copy(ipam));
	cJSON_AddItemToArray(flat, set);
	if (cni_json_get(ipam, "subnet") && range_sets_decode(sets, flat, "ipam", &ignored) < 0)
		return false;
	if (file && *file && range_sets_read_file(sets, file, &ignored) < 0)
		return false;
	return range_sets_decode(sets, cni_json_get(ipam, "ranges"), "ranges", &ignored) == 0 &&
	       range_sets_complete(sets, &ignored) == 0;
}

static void collect(struct extents *extents, const struct source *source)
{
	const cJSON *plugin;
	int index = 0;

	cJSON_ArrayForEach (plugin, source->list.plugins) {
		struct range_sets sets = {0};

		if (is_host_local(ipam_type_of(plugin)) &&
		    read_sets(cni_json_get(plugin, "ipam"), &sets)) {
			extents->items = cni_realloc_array(extents->items, extents->count + 1,
							   sizeof(*extents->items));
			extents->items[extents->count++] =
				(struct extent){source, plugin, index, sets};
			sets = (struct range_sets){0};
		}
		range_sets_clear(&sets);
		index++;
	}
}

/* The link on the host that has the network's containers. */
static const char *link_of(const cJSON *plugin)
{
	const char *type = cni_conflist_type(plugin);
	const char *bridge = cni_json_get_string(plugin, "bridge");
	const char *master = cni_json_get_string(plugin, "master");

	if (!strcmp(type, "bridge"))
		return bridge && *bridge ? bridge : "cni0";
	return master ? master : "";
}

static bool share_link(const struct extent *a, const struct extent *b)
{
	const char *link = link_of(a->plugin);

	return *link && !strcmp(link, link_of(b->plugin));
}

static bool subnets_meet(const struct range *a, const struct range *b)
{
	return cni_net_contains(&a->subnet, &b->subnet.ip) ||
	       cni_net_contains(&b->subnet, &a->subnet.ip);
}

static bool ranges_meet(const struct range *a, const struct range *b)
{
	return range_contains(a, &b->first) || range_contains(b, &a->first);
}

static bool report_ranges(struct validation *validation, const struct extent *a,
			  const struct extent *b, const struct range *one,
			  const struct range *other)
{
	const struct configured configured = {
		.source = a->source, .json = a->plugin, .index = a->index};
	struct config_place place = place_of_key(&configured, "ipam.ranges");
	bool is_shared = share_link(a, b);
	bool meet = ranges_meet(one, other);
	char texts[2][CNI_NET_TEXT_SIZE];
	struct config_finding *finding;

	/* Two networks that divide a subnet on one link are meant to be so. */
	if (!subnets_meet(one, other) || (is_shared && !meet))
		return false;
	finding = config_findings_add(
		&validation->findings, "overlap", is_shared ? CONFIG_ERROR : CONFIG_WARNING, &place,
		"%s %s overlaps with %s of network '%s' in '%s'", meet ? "the range of" : "subnet",
		cni_net_format(&one->subnet, texts[0]), cni_net_format(&other->subnet, texts[1]),
		b->source->name, b->source->file);
	if (is_shared)
		config_finding_so(finding, "two containers on '%s' may get the same address",
				  link_of(a->plugin));
	else
		config_finding_so(finding,
				  "the host has two routes to it, and one of the networks is not "
				  "reached");
	config_finding_try(finding, "give each network a subnet of its own");
	return true;
}

/* Two plugins get one finding. */
static void compare_extents(struct validation *validation, const struct extent *a,
			    const struct extent *b)
{
	for (size_t i = 0; i < a->sets.count; i++)
		for (size_t j = 0; j < b->sets.count; j++)
			for (size_t k = 0; k < a->sets.items[i].count; k++)
				for (size_t l = 0; l < b->sets.items[j].count; l++)
					if (report_ranges(validation, a, b,
							  &a->sets.items[i].items[k],
							  &b->sets.items[j].items[l]))
						return;
}

void validate_ranges(struct validation *validation)
{
	struct extents extents = {0};

	for (size_t i = 0; i < validation->count; i++)
		if (validation->sources[i].list.name && !is_shadowed(validation, i))
			collect(&extents, &validation->sources[i]);
	for (size_t i = 0; i < extents.count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct extent *a = &extents.items[i];
			const struct extent *b = &extents.items[j];

			if (strcmp(a->source->name, b->source->name) != 0 &&
			    (a->source->is_wanted || b->source->is_wanted))
				compare_extents(validation, a, b);
		}
	for (size_t i = 0; i < extents.count; i++)
		range_sets_clear(&extents.items[i].sets);
	free(extents.items);
}

/* ---- destinations ---- */

/* A plugin that masquerades, and its nonMasqueradeCIDRs. */
struct listed {
	const struct source *source;
	const cJSON *plugin;
	int index;
};

static bool masquerades(const cJSON *plugin)
{
	return cJSON_IsTrue(cni_json_get(plugin, "ipMasq"));
}

static struct cni_destinations read_destinations(const cJSON *plugin)
{
	struct cni_destinations destinations = {.nets = NULL};
	const cJSON *list = cni_json_get(plugin, "nonMasqueradeCIDRs");
	const cJSON *item;

	destinations.nets =
		cni_alloc(((size_t)cJSON_GetArraySize(list) + 1) * sizeof(*destinations.nets));
	cJSON_ArrayForEach (item, list) {
		if (cJSON_IsString(item) &&
		    cni_net_parse(item->valuestring, &destinations.nets[destinations.count]) == 0)
			destinations.count++;
	}
	cni_destinations_merge(&destinations);
	return destinations;
}

static bool lists_equal(const cJSON *one, const cJSON *other)
{
	struct cni_destinations a = read_destinations(one);
	struct cni_destinations b = read_destinations(other);
	bool equal = a.count == b.count;

	for (size_t i = 0; equal && i < a.count; i++)
		equal = cni_net_equal(&a.nets[i], &b.nets[i]);
	free(a.nets);
	free(b.nets);
	return equal;
}

static void compare_lists(struct validation *validation, const struct listed *a,
			  const struct listed *b)
{
	const struct configured configured = {
		.source = a->source, .json = a->plugin, .index = a->index};
	struct config_place place = place_of_key(&configured, "nonMasqueradeCIDRs");
	struct config_finding *finding;

	if (strcmp(a->source->name, b->source->name) != 0 || lists_equal(a->plugin, b->plugin) ||
	    (!a->source->is_wanted && !b->source->is_wanted))
		return;
	finding = config_findings_add(
		&validation->findings, "destinations", CONFIG_WARNING, &place,
		"'nonMasqueradeCIDRs' is another list than that of plugins[%d] in "
		"'%s', which is of the same network",
		b->index, b->source->file);
	config_finding_so(finding,
			  "the list belongs to the network: the newest ADD sets it for all");
	config_finding_try(finding, "write the same list in both");
}

void validate_destinations(struct validation *validation)
{
	struct listed *all = NULL;
	size_t count = 0;

	for (size_t i = 0; i < validation->count; i++) {
		const struct source *source = &validation->sources[i];
		const cJSON *plugin;
		int index = 0;

		if (!source->list.name)
			continue;
		cJSON_ArrayForEach (plugin, source->list.plugins) {
			if (masquerades(plugin)) {
				all = cni_realloc_array(all, count + 1, sizeof(*all));
				all[count++] = (struct listed){source, plugin, index};
			}
			index++;
		}
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			compare_lists(validation, &all[i], &all[j]);
	free(all);
}
