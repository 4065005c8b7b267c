/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "addr.h"
#include "cleanup.h"
#include "mem.h"
#include "sysctl.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void link_name(const struct cni_gateway_part *spec, char name[CNI_IFNAME_SIZE + 8])
{
	if (spec->vlan)
		snprintf(name, CNI_IFNAME_SIZE + 8, "%s.%u", spec->bridge, spec->vlan);
	else
		snprintf(name, CNI_IFNAME_SIZE + 8, "%s", spec->bridge);
}

static void print(FILE *out, const void *data)
{
	char name[CNI_IFNAME_SIZE + 8];

	link_name(data, name);
	fprintf(out, " host %s shared", name);
}

/* ---- the bridge's interface in a VLAN: a veth whose other end is a port with that VLAN ---- */

/* May be done again: for what an ADD that was killed has left, or one that is under way is about to
 * do. The interface is up last of all. */
static int set_up_vlan_link(struct cni_attachment *at, const struct cni_gateway_part *spec,
			    const char *name, const struct cni_owner *owner, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_HOST];
	struct cni_vlan_port vlans = {.native = spec->vlan};
	freeing char *accept_ra = cni_format("net/ipv6/conf/%s/accept_ra", name);
	char port_name[CNI_IFNAME_SIZE];
	char alias[CNI_OWNER_TEXT_SIZE];
	/* The alias tells GC that this port is no attachment's. */
	struct cni_link_change name_and_up = {.alias = cni_owner_format(owner, alias),
					      .up = CNI_ON};
	struct cni_link_change up = {.up = CNI_ON};
	struct cni_link inner;
	struct cni_link port;

	if (cni_link_get(nl, cni_owner_ifname(owner, "veth", port_name), &port, err) < 0 ||
	    cni_link_get(nl, name, &inner, err) < 0)
		return -1;
	if (cni_sysctl_set(accept_ra, "0", err) < 0 && err->errnum != ENOENT)
		return -1;
	if (!spec->keeps_default_vlan && at->master.default_vlan &&
	    cni_vlan_del(nl, port.index, at->master.default_vlan, err) < 0)
		return -1;
	if (cni_vlan_add(nl, port.index, &vlans, err) < 0 ||
	    cni_link_change(nl, port.index, &name_and_up, err) < 0)
		return -1;
	return cni_link_change(nl, inner.index, &up, err);
}

static int make_vlan_link(struct cni_attachment *at, struct cni_gateway_part *spec,
			  const char *name, struct cni_error *err)
{
	/* Its owner is the bridge, whichever network is the first to need it. */
	const struct cni_owner owner = {"", spec->bridge, name};
	struct cni_nl *nl = &at->nl[CNI_HOST];
	uint8_t port_mac[CNI_MAC_SIZE];
	uint8_t mac[CNI_MAC_SIZE];
	char port[CNI_IFNAME_SIZE];
	struct cni_link_veth veth = {
		.name = cni_owner_ifname(&owner, "veth", port),
		.mac = port_mac,
		.master = at->master.index,
		.peer = name,
		.peer_mac = mac,
		.netns = -1,
		.mtu = at->master.mtu,
	};
	struct cni_error ignored;
	struct cni_link link;

	cni_link_random_mac(port_mac);
	cni_link_random_mac(mac);
	if (cni_link_add_veth(nl, &veth, err) == 0)
		spec->made_link = true;
	else if (err->errnum != EEXIST) /* as another ADD may have done meanwhile */
		return -1;
	if (set_up_vlan_link(at, spec, name, &owner, err) == 0)
		return 0;
	if (spec->made_link && cni_link_get(nl, port, &link, &ignored) == 0)
		cni_link_del(nl, link.index, &ignored);
	spec->made_link = false;
	return cni_fail_within(err, "make the VLAN's interface '%s'", name);
}

/* The link that bears the gateways: the bridge, or its interface in the VLAN. */
static int get_link(struct cni_attachment *at, const struct cni_gateway_part *spec,
		    struct cni_link *ret_link, struct cni_error *err)
{
	char name[CNI_IFNAME_SIZE + 8];

	if (!spec->vlan) {
		*ret_link = at->master;
		return 0;
	}
	link_name(spec, name);
	return cni_link_get(&at->nl[CNI_HOST], name, ret_link, err);
}

