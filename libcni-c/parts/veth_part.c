/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "cleanup.h"
#include "container_end.h"
#include "container_link.h"
#include "host_end.h"
#include "link_gc.h"
#include "link_kind.h"
#include "link_sysctl.h"
#include "mem.h"
#include "peer.h"
#include "readiness.h"
#include "sysctl.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

static void print(FILE *out, const void *data)
{
	const struct cni_veth_part *spec = data;

	if (spec->master)
		fprintf(out, " port of %s", spec->master);
	else
		fputs(" alone", out);
	if (spec->mtu)
		fprintf(out, " mtu %u", spec->mtu);
	if (spec->mac && *spec->mac)
		fprintf(out, " mac %s", spec->mac);
	if (spec->port.hairpin)
		fputs(" hairpin", out);
	if (spec->port.isolated)
		fputs(" isolated", out);
	if (spec->vlans.native)
		fprintf(out, " vlan %u", spec->vlans.native);
	if (!cni_bridge_vlan_set_is_empty(&spec->vlans.tagged))
		fputs(" trunk", out);
}

/* True if the veth has our alias, or none yet: an ADD may be killed between making and naming it. The name
 * alone is a hash, and may be another owner's. */
static bool is_ours(const struct cni_attachment *at, const struct cni_link *link)
{
	return !strcmp(link->kind, "veth") &&
	       (!*link->alias || !strcmp(link->alias, at->owner->text));
}

static int delete_host_end(struct cni_attachment *at, bool *ret_found, struct cni_error *err)
{
	struct cni_link link;

	*ret_found = false;
	if (cni_link_get(&at->nl[CNI_HOST], at->owner->key, &link, err) < 0)
		return err->errnum == ENODEV ? 0 : -1;
	if (!is_ours(at, &link))
		return 0;
	*ret_found = true;
	if (cni_link_del(&at->nl[CNI_HOST], link.index, err) < 0 && err->errnum != ENODEV)
		return -1;
	return 0;
}

/* Done when no veth of an earlier ADD is left, or its peer's namespace is gone. */
static int look_for_life(struct cni_nl *nl, void *data, bool *ret_done, struct cni_error *err)
{
	const struct cni_attachment *at = data;
	struct cni_link link;

	*ret_done = true;
	if (cni_link_get(nl, at->owner->key, &link, err) < 0)
		return err->errnum == ENODEV ? 0 : -1;
	*ret_done = !is_ours(at, &link) || !cni_link_peer_lives_elsewhere(nl, &link);
	return 0;
}

/* Where its other end lives, the container has what this ADD is for. A namespace lives on for a
 * moment after it was removed. */
static int refuse_to_attach_again(struct cni_attachment *at, struct cni_error *err)
{
	if (cni_nl_wait(&at->nl[CNI_HOST], NULL, RTNLGRP_LINK, CNI_PEER_LAST_MOMENT_MS,
			look_for_life, at, err) == 0)
		return 0;
	if (err->errnum != ETIMEDOUT)
		return -1;
	return cni_fail(err, CNI_ETAKEN,
			"'%s' is attached already: the other end of '%s' is in a network namespace "
			"that lives, expected a DEL before",
			at->owner->text, at->owner->key);
}

static int make(struct cni_attachment *at, const struct cni_veth_part *spec,
		struct cni_peer_look *ret_look, struct cni_error *err)
{
	uint8_t host_mac[CNI_MAC_SIZE];
	const struct cni_link_new peer = {.name = at->owner->ifname,
					  .netns = at->netns,
					  .mac = at->container.mac,
					  .mtu = spec->mtu,
					  .queues = spec->queues};
	const struct cni_link_new veth = {.kind = &cni_link_veth,
					  .name = at->owner->key,
					  .netns = -1,
					  .master = at->master.index,
					  .mac = host_mac,
					  .mtu = spec->mtu,
					  .queues = spec->queues,
					  .peer = &peer};
	struct cni_error ignored;
	bool found;

	cni_link_random_mac(host_mac);
	cni_container_link_choose_mac(at, spec->mac);
	if (cni_peer_add(&at->nl[CNI_HOST], &veth, at->netns, ret_look, err) == 0)
		return 0;
	if (err->errnum != EEXIST)
		/* Made anyway, if only the answer got lost: the MAC tells. */
		return cni_link_get(&at->nl[CNI_HOST], veth.name, &at->host, &ignored) == 0 &&
				       !memcmp(at->host.mac, host_mac, sizeof(host_mac))
			       ? 0
			       : -1;
	if (cni_container_link_refuse_other(at, err) < 0)
		return -1;
	/* The host's end of an earlier life of this very container, whose DEL never came, and whose
	 * namespace is going away. */
	if (refuse_to_attach_again(at, err) < 0 || delete_host_end(at, &found, err) < 0)
		return -1;
	return cni_peer_add(&at->nl[CNI_HOST], &veth, at->netns, ret_look, err);
}

