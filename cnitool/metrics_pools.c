/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics of address pools: the range sets of host-local, for each network that has one. */
#include "amount.h"
#include "cleanup.h"
#include "ipam.h"
#include "mem.h"
#include "metrics.h"
#include "store.h"

#include <stdlib.h>
#include <string.h>

struct pool {
	char *labels;
	struct amount size;
	size_t used;
	size_t gone;  /* of these: their namespace is gone, also with an earlier boot */
	size_t stale; /* of these: of an earlier boot */
};

struct pools {
	struct pool *items;
	size_t count;
	struct boot_id boot;
	struct census census;
};

static void add_pool(struct pools *pools, const char *network, const struct ipam_plugin *plugin,
		     size_t set, const struct listing *leases)
{
	freeing char *ranges = range_set_format(&plugin->conf.sets.items[set]);
	freeing char *network_label = metrics_label(network);
	freeing char *ranges_label = metrics_label(ranges);
	freeing char *plugin_label = metrics_label(plugin->type);
	const struct span_list *spans = &plugin->conf.spans[set];
	struct pool *pool;

	pools->items = cni_realloc_array(pools->items, pools->count + 1, sizeof(*pools->items));
	pool = &pools->items[pools->count++];
	*pool = (struct pool){
		.labels = cni_format("network=%s,plugin=%s,set=\"%zu\",ranges=%s", network_label,
				     plugin_label, set, ranges_label),
		.size = amount_of_spans(spans),
	};
	for (size_t i = 0; i < leases->count; i++) {
		const struct lease *lease = &leases->items[i];

		if (lease->state == LEASE_JUNK || !span_list_has(spans, &lease->ip))
			continue;
		pool->used++;
		pool->stale += lease_is_stale(lease, &pools->boot);
		pool->gone += !strcmp(ipam_netns(lease, &pools->boot, &pools->census), "gone");
	}
}

static int read_ledgers(struct pools *pools, const char *network, const struct ipam *ipam,
			struct cni_error *err)
{
	for (size_t i = 0; i < ipam->plugin_count; i++) {
		const struct ipam_plugin *plugin = &ipam->plugins[i];
		clearing_listing struct listing leases = {0};
		closing_store struct store *store = NULL;

		if (store_look(&plugin->conf.place, &store, err) < 0 ||
		    store_list(store, &leases, err) < 0)
			return -1;
		for (size_t set = 0; set < plugin->conf.sets.count; set++)
			add_pool(pools, network, plugin, set, &leases);
	}
	return 0;
}

/* A network without host-local has no pool; one whose ranges cannot be read is a warning. */
static int read_network(struct tool *tool, void *data, struct cni_error *err)
{
	struct pools *pools = data;
	struct ipam ipam = {.plugin_count = 0};

	if (tool_load(tool, err) == 0 && !ipam_has_ledger(&tool->list))
		return 0;
	if (ipam_open(tool, &ipam, err) < 0 || read_ledgers(pools, tool->list.name, &ipam, err) < 0)
		cni_warn_error(&tool->warnings, err);
	ipam_close(&ipam);
	return 0;
}

static void put_family(const struct metrics *metrics, const struct pools *pools, const char *name,
		       const char *help, size_t (*count_of)(const struct pool *pool))
{
	metrics_family(metrics, name, "gauge", NULL, help);
	for (size_t i = 0; i < pools->count; i++)
		fprintf(metrics->out, "%s{%s} %zu\n", name, pools->items[i].labels,
			count_of(&pools->items[i]));
}

static size_t used_of(const struct pool *pool)
{
	return pool->used;
}

static size_t gone_of(const struct pool *pool)
{
	return pool->gone;
}

static size_t stale_of(const struct pool *pool)
{
	return pool->stale;
}

static void put_pools(const struct metrics *metrics, const struct pools *pools)
{
	metrics_family(metrics, "cni_ipam_addresses", "gauge", NULL,
		       "Addresses that a range set of host-local could give out.");
	for (size_t i = 0; i < pools->count; i++) {
		char text[AMOUNT_TEXT_SIZE];

		fprintf(metrics->out, "cni_ipam_addresses{%s} %s\n", pools->items[i].labels,
			amount_format(&pools->items[i].size, text));
	}
	put_family(metrics, pools, "cni_ipam_used_addresses", "Addresses that are reserved.",
		   used_of);
	put_family(metrics, pools, "cni_ipam_gone_addresses",
		   "Reserved addresses of a network namespace that is gone.", gone_of);
	put_family(metrics, pools, "cni_ipam_stale_addresses",
		   "Reserved addresses of an earlier boot.", stale_of);
}

int metrics_pools(const struct metrics *metrics, struct cni_error *err)
{
	struct pools pools = {.boot = boot_id_read(), .census = census_take()};
	int failed = tool_each_network(metrics->tool, read_network, &pools, err);

	if (!failed)
		put_pools(metrics, &pools);
	for (size_t i = 0; i < pools.count; i++)
		free(pools.items[i].labels);
	free(pools.items);
	census_clear(&pools.census);
	return failed;
}
