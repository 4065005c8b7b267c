/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "cleanup.h"
#include "readiness.h"
#include "route.h"
#include "routing_tables.h"
#include "rule.h"
#include "source_routes.h"
#include "source_rules.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#define FIRST_TABLE 100

static void print(FILE *out, const void *data)
{
	const struct cni_source_routes_part *spec = data;
	char text[CNI_IP_TEXT_SIZE];

	fputs(" container", out);
	if (spec->table)
		fprintf(out, " table %u", spec->table);
	for (size_t i = 0; i < 2; i++)
		if (cni_ip_is_set(&spec->gateways[i]))
			fprintf(out, " via %s", cni_ip_format(&spec->gateways[i], text));
	if (spec->hints)
		fputs(" hints", out);
}

static void clear(void *data)
{
	struct cni_source_routes_part *spec = data;

	free(spec->made);
	cni_route_list_clear(&spec->moved);
}

static struct cni_rule rule_of(const struct cni_source_route *route)
{
	struct cni_rule rule = {.from = route->address,
				.table = route->table,
				.protocol = CNI_RULE_PROTOCOL,
				.is_plain = true};

	rule.from.prefix = (uint8_t)cni_ip_bits(&rule.from.ip);
	return rule;
}

/* ---- ADD ---- */

static int add_rule(struct cni_attachment *at, struct cni_source_route *route,
		    struct cni_error *err)
{
	struct cni_rule rule = rule_of(route);

	/* Also if only the answer gets lost. */
	route->has_rule = true;
	return cni_rule_add(&at->nl[CNI_CONTAINER], &rule, err);
}

static int add_default(struct cni_attachment *at, const struct cni_source_route *route,
		       struct cni_error *err)
{
	struct cni_route way = {.dst = {.ip = {.family = route->address.ip.family}},
				.gw = route->gateway,
				.table = route->table,
				.has_table = true};

	if (!cni_ip_is_set(&route->gateway))
		return 0;
	return cni_route_add(&at->nl[CNI_CONTAINER], at->container.index, &way, err);
}

/* As the Go plugin chooses, but for a default route that would replace the one through the configured
 * gateway. */
static bool goes_with(const struct cni_source_routes_part *spec,
		      const struct cni_listed_route *route, const struct cni_net *address)
{
	bool is_ipv6 = route->dst.ip.family == AF_INET6;

	if (!route->dst.prefix && cni_ip_is_set(&spec->gateways[is_ipv6]))
		return false;
	if (!cni_ip_is_set(&route->src) && !cni_ip_is_set(&route->gw))
		return true;
	return cni_net_contains(address, &route->src) || cni_net_contains(address, &route->gw);
}

static int fill_table(struct cni_attachment *at, const struct cni_source_routes_part *spec,
		      struct cni_source_route *route, struct cni_error *err)
{
	if (add_rule(at, route, err) < 0 || add_default(at, route, err) < 0)
		return -1;
	for (size_t i = 0; i < spec->moved.count; i++)
		if (goes_with(spec, &spec->moved.routes[i], &route->address) &&
		    cni_route_list_put(&at->nl[CNI_CONTAINER], &spec->moved.routes[i], route->table,
				       true, err) < 0)
			return -1;
	return 0;
}

/* As the Go plugin, goes on where the kernel refuses: the subnet's route stays as it was. */
static void add_hints(struct cni_attachment *at, const struct cni_source_routes_part *spec)
{
	for (size_t i = 0; i < spec->made_count; i++) {
		struct cni_source_route *route = &spec->made[i];
		struct cni_error err;

		if (!cni_source_routes_is_last(spec, i))
			continue;
		route->has_hint = cni_route_add_subnet(&at->nl[CNI_CONTAINER], at->container.index,
						       &route->address, &err) == 0;
		if (!route->has_hint && err.errnum != EEXIST)
			fprintf(stderr, "addSourceHints: %s\n", err.msg);
	}
}

/* With hints the subnets' routes of IPv4 stay, unless a hint has taken their place. */
static bool stays(const struct cni_source_routes_part *spec, const struct cni_listed_route *route)
{
	if (!spec->hints || route->scope != RT_SCOPE_LINK)
		return false;
	for (size_t i = 0; i < spec->made_count; i++) {
		struct cni_net subnet = cni_net_masked(&spec->made[i].address);

		if (spec->made[i].has_hint && !route->priority && !route->tos &&
		    cni_net_equal(&subnet, &route->dst))
			return false;
	}
	return true;
}

static int empty_main(struct cni_attachment *at, const struct cni_source_routes_part *spec,
		      struct cni_error *err)
{
	for (size_t i = 0; i < spec->moved.count; i++)
		if (!stays(spec, &spec->moved.routes[i]) &&
		    cni_route_list_del(&at->nl[CNI_CONTAINER], &spec->moved.routes[i],
				       RT_TABLE_MAIN, err) < 0 &&
		    err->errnum != ESRCH)
			return -1;
	return 0;
}