static int ensure_link(struct cni_attachment *at, struct cni_gateway_part *spec,
		       struct cni_link *ret_link, struct cni_error *err)
{
	char name[CNI_IFNAME_SIZE + 8];

	if (get_link(at, spec, ret_link, err) == 0) {
		if (!spec->vlan || ret_link->flags & IFF_UP || strcmp(ret_link->kind, "veth") != 0)
			return 0;
	} else if (err->errnum != ENODEV) {
		return -1;
	}
	link_name(spec, name);
	if (make_vlan_link(at, spec, name, err) < 0)
		return -1;
	return get_link(at, spec, ret_link, err);
}

/* ---- its addresses ---- */

/* The result's gateways, each once, with the prefix of the address they serve. */
static struct cni_net *gateways_of(const struct cni_result *result, size_t *ret_count)
{
	struct cni_net *nets = cni_realloc_array(NULL, result->ip_count, sizeof(*nets));

	*ret_count = 0;
	for (size_t i = 0; i < result->ip_count; i++) {
		struct cni_net net = {result->ips[i].gateway, result->ips[i].address.prefix};
		bool again = !cni_ip_is_set(&net.ip);

		for (size_t j = 0; j < *ret_count; j++)
			again |= cni_net_equal(&nets[j], &net);
		if (!again)
			nets[(*ret_count)++] = net;
	}
	return nets;
}

static void remember(struct cni_net **nets, size_t *count, const struct cni_net *net)
{
	*nets = cni_realloc_array(*nets, *count + 1, sizeof(**nets));
	(*nets)[(*count)++] = *net;
}

static bool holds(const struct cni_net *nets, size_t count, const struct cni_net *net)
{
	for (size_t i = 0; i < count; i++)
		if (cni_net_equal(&nets[i], net))
			return true;
	return false;
}

/* May both stand on one link? IPv4 gets one address (of those that this network does not want),
 * IPv6 as many as do not overlap. */
static bool conflicts(const struct cni_net *there, const struct cni_net *wanted)
{
	if (there->ip.family != wanted->ip.family)
		return false;
	return wanted->ip.family == AF_INET || cni_net_contains(there, &wanted->ip) ||
	       cni_net_contains(wanted, &there->ip);
}

struct wanted {
	const struct cni_net *nets;
	size_t count;
};

/* Takes away what is in the way, if that was asked for. */
static int make_way(struct cni_attachment *at, struct cni_gateway_part *spec,
		    const struct cni_link *link, const struct cni_net *there,
		    const struct cni_net *wanted, struct cni_error *err)
{
	char there_text[CNI_NET_TEXT_SIZE];
	char wanted_text[CNI_NET_TEXT_SIZE];

	if (!spec->force)
		return cni_fail(err, CNI_ETAKEN,
				"\"%s\" already has an IP address different from %s: it has %s, "
				"which 'forceAddress' would replace",
				link->name, cni_net_format(wanted, wanted_text),
				cni_net_format(there, there_text));
	remember(&spec->replaced, &spec->replaced_count, there);
	if (cni_addr_del(&at->nl[CNI_HOST], link->index, there, err) < 0 &&
	    err->errnum != EADDRNOTAVAIL)
		return -1;
	return 0;
}

static int ensure_addresses(struct cni_attachment *at, struct cni_gateway_part *spec,
			    const struct cni_link *link, const struct wanted *wanted,
			    struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_HOST];
	freeing struct cni_net *there = NULL;
	int failed = 0;
	size_t count;

	if (cni_addr_list(nl, link->index, &there, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < wanted->count; i++) {
		const struct cni_net *net = &wanted->nets[i];

		if (holds(there, count, net))
			continue;
		for (size_t j = 0; j < count; j++)
			if (conflicts(&there[j], net) &&
			    !holds(wanted->nets, wanted->count, &there[j]) &&
			    !holds(spec->replaced, spec->replaced_count, &there[j]) &&
			    make_way(at, spec, link, &there[j], net, err) < 0)
				return -1;
		if (cni_addr_add(nl, link->index, net, false, err) < 0) {
			if (err->errnum == EEXIST) /* as another ADD may have done meanwhile */
				continue;
			failed = cni_fail_within(err, "'%s'", link->name);
		}
		/* Made all the same, if only the answer got lost. */
		remember(&spec->made, &spec->made_count, net);
		if (failed)
			return -1;
	}
	return 0;
}

