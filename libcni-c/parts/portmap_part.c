/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "cleanup.h"
#include "conntrack.h"
#include "go_rules.h"
#include "mem.h"
#include "netfilter.h"
#include "route.h"
#include "sweep.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define SWEEP "portmap"

static void print(FILE *out, const void *data)
{
	const struct cni_portmap_part *spec = data;

	fprintf(out, " owner, %zu ports", spec->count);
}

/* ---- what the attachment publishes ---- */

struct scene {
	struct cni_portmap portmap;
	struct cni_ip addresses[2]; /* the first one of each family */
	char localnet[IF_NAMESIZE];
};

static bool publishes(const struct cni_portmap_part *spec, uint8_t family)
{
	for (size_t i = 0; i < spec->count; i++) {
		const struct cni_ip *host_ip = &spec->mappings[i].host_ip;

		if (!cni_ip_is_set(host_ip) || host_ip->family == family)
			return true;
	}
	return false;
}

/* The addresses that something is published for: there may be none. */
static void find_addresses(const struct cni_attachment *at, const struct cni_portmap_part *spec,
			   struct scene *scene)
{
	freeing struct cni_net *nets = NULL;
	bool seen[2] = {!publishes(spec, AF_INET), !publishes(spec, AF_INET6)};
	size_t count;

	nets = cni_attachment_addresses(at, &count);
	for (size_t i = 0; i < count; i++) {
		bool *has = &seen[nets[i].ip.family == AF_INET6];

		if (!*has)
			scene->addresses[scene->portmap.address_count++] = nets[i].ip;
		*has = true;
	}
}

/* IPv6 has no such setting: from ::1 no packet leaves the host. */
static int find_localnet(struct cni_attachment *at, struct scene *scene, struct cni_error *err)
{
	const struct cni_ip *first = &scene->addresses[0];
	struct cni_route_way way;

	if (!scene->portmap.snat || !scene->portmap.address_count)
		return 0;
	for (size_t i = 0; i < scene->portmap.address_count; i++)
		if (scene->addresses[i].family == AF_INET)
			first = &scene->addresses[i];
	if (first->family != AF_INET)
		return 0;
	if (cni_route_get(&at->nl[CNI_HOST], first, &way, err) < 0)
		return err->errnum == ENETUNREACH || err->errnum == EHOSTUNREACH ? 0 : -1;
	if (!way.index || way.is_local)
		return 0;
	if (!if_indextoname((unsigned int)way.index, scene->localnet))
		return cni_fail_errno(err, CNI_EKERNEL, errno, "look up the name of link %d",
				      way.index);
	return 0;
}

static int set_scene(struct cni_attachment *at, const struct cni_portmap_part *spec,
		     struct scene *ret_scene, struct cni_error *err)
{
	*ret_scene = (struct scene){.portmap = {.owner = at->owner,
						.mappings = spec->mappings,
						.mapping_count = spec->count,
						.addresses = ret_scene->addresses,
						.snat = spec->snat,
						.masq_all = spec->masq_all,
						.localnet = ret_scene->localnet,
						.link = ""}};
	find_addresses(at, spec, ret_scene);
	return find_localnet(at, ret_scene, err);
}

/* ---- connections from before ---- */

/* A connection that was sent through this host to a port of that number elsewhere is not ours. */
static bool is_local(const struct cni_ip *address, void *data)
{
	struct cni_route_way way;
	struct cni_error ignored;

	return cni_route_get(data, address, &way, &ignored) == 0 && way.is_local;
}

/* The UDP ports that are published for addresses of `family`; returns how many. */
static size_t find_targets(const struct cni_port_mapping *mappings, size_t count, uint8_t family,
			   struct cni_conntrack_target *targets)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		const struct cni_port_mapping *mapping = &mappings[i];

		if (mapping->protocol != IPPROTO_UDP ||
		    (cni_ip_is_set(&mapping->host_ip) && mapping->host_ip.family != family))
			continue;
		targets[found] = (struct cni_conntrack_target){.port = mapping->host_port};
		if (!cni_port_mapping_is_any(mapping))
			targets[found].address = mapping->host_ip;
		found++;
	}
	return found;
}

