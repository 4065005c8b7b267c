/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "cleanup.h"
#include "conditional_ports.h"
#include "mem.h"
#include "nat_attachment.h"
#include "nat_legacy.h"
#include "netfilter.h"
#include "portmap_connections.h"
#include "portmap_scene.h"
#include "readiness.h"
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

	fprintf(out, " owner, %zu ports%s", spec->count,
		spec->by_iptables		 ? ", iptables"
		: cni_portmap_is_elsewhere(spec) ? ", conditions"
						 : "");
}

/* ---- what the attachment publishes ---- */

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
			   struct cni_portmap_scene *scene)
{
	freeing struct cni_net *nets = NULL;
	/* The Go plugin has its rules of iptables for all of them. */
	bool seen[2] = {!spec->by_iptables && !publishes(spec, AF_INET),
			!spec->by_iptables && !publishes(spec, AF_INET6)};
	size_t count;

	nets = cni_attachment_addresses(at, &count);
	for (size_t i = 0; i < count; i++) {
		bool *has = &seen[nets[i].ip.family == AF_INET6];

		if (*has)
			continue;
		scene->nets[scene->portmap.address_count] = nets[i];
		scene->addresses[scene->portmap.address_count++] = nets[i].ip;
		*has = true;
	}
}

/* IPv6 has no such setting: from ::1 no packet leaves the host. */
static int find_localnet(struct cni_attachment *at, struct cni_portmap_scene *scene,
			 struct cni_error *err)
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
		     struct cni_portmap_scene *ret_scene, struct cni_error *err)
{
	*ret_scene = (struct cni_portmap_scene){.portmap = {.owner = at->owner,
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

/* ---- the verbs ---- */

static void forget_published(struct cni_attachment *at, struct cni_nl *nl,
			     struct cni_published *published)
{
	if (published->count)
		cni_portmap_forget_connections(at, nl, published->mappings, published->count);
	free(published->mappings);
	published->mappings = NULL;
}

static int del_elements(struct cni_attachment *at, struct cni_nl *nl, struct cni_error *err)
{
	struct cni_published published = {0};
	int failed = cni_portmap_del(nl, at->owner, &published, err);

	forget_published(at, nl, &published);
	return failed ? cni_attachment_netfilter_failed("nf_tables", err) : 0;
}

static int detach(struct cni_attachment *at, struct cni_nl *nl, struct cni_error *err)
{
	struct cni_published published;
	int failed = cni_nat_detach(nl, &cni_nat_of_ports, at->owner, &published, err);

	forget_published(at, nl, &published);
	return failed;
}

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_nl *nl;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return cni_attachment_netfilter_failed("portmap", err);
	if (detach(at, nl, err) < 0 || del_elements(at, nl, err) < 0)
		return cni_fail_within(err, "portmap");
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
	forget_published(at, nl, &published);
	if (failed && cni_attachment_netfilter_failed("portmap", err) < 0)
		return -1;
	failed = cni_nat_sweep(nl, &cni_nat_of_ports, &published, err);
	forget_published(at, nl, &published);
	return failed ? cni_fail_within(err, "portmap") : 0;
}

/* No reason to fail an ADD. */
static void sweep_if_due(struct cni_attachment *at)
{
	struct cni_error err;

	if (cni_sweep_is_due(SWEEP) && sweep(at, NULL, &err) < 0)
		fprintf(stderr, "remove ports of attachments that are gone: %s\n", err.msg);
}

/* Also in place of rules of iptables. */
static int add_by_nftables(struct cni_attachment *at, const struct cni_portmap_scene *scene,
			   struct cni_nl *nl, struct cni_error *err)
{
	if (cni_portmap_add(nl, &scene->portmap, err) < 0)
		return -1;
	return cni_nat_is_recorded(&cni_nat_of_ports, at->owner) ? detach(at, nl, err) : 0;
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_portmap_part *spec = data;
	struct cni_error ignored;
	struct cni_portmap_scene scene;
	struct cni_nl *nl;

	if (set_scene(at, spec, &scene, err) < 0)
		return cni_fail_within(err, "portmap");
	if (!scene.portmap.address_count || !spec->count)
		return 0;
	scene.portmap.link = cni_attachment_find_host_link(at);
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return cni_fail_within(err, "portmap");
	if (cni_portmap_is_elsewhere(spec) ? cni_portmap_add_elsewhere(at, spec, &scene, nl, err)
					   : add_by_nftables(at, &scene, nl, err)) {
		/* Done anyway, if only the answer got lost. A refusal is none of these. */
		if (err->code != CNI_ETAKEN && err->code != CNI_ECONFIG)
			del(at, data, &ignored);
		return cni_fail_within(err, "portmap");
	}
	cni_portmap_forget_connections(at, nl, spec->mappings, spec->count);
	if (at->call->env.command == CNI_ADD)
		sweep_if_due(at);
	return 0;
}

/* ADD may have had another backend, or been the Go plugin's. */
static int check_any(struct cni_attachment *at, const struct cni_portmap_part *spec,
		     const struct cni_portmap_scene *scene, struct cni_nl *nl,
		     struct cni_error *err)
{
	struct cni_error ignored;
	bool is_there;

	if (cni_nat_is_recorded(&cni_nat_of_ports, at->owner))
		return cni_portmap_check_elsewhere(at, spec, scene, nl, err);
	if (cni_portmap_is_elsewhere(spec))
		return cni_portmap_check_elsewhere(at, spec, scene, nl, err) == 0 ||
				       cni_portmap_check(nl, &scene->portmap, &ignored) == 0
			       ? 0
			       : -1;
	if (cni_portmap_check(nl, &scene->portmap, err) == 0 ||
	    cni_attachment_has_go_rules(at, CNI_GO_PORTMAP))
		return 0;
	return cni_nat_legacy_has(&cni_nat_of_ports, at->owner, &is_there, &ignored) == 0 &&
			       is_there
		       ? 0
		       : -1;
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_portmap_part *spec = data;
	struct cni_portmap_scene scene;
	struct cni_nl *nl;

	if (set_scene(at, spec, &scene, err) < 0)
		return -1;
	if (!scene.portmap.address_count || !spec->count)
		return 0;
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return -1;
	return check_any(at, spec, &scene, nl, err);
}

static int gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_owners *valid = &at->call->conf.valid;
	struct cni_published published = {0};
	struct cni_nl *nl;
	int failed;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0)
		return cni_attachment_netfilter_failed("portmap", err);
	failed = cni_nat_collect(nl, &cni_nat_of_ports, at->owner->network, valid, &published, err);
	forget_published(at, nl, &published);
	if (failed)
		return cni_fail_within(err, "portmap");
	failed = cni_portmap_gc(nl, at->owner->network, valid, &published, err);
	forget_published(at, nl, &published);
	return failed ? cni_attachment_netfilter_failed("portmap", err) : 0;
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_portmap_part *spec = data;

	if (cni_portmap_is_elsewhere(spec) && cni_readiness_check_records(err) < 0)
		return cni_fail_within(err, "portmap");
	if (spec->by_iptables)
		return cni_nat_status(err) < 0 ? cni_fail_within(err, "portmap") : 0;
	if (cni_portmap_is_elsewhere(spec) &&
	    cni_conditional_ports_status(CNI_EUNAVAILABLE, err) < 0)
		return cni_fail_within(err, "portmap: conditions");
	return cni_attachment_netfilter_status(at, "portmap", err);
}

static void clear(void *data)
{
	struct cni_portmap_part *spec = data;

	free(spec->mappings);
	free(spec->conditions[0]);
	free(spec->conditions[1]);
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
