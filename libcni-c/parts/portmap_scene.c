/* SPDX-License-Identifier: Apache-2.0 */
#include "portmap_scene.h"

#include "conditional_ports.h"
#include "link_sysctl.h"
#include "nat_attachment.h"
#include "netfilter.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

bool cni_portmap_is_elsewhere(const struct cni_portmap_part *spec)
{
	return spec->by_iptables || spec->conditions[0] || spec->conditions[1];
}

static void clear_nats(struct cni_nat nats[2])
{
	cni_nat_clear(&nats[0]);
	cni_nat_clear(&nats[1]);
}

static void make_nats(const struct cni_portmap_part *spec, const struct cni_portmap_scene *scene,
		      struct cni_nat nats[2])
{
	const struct cni_nat_ports ports = {
		.owner = scene->portmap.owner,
		.mappings = spec->mappings,
		.mapping_count = spec->count,
		.nets = scene->nets,
		.net_count = scene->portmap.address_count,
		.snat = spec->snat,
		.masq_all = spec->masq_all,
		.mark_bit = spec->mark_bit,
		.set_mark_chain = spec->set_mark_chain ? spec->set_mark_chain : "",
		.conditions = {spec->conditions[0], spec->conditions[1]}};

	cni_nat_publish(&ports, AF_INET, &nats[0]);
	cni_nat_publish(&ports, AF_INET6, &nats[1]);
}

/* Our table with route_localnet and its guard alone, without ports. A kernel without nf_tables has
 * route_localnet without the guard, as with the Go plugin. */
static int guard_localnet(struct cni_nl *nl, const struct cni_portmap_scene *scene,
			  struct cni_error *err)
{
	struct cni_portmap guard = scene->portmap;
	struct cni_published published = {.mappings = NULL};
	int failed;

	guard.mapping_count = guard.address_count = 0;
	failed = *guard.localnet ? cni_portmap_add(nl, &guard, err)
				 : cni_portmap_del(nl, guard.owner, &published, err);
	free(published.mappings);
	if (!failed || cni_attachment_netfilter_failed("nf_tables", err) < 0)
		return failed;
	return *guard.localnet ? cni_link_sysctl_set_localnet(guard.localnet, "1", err) : 0;
}

static int add_by_iptables(struct cni_attachment *at, const struct cni_portmap_part *spec,
			   const struct cni_portmap_scene *scene, struct cni_nl *nl,
			   struct cni_error *err)
{
	struct cni_nat_record record = {.mappings = spec->mappings, .count = spec->count};
	struct cni_nat nats[2];
	int failed;

	snprintf(record.link, sizeof(record.link), "%s", scene->portmap.link);
	make_nats(spec, scene, nats);
	failed = cni_nat_attach(nl, &cni_nat_of_ports, at->owner, nats, 2, &record, err);
	clear_nats(nats);
	return failed;
}

static int add_with_conditions(struct cni_attachment *at, const struct cni_portmap_part *spec,
			       const struct cni_portmap_scene *scene, struct cni_nl *nl,
			       struct cni_error *err)
{
	struct cni_nat_record record = {.tool = CNI_IPTABLES_PLAIN,
					.has_conditions = true,
					.mappings = spec->mappings,
					.count = spec->count};
	const char *const *const conditions[2] = {spec->conditions[0], spec->conditions[1]};
	struct cni_published published = {.mappings = NULL};
	int failed = 0;

	snprintf(record.link, sizeof(record.link), "%s", scene->portmap.link);
	if (cni_conditional_ports_status(CNI_ECONFIG, err) < 0)
		return -1;
	if (cni_nat_is_recorded(&cni_nat_of_ports, at->owner))
		failed = cni_nat_detach(nl, &cni_nat_of_ports, at->owner, &published, err);
	free(published.mappings);
	if (failed || cni_nat_record_write(cni_nat_of_ports.directory, at->owner, &record, err) < 0)
		return -1;
	return cni_conditional_ports_add(nl, &scene->portmap, conditions, err);
}

int cni_portmap_add_elsewhere(struct cni_attachment *at, const struct cni_portmap_part *spec,
			      const struct cni_portmap_scene *scene, struct cni_nl *nl,
			      struct cni_error *err)
{
	if (spec->by_iptables ? add_by_iptables(at, spec, scene, nl, err) < 0
			      : add_with_conditions(at, spec, scene, nl, err) < 0)
		return -1;
	return guard_localnet(nl, scene, err);
}

/* ---- CHECK ---- */

static int check_rules(struct cni_attachment *at, const struct cni_portmap_part *spec,
		       const struct cni_portmap_scene *scene, bool has_conditions,
		       struct cni_nl *nl, struct cni_error *err)
{
	struct cni_nat nats[2];
	int failed;

	if (has_conditions)
		return cni_conditional_ports_check(nl, &scene->portmap, err);
	make_nats(spec, scene, nats);
	failed = cni_nat_check_all(&cni_nat_of_ports, at->owner, nats, 2, err);
	clear_nats(nats);
	return failed ? cni_fail_within(err, "portmap") : 0;
}

int cni_portmap_check_elsewhere(struct cni_attachment *at, const struct cni_portmap_part *spec,
				const struct cni_portmap_scene *scene, struct cni_nl *nl,
				struct cni_error *err)
{
	clearing_nat_record struct cni_nat_record record = {.tool = CNI_IPTABLES_PLAIN};
	struct cni_portmap guard = scene->portmap;
	struct cni_error ignored;
	bool found;

	if (cni_nat_record_read(cni_nat_of_ports.directory, at->owner, &record, &found, err) < 0 ||
	    check_rules(at, spec, scene, found ? record.has_conditions : !spec->by_iptables, nl,
			err) < 0)
		return -1;
	/* The Go plugin has no guard, and ADD makes none without `snat`, or in front of a container that no link
	 * with IPv4 leads to. */
	if (!found || !scene->portmap.snat || !*scene->portmap.localnet ||
	    cni_attachment_netfilter_status(at, "portmap", &ignored) < 0)
		return 0;
	guard.mapping_count = guard.address_count = 0;
	return cni_portmap_check(nl, &guard, err);
}