/* The look that came with making the veth, if it has found the other end in the container; another one otherwise, which
 * knows why not. */
static int follow(struct cni_attachment *at, const struct cni_peer_look *look,
		  struct cni_error *err)
{
	if (look->is_had && look->link.peer_netns >= 0 && look->link.peer_netns == look->netns_id) {
		at->host = look->link;
		at->container.index = at->host.peer;
		return 0;
	}
	if (cni_link_get(&at->nl[CNI_HOST], at->owner->key, &at->host, err) < 0)
		return err->errnum == ENODEV ? cni_container_end_gone(at, err) : -1;
	return cni_container_end_follow(at, err);
}

/* Replaces the VLAN that the bridge's ports begin with by those of the port. */
static int set_vlans(struct cni_attachment *at, const struct cni_veth_part *spec,
		     struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_HOST];

	if (!spec->filters_vlans)
		return 0;
	if (!spec->keeps_default_vlan && at->master.default_vlan &&
	    cni_bridge_vlan_del(nl, at->host.index, at->master.default_vlan, err) < 0)
		return -1;
	return cni_bridge_vlan_add(nl, at->host.index, &spec->vlans, err);
}

/* A bridge takes the smallest MTU of its ports, unless someone has set another: setting it back
 * pins it (br_mtu_auto_adjust() in the kernel's net/bridge/br_if.c). */
static int restore_master_mtu(struct cni_attachment *at, struct cni_error *err)
{
	struct cni_link_change change = {.mtu = at->master.mtu};
	struct cni_link now;

	if (!at->master.index || at->host.mtu >= at->master.mtu)
		return 0;
	if (cni_link_get_by_index(&at->nl[CNI_HOST], at->master.index, &now, err) < 0)
		return -1;
	if (now.mtu >= at->master.mtu)
		return 0;
	return cni_link_change(&at->nl[CNI_HOST], at->master.index, &change, err);
}

/* A host side without a bridge routes to the container, and the kernel asks for IPv6 neighbours from the
 * link-local address, with duplicate address detection not before a second or two. Only the container
 * could have the same address. A courtesy. */
static void skip_dad(const char *name)
{
	freeing char *key = cni_format("net/ipv6/conf/%s/accept_dad", name);
	struct cni_error ignored;

	cni_sysctl_set(key, "0", &ignored);
}

static int name_and_bring_up(struct cni_attachment *at, const struct cni_veth_part *spec,
			     const struct cni_peer_look *look, struct cni_error *err)
{
	const char *name = at->owner->key;
	struct cni_link_change change = {
		.alias = at->owner->text,
		.port = spec->port.hairpin || spec->port.isolated ? &spec->port : NULL,
		.up = CNI_ON,
	};

	if (follow(at, look, err) < 0)
		return -1;
	/* Before it is up. */
	if (!(at->host.has_accept_ra && at->host.accept_ra == 0) &&
	    cni_link_sysctl_refuse_ra(name, err) < 0)
		return -1;
	if (set_vlans(at, spec, err) < 0)
		return -1;
	if (!spec->master)
		skip_dad(name);
	if (cni_link_change(&at->nl[CNI_HOST], at->host.index, &change, err) < 0)
		return cni_fail_within(err, "set up '%s'", name);
	return restore_master_mtu(at, err);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_veth_part *spec = data;
	struct cni_error ignored;
	struct cni_peer_look look;
	char mac[CNI_MAC_TEXT_SIZE];
	bool found;

	if (make(at, spec, &look, err) < 0)
		return -1;
	if (name_and_bring_up(at, spec, &look, err) < 0) {
		cni_container_end_explain(at, err);
		delete_host_end(at, &found, &ignored);
		return -1;
	}
	cni_result_add_interface(at->result, at->host.name, cni_mac_format(at->host.mac, mac),
				 NULL);
	cni_result_add_interface(at->result, at->owner->ifname,
				 cni_mac_format(at->container.mac, mac), at->call->env.netns);
	return 0;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	bool found;

	(void)data;
	return delete_host_end(at, &found, err);
}

