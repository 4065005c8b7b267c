/* SPDX-License-Identifier: Apache-2.0 */
#include "source_routes.h"

#include "cleanup.h"
#include "mem.h"
#include "route.h"
#include "rule.h"
#include "source_rules.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

/* ---- the interface ---- */

struct cni_source_route *cni_source_routes_plan(const struct cni_attachment *at,
						const struct cni_source_routes_part *spec,
						size_t *ret_count, struct cni_error *err)
{
	freeing struct cni_result_ip *ips = cni_source_addresses(at, ret_count);
	struct cni_source_route *routes;

	if (!*ret_count) {
		cni_fail(err, CNI_ECONFIG,
			 "No IP addresses supplied on interface: %s: 'prevResult' has %zu "
			 "addresses, expected one of this interface",
			 at->owner->ifname, at->result->ip_count);
		return NULL;
	}
	routes = cni_realloc_array(NULL, *ret_count, sizeof(*routes));
	for (size_t i = 0; i < *ret_count; i++) {
		const struct cni_ip *given =
			&spec->gateways[ips[i].address.ip.family == AF_INET6 ? 1 : 0];

		routes[i] = (struct cni_source_route){
			.address = ips[i].address,
			.gateway = cni_ip_is_set(given) ? *given : ips[i].gateway,
			.table = spec->table};
	}
	return routes;
}

int cni_source_routes_find_link(struct cni_attachment *at, int code, struct cni_error *err)
{
	if (cni_link_get(&at->nl[CNI_CONTAINER], at->owner->ifname, &at->container, err) == 0)
		return 0;
	return cni_fail_missing(err, code, "Cannot find network interface %s in the container",
				at->owner->ifname);
}

bool cni_source_routes_is_last(const struct cni_source_routes_part *spec, size_t i)
{
	struct cni_net subnet = cni_net_masked(&spec->made[i].address);

	while (++i < spec->made_count) {
		struct cni_net next = cni_net_masked(&spec->made[i].address);

		if (cni_net_equal(&next, &subnet))
			return false;
	}
	return true;
}

/* ---- the table ---- */

struct use {
	const struct cni_attachment *at;
	const struct cni_source_routes_part *spec;
	bool by_us;
	bool by_routes;
	bool by_rules;
};

static int note_route(uint32_t table, int index, void *data, struct cni_error *err)
{
	struct use *use = data;
	const struct cni_link *link = &use->at->container;

	(void)err;
	if (table != use->spec->table)
		return 0;
	/* A VRF has routes of all its links. A route with several next hops counts as ours. */
	if (!index || index == link->index || (link->master && index == link->master))
		use->by_us = true;
	else
		use->by_routes = true;
	return 0;
}

static int note_rule(const struct cni_rule *rule, void *data, struct cni_error *err)
{
	struct use *use = data;

	(void)err;
	if (rule->table != use->spec->table)
		return 0;
	for (size_t i = 0; i < use->spec->made_count; i++)
		if (rule->is_plain && cni_ip_equal(&rule->from.ip, &use->spec->made[i].address.ip))
			return 0;
	use->by_rules = true;
	return 0;
}

int cni_source_routes_refuse_table(struct cni_attachment *at,
				   const struct cni_source_routes_part *spec, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_CONTAINER];
	struct use use = {.at = at, .spec = spec};

	if (cni_route_each_table(nl, note_route, NULL, &use, err) < 0)
		return -1;
	if (!use.by_us && !use.by_routes && cni_rule_each(nl, note_rule, NULL, &use, err) < 0)
		return -1;
	if (use.by_us || (!use.by_routes && !use.by_rules))
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"'table' is %u, a table in use: it has %s of others, expected one that is "
			"free or has routes of '%s'",
			spec->table, use.by_routes ? "routes" : "rules", at->owner->ifname);
}

/* ---- CHECK ---- */

/* As the plugin in front has added it (routes_part.c). */
static struct cni_ip gateway_of(const struct cni_attachment *at, const struct cni_route *route)
{
	struct cni_ip gateway = route->gw;

	if (route->has_scope && route->scope == RT_SCOPE_LINK)
		return gateway;
	for (size_t i = 0; i < at->result->ip_count && !cni_ip_is_set(&gateway); i++)
		if (at->result->ips[i].gateway.family == route->dst.ip.family)
			gateway = at->result->ips[i].gateway;
	return gateway;
}

/* True for the gateway of a default route in at->result. Unset: the kernel lists several next hops without. */
static bool is_of_result(const struct cni_attachment *at, int family, const struct cni_ip *gateway)
{
	size_t ways = 0;
	bool found = false;

	for (size_t i = 0; i < at->result->route_count; i++) {
		const struct cni_route *route = &at->result->routes[i];
		struct cni_ip own = gateway_of(at, route);

		if (route->dst.prefix || route->dst.ip.family != family ||
		    cni_route_table(route) != RT_TABLE_MAIN)
			continue;
		found |= cni_ip_equal(&own, gateway);
		ways++;
	}
	return found || (ways > 1 && !cni_ip_is_set(gateway));
}

/* A default route of the main table has taken the place of the one through the address's gateway, unless the
 * configuration names a gateway. */
