/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "addr.h"
#include "cleanup.h"
#include "container_vrf.h"
#include "host_end.h"
#include "readiness.h"
#include "routing_tables.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

/* How long routes wait for the kernel to settle the addresses that they have as sources. */
#define SETTLE_MS 3000

/* More than any network gives: the work of the container's root. */
#define ADDRESSES_MAX 4096

static void print(FILE *out, const void *data)
{
	const struct cni_vrf_part *spec = data;

	fprintf(out, " container %s shared", spec->name ? spec->name : "of the interface");
	if (spec->table)
		fprintf(out, " table %u", spec->table);
}

static void clear(void *data)
{
	struct cni_vrf_part *spec = data;

	free(spec->addresses);
	cni_route_list_clear(&spec->routes);
}

/* ---- what the kernel takes away ---- */

/* The IPv6 addresses of CNI_IFNAME but the link-local ones, which the kernel makes again. */
static int list_addresses(struct cni_attachment *at, struct cni_net **ret_nets, size_t *ret_count,
			  struct cni_error *err)
{
	size_t kept = 0;
	size_t count;

	if (cni_addr_list(&at->nl[CNI_CONTAINER], at->container.index, ret_nets, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if ((*ret_nets)[i].ip.family == AF_INET6 &&
		    !cni_ip_is_link_local(&(*ret_nets)[i].ip))
			(*ret_nets)[kept++] = (*ret_nets)[i];
	*ret_count = kept;
	if (kept <= ADDRESSES_MAX)
		return 0;
	return cni_fail(err, CNI_EKERNEL,
			"'%s' has %zu IPv6 addresses, more than the %d that can be put back",
			at->owner->ifname, kept, ADDRESSES_MAX);
}

static int remember(struct cni_attachment *at, struct cni_vrf_part *spec, struct cni_error *err)
{
	if (list_addresses(at, &spec->addresses, &spec->address_count, err) < 0)
		return -1;
	return cni_route_list(&at->nl[CNI_CONTAINER], at->container.index, 0, &spec->routes, err);
}

static bool has_address(const struct cni_net *nets, size_t count, const struct cni_net *sought)
{
	for (size_t i = 0; i < count; i++)
		if (cni_net_equal(&nets[i], sought))
			return true;
	return false;
}

/* Without duplicate address detection: the interface has had the addresses before. */
static int restore_addresses(struct cni_attachment *at, const struct cni_vrf_part *spec,
			     struct cni_error *err)
{
	freeing struct cni_net *now = NULL;
	size_t count;

	if (list_addresses(at, &now, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < spec->address_count; i++)
		if (!has_address(now, count, &spec->addresses[i]) &&
		    cni_addr_add(&at->nl[CNI_CONTAINER], at->container.index, &spec->addresses[i],
				 false, err) < 0 &&
		    err->errnum != EEXIST)
			return -1;
	return 0;
}

static int put(struct cni_attachment *at, const struct cni_listed_route *route, uint32_t table,
	       struct cni_error *err)
{
	return cni_route_list_put(&at->nl[CNI_CONTAINER], route, table, false, err) == 0 ||
			       err->errnum == EEXIST
		       ? 0
		       : -1;
}

/* EINVAL is about the source. An IPv6 address that the kernel has kept but not settled is none yet. An IPv4 address
 * of a slave is one for the VRF's table alone (fib_valid_prefsrc() in the kernel's net/ipv4/fib_semantics.c). */
static int put_route(struct cni_attachment *at, const struct cni_listed_route *route,
		     uint32_t table, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_CONTAINER];
	closing_nl struct cni_nl news = {0};

	if (put(at, route, table, err) == 0)
		return 0;
	if (err->errnum != EINVAL || !cni_ip_is_set(&route->src))
		return -1;
	if (route->src.family == AF_INET)
		return cni_route_list_put_sourceless(nl, route, table, err) == 0 ||
				       err->errnum == EEXIST
			       ? 0
			       : -1;
	if (cni_nl_open(&news, NETLINK_ROUTE, at->netns, err) < 0 ||
	    cni_addr_wait_settled(nl, &news, at->container.index, SETTLE_MS, err) < 0)
		return -1;
	return put(at, route, table, err);
}

/* Behind those of the VRF's other links. Routes without a gateway come first: the gateways are in their
 * subnets. `vrf_table` 0: each in its own table. */
static int restore_routes(struct cni_attachment *at, const struct cni_vrf_part *spec,
			  uint32_t vrf_table, struct cni_error *err)
{
	for (int with_gateway = 0; with_gateway < 2; with_gateway++)
		for (size_t i = 0; i < spec->routes.count; i++) {
			const struct cni_listed_route *route = &spec->routes.routes[i];
			bool is_main = route->table == RT_TABLE_MAIN;

			/* The kernel makes those of addresses again; copies in other tables are another plugin's. */
			if ((is_main && route->protocol == RTPROT_KERNEL) ||
			    cni_ip_is_set(&route->gw) != (with_gateway == 1))
				continue;
			if (put_route(at, route, is_main && vrf_table ? vrf_table : route->table,
				      err) < 0)
				return -1;
		}
	return 0;
}

/* ---- ADD ---- */

static int find_interface(struct cni_attachment *at, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_CONTAINER];
	struct cni_error ignored;
	struct cni_link master;

	if (cni_link_get(nl, at->owner->ifname, &at->container, err) < 0)
		return cni_fail_missing(err, CNI_ECONFIG,
					"could not get link by name %s: the container has no such "
					"link",
					at->owner->ifname);
	if (!at->container.master)
		return 0;
	if (cni_link_get_by_index(nl, at->container.master, &master, &ignored) < 0)
		snprintf(master.name, sizeof(master.name), "%d", at->container.master);
	return cni_fail(err, CNI_ETAKEN, "interface %s has already a master set: %s, expected none",
			at->owner->ifname, master.name);
}

static int enslave(struct cni_attachment *at, struct cni_vrf_part *spec,
		   const struct cni_container_vrf *vrf, struct cni_error *err)
{
	const struct cni_link_change change = {.master = vrf->link.index};

	if (remember(at, spec, err) < 0)
		return -1;
	/* Also if only the answer gets lost. */
	spec->enslaved = true;
	if (cni_link_change(&at->nl[CNI_CONTAINER], at->container.index, &change, err) < 0)
		return cni_fail_within(err, "could not set vrf %s as master of %s", vrf->link.name,
				       at->owner->ifname);
	if (restore_addresses(at, spec, err) < 0)
		return -1;
	return restore_routes(at, spec, vrf->table, err);
}

static int release(struct cni_attachment *at, int index, struct cni_error *err)
{
	const struct cni_link_change change = {.master = CNI_NO_MASTER};

	if (cni_link_change(&at->nl[CNI_CONTAINER], index, &change, err) == 0 ||
	    err->errnum == ENODEV)
		return 0;
	return cni_fail_within(err, "release %s from its VRF", at->owner->ifname);
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_vrf_part *spec = data;
	struct cni_error first = {0};
	struct cni_error next = {0};
	struct cni_container_vrf vrf;

	if (spec->enslaved &&
	    (release(at, at->container.index, &next) < 0 ||
	     restore_addresses(at, spec, &next) < 0 || restore_routes(at, spec, 0, &next) < 0))
		cni_fail_first(&first, &next);
	if (spec->made && (cni_container_vrf_find(at, spec->name, &vrf, &next) < 0 ||
			   (cni_container_vrf_is(&vrf) &&
			    cni_container_vrf_delete_unless_used(at, &vrf, &next) < 0)))
		cni_fail_first(&first, &next);
	return cni_fail_if_any(&first, err);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_vrf_part *spec = data;
	struct cni_error next;
	closing int lock = -1;
	struct cni_container_vrf vrf;

	if (cni_attachment_open(at, err) < 0)
		return -1;
	cni_routing_tables_lock(at, &lock);
	if (find_interface(at, err) == 0 &&
	    cni_container_vrf_find_or_make(at, spec, &vrf, err) == 0 &&
	    enslave(at, spec, &vrf, err) == 0)
		return 0;
	if (undo(at, spec, &next) < 0)
		cni_fail_details(err, "rollback: %s", next.msg);
	return -1;
}

/* ---- DEL ---- */

/* The VRF with the name, or without one that of CNI_IFNAME. Index 0: there is none. */
static int find_ours(struct cni_attachment *at, const struct cni_vrf_part *spec,
		     struct cni_container_vrf *ret_vrf, struct cni_error *err)
{
	struct cni_link master;

