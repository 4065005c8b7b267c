/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "cleanup.h"
#include "go_rules.h"
#include "masquerade.h"
#include "netfilter.h"

#include <string.h>

int cni_masquerade_check_backend(const char *backend, struct cni_error *err)
{
	if (!backend || !strcmp(backend, "nftables"))
		return 0;
	if (!strcmp(backend, "iptables"))
		return cni_fail(err, CNI_EFIELD,
				"'ipMasqBackend' is \"iptables\", which this plugin does not "
				"offer: leave it out or set \"nftables\"");
	return cni_fail(err, CNI_ECONFIG,
			"unknown ipmasq backend \"%.64s\": 'ipMasqBackend' must be \"nftables\"",
			backend);
}

static void print(FILE *out, const void *data)
{
	const struct cni_masquerade_part *spec = data;

	fputs(spec->wanted ? " owner" : " owner, none", out);
}

/* Packets of a bridge in a VRF come in through the VRF's interface (ip-vrf(8)). */
static int name_vrf(struct cni_attachment *at, int index, char device[CNI_IFNAME_SIZE],
		    struct cni_error *err)
{
	struct cni_link link;

	if (!index)
		return 0;
	if (cni_link_get_by_index(&at->nl[CNI_HOST], index, &link, err) < 0)
		return -1;
	if (!strcmp(link.kind, "vrf"))
		memcpy(device, link.name, CNI_IFNAME_SIZE);
	return 0;
}

/* The interface that the container's packets come in through. */
static int find_device(struct cni_attachment *at, const struct cni_masquerade_part *spec,
		       char device[CNI_IFNAME_SIZE], struct cni_error *err)
{
	char name[CNI_BRIDGE_VLAN_LINK_NAME_SIZE];
	struct cni_link link = at->master.index ? at->master : at->host;

	if (spec->link.vlan &&
	    cni_link_get(&at->nl[CNI_HOST], cni_bridge_vlan_link_name(&spec->link, name), &link,
			 err) < 0)
		return -1;
	memcpy(device, link.name, CNI_IFNAME_SIZE);
	return link.index == at->host.index ? 0 : name_vrf(at, link.master, device, err);
}

static int add_or_check(struct cni_attachment *at, const struct cni_masquerade_part *spec,
			int (*verb)(struct cni_nl *nl, const struct cni_masquerade *wanted,
				    struct cni_error *err),
			struct cni_error *err)
{
	freeing struct cni_net *nets = NULL;
	char device[CNI_IFNAME_SIZE];
	struct cni_masquerade wanted = {.owner = at->owner, .device = device};
	struct cni_nl *nl;

	if (find_device(at, spec, device, err) < 0 || cni_attachment_netfilter(at, &nl, err) < 0)
		return -1;
	nets = cni_attachment_addresses(at, &wanted.count);
	wanted.nets = nets;
	return verb(nl, &wanted, err);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_masquerade_part *spec = data;
	struct cni_error ignored;
	struct cni_nl *nl;

	if (!spec->wanted || add_or_check(at, spec, cni_masquerade_add, err) == 0)
		return 0;
	/* Done anyway, if only the answer got lost. */
	if (cni_attachment_netfilter(at, &nl, &ignored) == 0)
		cni_masquerade_del(nl, at->owner, &ignored);
	return cni_fail_within(err, "masquerade");
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_masquerade_part *spec = data;

	if (!spec->wanted || add_or_check(at, spec, cni_masquerade_check, err) == 0)
		return 0;
	return cni_attachment_has_go_rules(at, CNI_GO_MASQUERADE) ? 0 : -1;
}

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_nl *nl;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_masquerade_del(nl, at->owner, err) < 0 ||
	    cni_go_rules_del(nl, CNI_GO_MASQUERADE, at->owner, err) < 0)
		return cni_attachment_netfilter_failed("masquerade", err);
	return 0;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_masquerade_part *spec = data;

	return spec->wanted ? del(at, data, err) : 0;
}

static int gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_nl *nl;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0 ||
	    cni_masquerade_gc(nl, at->owner->network, &at->call->conf.valid, err) < 0 ||
	    cni_go_rules_gc(nl, CNI_GO_MASQUERADE, at->owner->network, &at->call->conf.valid, err) <
		    0)
		return cni_attachment_netfilter_failed("masquerade", err);
	return 0;
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_masquerade_part *spec = data;

	return spec->wanted ? cni_attachment_netfilter_status(at, "masquerade", err) : 0;
}

static int sweep(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	struct cni_nl *nl;

	(void)data;
	if (cni_attachment_netfilter(at, &nl, err) < 0 || cni_masquerade_sweep(nl, err) < 0)
		return cni_attachment_netfilter_failed("masquerade", err);
	return 0;
}

const struct cni_part_ops cni_masquerade_part_ops = {
	.name = "masquerade",
	.size = sizeof(struct cni_masquerade_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.gc = gc,
	.sweep = sweep,
	.status = status,
	.mend = add,
	.print = print,
};