static void forget(void *data)
{
	struct cni_gateway_part *spec = data;

	free(spec->made);
	free(spec->replaced);
	spec->made = NULL;
	spec->replaced = NULL;
	spec->made_count = 0;
	spec->replaced_count = 0;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_gateway_part *spec = data;
	struct cni_nl *nl = &at->nl[CNI_HOST];
	struct cni_error first = {0};
	struct cni_link link;

	if (cni_attachment_is_alone(at) && get_link(at, spec, &link, err) == 0) {
		for (size_t i = 0; i < spec->made_count; i++)
			if (cni_addr_del(nl, link.index, &spec->made[i], err) < 0 &&
			    err->errnum != EADDRNOTAVAIL)
				cni_fail_first(&first, err);
		for (size_t i = 0; i < spec->replaced_count; i++)
			if (cni_addr_add(nl, link.index, &spec->replaced[i], false, err) < 0 &&
			    err->errnum != EEXIST)
				cni_fail_first(&first, err);
		if (spec->made_link && cni_link_del(nl, link.index, err) < 0)
			cni_fail_first(&first, err);
	}
	forget(spec);
	if (!first.code)
		return 0;
	*err = first;
	return -1;
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_gateway_part *spec = data;
	freeing struct cni_net *nets = NULL;
	struct wanted wanted;
	struct cni_error ignored;
	struct cni_link link;
	char mac[CNI_MAC_TEXT_SIZE];

	nets = gateways_of(at->result, &wanted.count);
	wanted.nets = nets;
	if (!wanted.count)
		return 0;
	if (ensure_link(at, spec, &link, err) < 0 ||
	    ensure_addresses(at, spec, &link, &wanted, err) < 0) {
		undo(at, spec, &ignored);
		return -1;
	}
	if (spec->vlan)
		cni_result_add_interface(at->result, link.name, cni_mac_format(link.mac, mac),
					 NULL);
	return 0;
}

/* Somebody's own link of that name, a VLAN device say, is as he has made it. */
static int check_vlan_link(struct cni_attachment *at, const struct cni_gateway_part *spec,
			   const struct cni_link *link, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_HOST];
	struct cni_vlan_port found;
	struct cni_link port;

	if (!(link->flags & IFF_UP))
		return cni_fail(err, CNI_EMISMATCH, "'%s' is down, expected it up", link->name);
	if (strcmp(link->kind, "veth") != 0)
		return 0;
	if (cni_link_get_by_index(nl, link->peer, &port, err) < 0 ||
	    cni_vlan_get(nl, port.index, &found, err) < 0)
		return -1;
	if (port.master != at->master.index)
		return cni_fail(err, CNI_EMISMATCH,
				"'%s', the other end of '%s', is not a port of bridge '%s'",
				port.name, link->name, spec->bridge);
	if (found.native != spec->vlan)
		return cni_fail(err, CNI_EMISMATCH,
				"'%s', the other end of '%s', has native VLAN %u, expected %u",
				port.name, link->name, found.native, spec->vlan);
	if (!(port.flags & IFF_UP))
		return cni_fail(err, CNI_EMISMATCH, "'%s' is down, expected it up", port.name);
	return 0;
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_gateway_part *spec = data;
	freeing struct cni_net *there = NULL;
	freeing struct cni_net *nets = NULL;
	char name[CNI_IFNAME_SIZE + 8];
	struct cni_link link;
	size_t wanted_count;
	size_t count;

	link_name(spec, name);
	nets = gateways_of(at->result, &wanted_count);
	if (!wanted_count)
		return 0;
	if (get_link(at, spec, &link, err) < 0)
		return err->errnum == ENODEV ? cni_fail(err, CNI_EMISMATCH, "'%s' is missing", name)
					     : -1;
	if (spec->vlan && check_vlan_link(at, spec, &link, err) < 0)
		return -1;
	if (cni_addr_list(&at->nl[CNI_HOST], link.index, &there, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < wanted_count; i++) {
		char text[CNI_NET_TEXT_SIZE];

		if (!holds(there, count, &nets[i]))
			return cni_fail(err, CNI_EMISMATCH,
					"'%s' lacks the gateway address %s, found %zu other", name,
					cni_net_format(&nets[i], text), count);
	}
	return 0;
}

const struct cni_part_ops cni_gateway_part_ops = {
	.name = "gateway",
	.size = sizeof(struct cni_gateway_part),
	.add = add,
	.undo = undo,
	.check = check,
	.print = print,
	.clear = forget,
};