static bool has_default(const struct cni_attachment *at, const struct cni_source_routes_part *spec,
			const struct cni_route_list *list, const struct cni_source_route *route)
{
	int family = route->address.ip.family;
	bool is_configured = cni_ip_is_set(&spec->gateways[family == AF_INET6]);

	for (size_t i = 0; i < list->count; i++) {
		const struct cni_listed_route *found = &list->routes[i];

		if (!found->dst.prefix && found->dst.ip.family == family &&
		    (cni_ip_equal(&found->gw, &route->gateway) ||
		     (!is_configured && is_of_result(at, family, &found->gw))))
			return true;
	}
	return false;
}

/* `source`: of the route; unset: any. */
static bool has_subnet(const struct cni_route_list *list, const struct cni_net *address,
		       const struct cni_ip *source)
{
	struct cni_net subnet = cni_net_masked(address);

	for (size_t i = 0; i < list->count; i++)
		if (cni_net_equal(&list->routes[i].dst, &subnet) &&
		    (!cni_ip_is_set(source) || cni_ip_equal(&list->routes[i].src, source)))
			return true;
	return false;
}

static int check_table(struct cni_attachment *at, const struct cni_source_routes_part *spec,
		       const struct cni_source_route *route, uint32_t table, struct cni_error *err)
{
	static const struct cni_ip any;
	/* The subnet's route of a VRF's slave is in the VRF's table, where ADD leaves it. */
	bool is_alone =
		route->address.prefix == cni_ip_bits(&route->address.ip) || at->container.master;
	struct cni_net subnet = cni_net_masked(&route->address);
	char text[CNI_NET_TEXT_SIZE];
	struct cni_route_list list;
	int failed = 0;

	if (cni_route_list(&at->nl[CNI_CONTAINER], at->container.index, table, &list, err) < 0)
		return -1;
	if (cni_ip_is_set(&route->gateway) && !has_default(at, spec, &list, route))
		failed = cni_fail(err, CNI_EMISMATCH,
				  "the default route via %s through '%s' is missing in table %u of "
				  "the container",
				  cni_ip_format(&route->gateway, text), at->owner->ifname, table);
	else if (!is_alone && !has_subnet(&list, &route->address, &any))
		failed = cni_fail(err, CNI_EMISMATCH,
				  "the route to %s through '%s' is missing in table %u of the "
				  "container",
				  cni_net_format(&subnet, text), at->owner->ifname, table);
	cni_route_list_clear(&list);
	return failed;
}

/* Rules in front of ours are the container's own: a table counts once, and not more of them than this. */
#define TABLES_MAX 64

static bool is_in_a_table(struct cni_attachment *at, const struct cni_source_routes_part *spec,
			  const struct cni_source_route *route, const uint32_t *tables,
			  size_t count, struct cni_error *err)
{
	uint32_t looked_at[TABLES_MAX];
	size_t looks = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_repeated = false;

		if (spec->table && tables[i] == spec->table)
			return true;
		for (size_t j = 0; j < looks; j++)
			is_repeated |= looked_at[j] == tables[i];
		if (spec->table || is_repeated || looks == TABLES_MAX)
			continue;
		looked_at[looks++] = tables[i];
		if (check_table(at, spec, route, tables[i], err) == 0)
			return true;
	}
	return false;
}

static int check_rule(struct cni_attachment *at, const struct cni_source_routes_part *spec,
		      const struct cni_source_route *route, struct cni_error *err)
{
	freeing uint32_t *tables = NULL;
	char text[CNI_IP_TEXT_SIZE];
	size_t count;

	if (cni_source_rules_find(at, &route->address.ip, &tables, &count, err) < 0)
		return -1;
	if (is_in_a_table(at, spec, route, tables, count, err))
		return 0;
	if (spec->table)
		return cni_fail(err, CNI_EMISMATCH,
				"the rule from %s to table %u is missing in the container",
				cni_ip_format(&route->address.ip, text), spec->table);
	return count ? -1
		     : cni_fail(err, CNI_EMISMATCH, "the rule from %s is missing in the container",
				cni_ip_format(&route->address.ip, text));
}

static int check_hints(struct cni_attachment *at, const struct cni_source_routes_part *spec,
		       struct cni_error *err)
{
	struct cni_route_list list;
	char text[CNI_NET_TEXT_SIZE];
	int failed = 0;

	if (!spec->hints || spec->table)
		return 0;
	if (cni_route_list(&at->nl[CNI_CONTAINER], at->container.index, RT_TABLE_MAIN, &list, err) <
	    0)
		return -1;
	for (size_t i = 0; i < spec->made_count && failed == 0; i++)
		if (cni_source_routes_is_last(spec, i) &&
		    !has_subnet(&list, &spec->made[i].address, &spec->made[i].address.ip))
			failed = cni_fail(err, CNI_EMISMATCH,
					  "the route to the subnet of %s with this source is "
					  "missing in the main table of the container",
					  cni_net_format(&spec->made[i].address, text));
	cni_route_list_clear(&list);
	return failed;
}

int cni_source_routes_check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_source_routes_part spec = *(const struct cni_source_routes_part *)data;
	freeing struct cni_source_route *routes = NULL;

	routes = cni_source_routes_plan(at, &spec, &spec.made_count, err);
	if (!routes)
		return -1;
	spec.made = routes;
	if (cni_attachment_open(at, err) < 0 ||
	    cni_source_routes_find_link(at, CNI_EMISMATCH, err) < 0)
		return -1;
	for (size_t i = 0; i < spec.made_count; i++)
		if (check_rule(at, &spec, &routes[i], err) < 0)
			return -1;
	return check_hints(at, &spec, err);
}