/* A pair whose host's end has not the owner's name: another plugin suite has made it, or an
 * administrator has renamed it. */
static int delete_other_pair(struct cni_attachment *at, struct cni_error *err)
{
	cni_host_end_guess(at);
	if (!at->host.index || cni_link_del(&at->nl[CNI_HOST], at->host.index, err) == 0 ||
	    err->errnum == ENODEV)
		return 0;
	return -1;
}

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	bool found;

	(void)data;
	if (delete_host_end(at, &found, err) < 0)
		return -1;
	return found ? 0 : delete_other_pair(at, err);
}

static int check_vlans(struct cni_attachment *at, const struct cni_veth_part *spec,
		       struct cni_error *err)
{
	struct cni_bridge_vlan_port found;

	if (!spec->filters_vlans)
		return 0;
	if (cni_bridge_vlan_get(&at->nl[CNI_HOST], at->host.index, &found, err) < 0)
		return -1;
	if (found.native != spec->vlans.native)
		return cni_fail(err, CNI_EMISMATCH, "'%s' has native VLAN %u, expected %u",
				at->host.name, found.native, spec->vlans.native);
	for (uint32_t id = 1; id <= CNI_BRIDGE_VLAN_MAX; id++)
		if (cni_bridge_vlan_set_has(&spec->vlans.tagged, id) && id != spec->vlans.native &&
		    !cni_bridge_vlan_set_has(&found.tagged, id))
			return cni_fail(err, CNI_EMISMATCH,
					"'%s' does not carry VLAN %u, expected it tagged",
					at->host.name, id);
	return 0;
}

static int check_host_end(struct cni_attachment *at, const struct cni_veth_part *spec,
			  struct cni_error *err)
{
	const struct cni_link *host = &at->host;

	if (spec->master && host->master != at->master.index)
		return cni_fail(err, CNI_EMISMATCH, "'%s' is not a port of bridge '%s'", host->name,
				at->master.name);
	if (!(host->flags & IFF_UP))
		return cni_fail(err, CNI_EMISMATCH, "'%s' is down, expected it up", host->name);
	if (host->port.hairpin != spec->port.hairpin)
		return cni_fail(err, CNI_EMISMATCH, "'%s' has hairpin mode %s, expected %s",
				host->name, host->port.hairpin ? "on" : "off",
				spec->port.hairpin ? "on" : "off");
	if (host->port.isolated != spec->port.isolated)
		return cni_fail(err, CNI_EMISMATCH, "'%s' has port isolation %s, expected %s",
				host->name, host->port.isolated ? "on" : "off",
				spec->port.isolated ? "on" : "off");
	/* The container's end is open to later plugins (tuning sets its MTU); this one is not. */
	if (spec->mtu && host->mtu != spec->mtu)
		return cni_fail(err, CNI_EMISMATCH, "'%s' has MTU %u, expected %u", host->name,
				host->mtu, spec->mtu);
	return check_vlans(at, spec, err);
}

/* By its index on the other side, so that a pair made by another suite is found as well. */
static int follow_to_host(struct cni_attachment *at, struct cni_error *err)
{
	bool is_in;

	if (cni_link_get_by_index(&at->nl[CNI_HOST], at->container.peer, &at->host, err) < 0)
		return cni_fail_missing(err, CNI_EMISMATCH,
					"the host's end of '%s' is missing, expected '%s'",
					at->owner->ifname, at->owner->key);
	if (cni_peer_is_in(&at->nl[CNI_HOST], &at->host, at->netns, &is_in, err) < 0)
		return -1;
	if (!is_in || at->host.peer != at->container.index)
		return cni_fail(err, CNI_EMISMATCH,
				"'%s' on the host is not the other end of '%s' in the container",
				at->host.name, at->owner->ifname);
	return 0;
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	if (cni_container_link_check(at, "veth", err) < 0 || follow_to_host(at, err) < 0)
		return -1;
	return check_host_end(at, data, err);
}

static int gc(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_veth_part *spec = data;
	const struct cni_link_gc links = {.kind = "veth", .prefix = "veth", .master = spec->master};

	return cni_link_gc(at, &links, err);
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	if (cni_link_sysctl_refuse_ra_status(err) < 0)
		return -1;
	return cni_readiness_check_kind(&at->nl[CNI_HOST], "veth", err);
}

const struct cni_part_ops cni_veth_part_ops = {
	.name = "veth",
	.size = sizeof(struct cni_veth_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.gc = gc,
	.status = status,
	.print = print,
};
