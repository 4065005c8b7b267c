/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "addr.h"
#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(FILE *out, const void *data)
{
	static const struct cni_link not_known = {.index = 0};
	const struct cni_gateway_part *spec = data;
	char name[CNI_BRIDGE_VLAN_LINK_NAME_SIZE];

	fprintf(out, " host %s shared",
		spec->link.vlan ? cni_bridge_vlan_link_name(&spec->link, &not_known, name)
				: spec->link.bridge);
}

/* The link that has the gateways: the bridge, or its interface in the VLAN. */
static int get_link(struct cni_attachment *at, const struct cni_gateway_part *spec,
		    struct cni_link *ret_link, struct cni_error *err)
{
	char name[CNI_BRIDGE_VLAN_LINK_NAME_SIZE];

	if (!spec->link.vlan) {
		*ret_link = at->master;
		return 0;
	}
	return cni_link_get(&at->nl[CNI_HOST],
			    cni_bridge_vlan_link_name(&spec->link, &at->master, name), ret_link,
			    err);
}

static int ensure_link(struct cni_attachment *at, struct cni_gateway_part *spec,
		       struct cni_link *ret_link, struct cni_error *err)
{
	return spec->link.vlan ? cni_bridge_vlan_link_ensure(at, &spec->link, ret_link, err)
			       : get_link(at, spec, ret_link, err);
}

/* The gateways of our own addresses, each once, with the prefix of the address they serve. */
static struct cni_net *gateways_of(const struct cni_attachment *at, size_t *ret_count)
{
	const struct cni_result *result = at->result;
	struct cni_net *nets = cni_realloc_array(NULL, result->ip_count, sizeof(*nets));

	*ret_count = 0;
	for (size_t i = 0; i < result->ip_count; i++) {
		struct cni_net net = {result->ips[i].gateway, result->ips[i].address.prefix};
		bool again = false;

		if (!cni_ip_is_set(&net.ip) || !cni_attachment_has_ip(at, &result->ips[i]))
			continue;
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

/* False if a link may have both: IPv4 gets one address (of those that this network does not want),
 * IPv6 as many as do not overlap, and a link-local one beside any. */
static bool conflicts(const struct cni_net *there, const struct cni_net *wanted)
{
	if (there->ip.family != wanted->ip.family)
		return false;
	if (cni_ip_is_link_local(&there->ip))
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
		if (cni_addr_add(nl, link->index, net, 0, err) < 0) {
			if (err->errnum == EEXIST) /* as another ADD may have done meanwhile */
				continue;
			failed = cni_fail_within(err, "'%s'", link->name);
		}
		/* Made anyway, if only the answer got lost. */
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

	bool changed = spec->made_count || spec->replaced_count || spec->link.made;

	if (changed && cni_attachment_may_take_back(at, CNI_SHARED_GATEWAY) &&
	    get_link(at, spec, &link, err) == 0) {
		for (size_t i = 0; i < spec->made_count; i++)
			if (cni_addr_del(nl, link.index, &spec->made[i], err) < 0 &&
			    err->errnum != EADDRNOTAVAIL)
				cni_fail_first(&first, err);
		for (size_t i = 0; i < spec->replaced_count; i++)
			if (cni_addr_add(nl, link.index, &spec->replaced[i], 0, err) < 0 &&
			    err->errnum != EEXIST)
				cni_fail_first(&first, err);
		if (spec->link.made && cni_link_del(nl, link.index, err) < 0)
			cni_fail_first(&first, err);
	}
	forget(spec);
	return cni_fail_if_any(&first, err);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_gateway_part *spec = data;
	freeing struct cni_net *nets = NULL;
	struct wanted wanted;
	struct cni_error ignored;
	struct cni_link link;
	char mac[CNI_MAC_TEXT_SIZE];

	nets = gateways_of(at, &wanted.count);
	wanted.nets = nets;
	if (!wanted.count)
		return 0;
	if (ensure_link(at, spec, &link, err) < 0 ||
	    ensure_addresses(at, spec, &link, &wanted, err) < 0) {
		undo(at, spec, &ignored);
		return -1;
	}
	if (spec->link.vlan)
		cni_result_add_interface(at->result, link.name, cni_mac_format(link.mac, mac),
					 NULL);
	return 0;
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_gateway_part *spec = data;
	freeing struct cni_net *there = NULL;
	freeing struct cni_net *nets = NULL;
	struct cni_link link;
	size_t wanted_count;
	size_t count;

	nets = gateways_of(at, &wanted_count);
	if (!wanted_count)
		return 0;
	if (get_link(at, spec, &link, err) < 0) {
		char name[CNI_BRIDGE_VLAN_LINK_NAME_SIZE];

		return cni_fail_missing(err, CNI_EMISMATCH, "'%s' is missing",
					cni_bridge_vlan_link_name(&spec->link, &at->master, name));
	}
	if (spec->link.vlan && cni_bridge_vlan_link_check(at, &spec->link, &link, err) < 0)
		return -1;
	if (cni_addr_list(&at->nl[CNI_HOST], link.index, &there, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < wanted_count; i++) {
		char text[CNI_NET_TEXT_SIZE];

		if (!holds(there, count, &nets[i]))
			return cni_fail(err, CNI_EMISMATCH,
					"'%s' lacks the gateway address %s, found %zu other",
					link.name, cni_net_format(&nets[i], text), count);
	}
	return 0;
}

const struct cni_part_ops cni_gateway_part_ops = {
	.name = "gateway",
	.size = sizeof(struct cni_gateway_part),
	.add = add,
	.undo = undo,
	.check = check,
	.mend = add,
	.print = print,
	.clear = forget,
};