	*ret_vrf = (struct cni_container_vrf){.table = 0};
	if (spec->name)
		return cni_container_vrf_find(at, spec->name, ret_vrf, err);
	if (!at->container.master)
		return 0;
	if (cni_link_get_by_index(&at->nl[CNI_CONTAINER], at->container.master, &master, err) < 0)
		return err->errnum == ENODEV ? 0 : -1;
	return cni_container_vrf_find(at, master.name, ret_vrf, err);
}

static int delete_all(struct cni_attachment *at, const struct cni_vrf_part *spec,
		      struct cni_error *err)
{
	struct cni_container_vrf vrf;
	struct cni_link link;

	if (cni_link_get(&at->nl[CNI_CONTAINER], at->owner->ifname, &link, err) < 0) {
		if (err->errnum != ENODEV)
			return -1;
		link.index = 0;
	}
	/* Another container's interface stays in its VRF. */
	at->container = (struct cni_link){.index = 0};
	if (link.index && !cni_host_end_is_anothers(at, &link))
		at->container = link;
	if (find_ours(at, spec, &vrf, err) < 0)
		return -1;
	if (!vrf.link.index || !cni_container_vrf_is(&vrf))
		return 0;
	if (at->container.index && at->container.master == vrf.link.index &&
	    release(at, at->container.index, err) < 0)
		return -1;
	return cni_container_vrf_delete_unless_used(at, &vrf, err);
}

/* A process in the container that changes links without a pause (EAGAIN), or has made one that cannot be read,
 * is no reason to keep it. */
static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	closing int lock = -1;

