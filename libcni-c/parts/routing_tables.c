/* SPDX-License-Identifier: Apache-2.0 */
#include "routing_tables.h"

#include "link_kind.h"
#include "lock.h"
#include "route.h"
#include "route_list.h"
#include "rule.h"

#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LOCK_MS 10000

void cni_routing_tables_lock(const struct cni_attachment *at, int *ret_lock)
{
	struct cni_error ignored;
	struct stat st;
	char name[64];

	*ret_lock = -1;
	if (fstat(at->netns, &st) < 0)
		return;
	snprintf(name, sizeof(name), "tables %ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	if (cni_lock_take(name, CNI_LOCK_EXCLUSIVE, LOCK_MS, ret_lock, &ignored) < 0)
		*ret_lock = -1;
}

static void mark(struct cni_routing_tables *tables, uint32_t table)
{
	uint32_t bit = table - tables->first;

	if (table >= tables->first && bit < CNI_ROUTING_TABLES)
		tables->used[bit / 8] |= (uint8_t)(1U << bit % 8);
}

static int mark_rule(const struct cni_rule *rule, void *data, struct cni_error *err)
{
	(void)err;
	mark(data, rule->table);
	return 0;
}

static int mark_route(uint32_t table, int index, void *data, struct cni_error *err)
{
	(void)index;
	(void)err;
	mark(data, table);
	return 0;
}

static int mark_vrf(const struct cni_link *link, const struct cni_link_values *values, void *data,
		    struct cni_error *err)
{
	(void)link;
	(void)err;
	mark(data, values->values[0]);
	return 0;
}

int cni_routing_tables_read(struct cni_attachment *at, uint32_t first,
			    struct cni_routing_tables *ret_tables, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_CONTAINER];

	*ret_tables = (struct cni_routing_tables){.first = first};
	mark(ret_tables, RT_TABLE_DEFAULT);
	mark(ret_tables, RT_TABLE_MAIN);
	mark(ret_tables, RT_TABLE_LOCAL);
	/* A list that is read again marks no table too few. */
	if (cni_rule_each(nl, mark_rule, NULL, ret_tables, err) < 0 ||
	    cni_route_each_table(nl, mark_route, NULL, ret_tables, err) < 0)
		return -1;
	return cni_link_each_values(nl, &cni_link_vrf, mark_vrf, NULL, ret_tables, err);
}

int cni_routing_tables_take(struct cni_routing_tables *tables, uint32_t from, uint32_t *ret_table,
			    struct cni_error *err)
{
	uint32_t bit = from > tables->first ? from - tables->first : 0;

	for (; bit < CNI_ROUTING_TABLES; bit++) {
		if (tables->used[bit / 8] & 1U << bit % 8)
			continue;
		*ret_table = tables->first + bit;
		mark(tables, *ret_table);
		return 0;
	}
	return cni_fail(err, CNI_ETAKEN, "no routing table from %u to %u is free in the container",
			tables->first, tables->first + CNI_ROUTING_TABLES - 1);
}

int cni_routing_tables_have(struct cni_attachment *at, const struct cni_route *route,
			    bool *ret_have, struct cni_error *err)
{
	struct cni_net dst = cni_net_masked(&route->dst);
	struct cni_route_list list;

	*ret_have = false;
	if (cni_route_table(route) != RT_TABLE_MAIN || !at->container.index)
		return 0;
	if (cni_route_list(&at->nl[CNI_CONTAINER], at->container.index, 0, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		*ret_have |= list.routes[i].table != RT_TABLE_MAIN &&
			     cni_net_equal(&list.routes[i].dst, &dst);
	cni_route_list_clear(&list);
	return 0;
}