/* No failure: the port is published, or is not any more. */
static void forget_connections(struct cni_attachment *at, struct cni_nl *nl,
			       const struct cni_port_mapping *mappings, size_t count)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	freeing struct cni_conntrack_target *targets =
		cni_realloc_array(NULL, count + 1, sizeof(*targets));
	struct cni_error err;

	for (size_t i = 0; i < sizeof(families); i++) {
		size_t found = find_targets(mappings, count, families[i], targets);

		if (cni_conntrack_forget(nl, families[i], IPPROTO_UDP, targets, found, is_local,
					 &at->nl[CNI_HOST], &err) < 0)
			fprintf(stderr, "portmap: %s\n", err.msg);
	}
}

/* ---- the verbs ---- */

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_published published = {0};
	struct cni_nl *nl;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_go_rules_del(nl, CNI_GO_PORTMAP, at->owner, err) < 0 ||
	    cni_portmap_del(nl, at->owner, &published, err) < 0) {
		free(published.mappings);
		return cni_attachment_netfilter_failed("portmap", err);
	}
	forget_connections(at, nl, published.mappings, published.count);
	free(published.mappings);
	return 0;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	return del(at, data, err);
}

/* Ports of attachments that are gone lead nowhere, and take the port from the host as well. */
static int sweep(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_published published = {0};
	struct cni_nl *nl;
	size_t left = 0;
	int failed;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return cni_attachment_netfilter_failed("portmap", err);
	failed = cni_portmap_sweep(nl, &published, &left, err);
	if (!failed)
		cni_sweep_is_done(SWEEP, left);
	forget_connections(at, nl, published.mappings, published.count);
	free(published.mappings);
	return failed ? cni_attachment_netfilter_failed("portmap", err) : 0;
}

/* No reason to fail an ADD. */
static void sweep_if_due(struct cni_attachment *at)
{
	struct cni_error err;

	if (cni_sweep_is_due(SWEEP) && sweep(at, NULL, &err) < 0)
		fprintf(stderr, "remove ports of attachments that are gone: %s\n", err.msg);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_portmap_part *spec = data;
	struct cni_error ignored;
	struct scene scene;
	struct cni_nl *nl;

	if (set_scene(at, spec, &scene, err) < 0)
		return cni_fail_within(err, "portmap");
	if (!scene.portmap.address_count)
		return 0;
	scene.portmap.link = cni_attachment_find_host_link(at);
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return cni_fail_within(err, "portmap");
	if (cni_portmap_add(nl, &scene.portmap, err) < 0) {
		/* Done anyway, if only the answer got lost. A refusal is none of these. */
		if (err->code != CNI_ETAKEN)
			del(at, data, &ignored);
		return cni_fail_within(err, "portmap");
	}
	forget_connections(at, nl, spec->mappings, spec->count);
	if (at->call->env.command == CNI_ADD)
		sweep_if_due(at);
	return 0;
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_portmap_part *spec = data;
	struct scene scene;
	struct cni_nl *nl;

	if (set_scene(at, spec, &scene, err) < 0)
		return -1;
	if (!scene.portmap.address_count)
		return 0;
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return -1;
	if (cni_portmap_check(nl, &scene.portmap, err) == 0)
		return 0;
	return cni_attachment_has_go_rules(at, CNI_GO_PORTMAP) ? 0 : -1;
}

static int gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_published published = {0};
	struct cni_nl *nl;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_go_rules_gc(nl, CNI_GO_PORTMAP, at->owner->network, &at->call->conf.valid, err) <
		    0 ||
	    cni_portmap_gc(nl, at->owner->network, &at->call->conf.valid, &published, err) < 0) {
		free(published.mappings);
		return cni_attachment_netfilter_failed("portmap", err);
	}
	forget_connections(at, nl, published.mappings, published.count);
	free(published.mappings);
	return 0;
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	return cni_attachment_netfilter_status(at, "portmap", err);
}

static void clear(void *data)
{
	struct cni_portmap_part *spec = data;

	free(spec->mappings);
}

const struct cni_part_ops cni_portmap_part_ops = {
	.name = "portmap",
	.size = sizeof(struct cni_portmap_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.gc = gc,
	.sweep = sweep,
	.status = status,
	.mend = add,
	.print = print,
	.clear = clear,
};