	if (cni_attachment_open(at, err) < 0)
		return -1;
	if (at->netns < 0)
		return 0;
	cni_routing_tables_lock(at, &lock);
	return delete_all(at, data, err) == 0 || err->errnum == EAGAIN ||
			       cni_link_is_unreadable(err)
		       ? 0
		       : -1;
}

/* ---- CHECK, STATUS ---- */

static int check_vrf(const struct cni_vrf_part *spec, const struct cni_container_vrf *vrf,
		     struct cni_error *err)
{
	if (!vrf->link.index)
		return cni_fail(err, CNI_EMISMATCH, "VRF '%s' is missing in the container",
				spec->name);
	if (!cni_container_vrf_is(vrf))
		return cni_fail(err, CNI_EMISMATCH,
				"Netlink %s is not a VRF: it is of kind '%s', expected 'vrf'",
				spec->name, vrf->link.kind);
	if (spec->table && vrf->table != spec->table)
		return cni_fail(err, CNI_EMISMATCH, "VRF '%s' has table %u, expected %u",
				spec->name, vrf->table, spec->table);
	if (!(vrf->link.flags & IFF_UP))
		return cni_fail(err, CNI_EMISMATCH, "VRF '%s' is down, expected it up", spec->name);
	return 0;
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_vrf_part *spec = data;
	struct cni_container_vrf vrf;

	if (cni_attachment_open(at, err) < 0)
		return -1;
	if (cni_link_get(&at->nl[CNI_CONTAINER], at->owner->ifname, &at->container, err) < 0)
		return cni_fail_missing(err, CNI_EMISMATCH, "'%s' is missing in the container",
					at->owner->ifname);
	if (cni_container_vrf_find(at, spec->name, &vrf, err) < 0 || check_vrf(spec, &vrf, err) < 0)
		return -1;
	if (at->container.master == vrf.link.index)
		return 0;
	return cni_fail(err, CNI_EMISMATCH,
			"failed to find %s associated to vrf %s: it is a slave of %s",
			at->owner->ifname, spec->name,
			at->container.master ? "another link" : "none");
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	if (cni_attachment_open(at, err) < 0 || cni_readiness_check(err) < 0)
		return -1;
	return cni_readiness_check_kind(&at->nl[CNI_HOST], "vrf", err);
}

const struct cni_part_ops cni_vrf_part_ops = {
	.name = "vrf",
	.size = sizeof(struct cni_vrf_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.status = status,
	.print = print,
	.clear = clear,
};