/* The main table is emptied last: gateways of later addresses are looked up there. */
static int move_routes(struct cni_attachment *at, struct cni_source_routes_part *spec,
		       struct cni_error *err)
{
	struct cni_routing_tables tables;
	uint32_t next = FIRST_TABLE;

	if (cni_routing_tables_read(at, FIRST_TABLE, &tables, err) < 0 ||
	    cni_route_list(&at->nl[CNI_CONTAINER], at->container.index, RT_TABLE_MAIN, &spec->moved,
			   err) < 0)
		return -1;
	for (size_t i = 0; i < spec->made_count; i++) {
		if (cni_routing_tables_take(&tables, next, &spec->made[i].table, err) < 0 ||
		    fill_table(at, spec, &spec->made[i], err) < 0)
			return -1;
		next = spec->made[i].table + 1;
	}
	if (spec->hints)
		add_hints(at, spec);
	return empty_main(at, spec, err);
}

static int add_rules(struct cni_attachment *at, struct cni_source_routes_part *spec,
		     struct cni_error *err)
{
	if (cni_source_routes_refuse_table(at, spec, err) < 0)
		return -1;
	for (size_t i = 0; i < spec->made_count; i++)
		if (add_rule(at, &spec->made[i], err) < 0)
			return -1;
	return 0;
}

/* ---- undo ---- */

/* Routes without a gateway first: the gateways are in their subnets. */
static int refill_main(struct cni_attachment *at, const struct cni_source_routes_part *spec,
		       struct cni_error *err)
{
	struct cni_error first = {0};

	for (int with_gateway = 0; with_gateway < 2; with_gateway++)
		for (size_t i = 0; i < spec->moved.count; i++) {
			const struct cni_listed_route *route = &spec->moved.routes[i];
			struct cni_error next = {0};

			if (cni_ip_is_set(&route->gw) == (with_gateway == 1) &&
			    cni_route_list_put(&at->nl[CNI_CONTAINER], route, RT_TABLE_MAIN, false,
					       &next) < 0 &&
			    next.errnum != EEXIST)
				cni_fail_first(&first, &next);
		}
	return cni_fail_if_any(&first, err);
}

static int empty_table(struct cni_attachment *at, const struct cni_source_route *route,
		       struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_CONTAINER];
	struct cni_route_list list;
	int failed = 0;

	if (cni_route_list(nl, at->container.index, route->table, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (cni_route_list_del(nl, &list.routes[i], route->table, err) < 0 &&
		    err->errnum != ESRCH)
			failed = -1;
	cni_route_list_clear(&list);
	return failed;
}

static int take_back(struct cni_attachment *at, const struct cni_source_routes_part *spec,
		     const struct cni_source_route *route, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_CONTAINER];
	struct cni_rule rule = rule_of(route);

	if (route->has_hint &&
	    cni_route_del_subnet(nl, at->container.index, &route->address, err) < 0 &&
	    err->errnum != ESRCH)
		return -1;
	if (route->has_rule && cni_rule_del(nl, &rule, err) < 0 && err->errnum != ENOENT)
		return -1;
	return spec->table || !route->table ? 0 : empty_table(at, route, err);
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_source_routes_part *spec = data;
	struct cni_error first = {0};
	struct cni_error next = {0};

	for (size_t i = 0; i < spec->made_count; i++)
		if (take_back(at, spec, &spec->made[i], &next) < 0)
			cni_fail_first(&first, &next);
	if (refill_main(at, spec, &next) < 0)
		cni_fail_first(&first, &next);
	return cni_fail_if_any(&first, err);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_source_routes_part *spec = data;
	struct cni_error next;
	closing int lock = -1;

	spec->made = cni_source_routes_plan(at, spec, &spec->made_count, err);
	if (!spec->made || cni_attachment_open(at, err) < 0 ||
	    cni_source_routes_find_link(at, CNI_ECONFIG, err) < 0)
		return -1;
	cni_routing_tables_lock(at, &lock);
	if ((spec->table ? add_rules(at, spec, err) : move_routes(at, spec, err)) == 0)
		return 0;
	if (undo(at, spec, &next) < 0)
		cni_fail_details(err, "rollback: %s", next.msg);
	return -1;
}

/* ---- DEL ---- */

/* A process in the container that changes rules without a pause is no reason to keep it. */
static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_source_routes_part *spec = data;
	closing int lock = -1;

	if (cni_attachment_open(at, err) < 0)
		return -1;
	if (at->netns < 0)
		return 0;
	cni_routing_tables_lock(at, &lock);
	if (cni_source_rules_del(at, spec->table, err) == 0 || err->errnum == EAGAIN ||
	    cni_link_is_unreadable(err))
		return 0;
	return -1;
}

/* ---- STATUS ---- */

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)at;
	(void)data;
	return cni_readiness_check(err);
}

const struct cni_part_ops cni_source_routes_part_ops = {
	.name = "sourceroutes",
	.size = sizeof(struct cni_source_routes_part),
	.add = add,
	.undo = undo,
	.check = cni_source_routes_check,
	.del = del,
	.status = status,
	.print = print,
	.clear = clear,
};
