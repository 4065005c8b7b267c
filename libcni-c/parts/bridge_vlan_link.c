/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge_vlan_link.h"

#include "link_kind.h"
#include "link_mac.h"
#include "link_sysctl.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

const char *cni_bridge_vlan_link_name(const struct cni_bridge_vlan_link *vlan_link,
				      const struct cni_link *bridge,
				      char name[CNI_BRIDGE_VLAN_LINK_NAME_SIZE])
{
	snprintf(name, CNI_BRIDGE_VLAN_LINK_NAME_SIZE, "%s.%u",
		 bridge->index ? bridge->name : vlan_link->bridge, vlan_link->vlan);
	return name;
}

/* May be done again: for what an ADD that was killed has left, or one that is under way is about to
 * do. The interface is up last of all. */
static int set_up(struct cni_attachment *at, const struct cni_bridge_vlan_link *vlan_link,
		  const char *name, const struct cni_owner *owner, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_HOST];
	struct cni_bridge_vlan_port vlans = {.native = vlan_link->vlan};
	/* The alias tells GC that this port is no attachment's. */
	struct cni_link_change name_and_up = {.alias = owner->text, .up = CNI_ON};
	struct cni_link_change up = {.up = CNI_ON};
	struct cni_link inner;
	struct cni_link port;

	if (cni_link_get(nl, owner->key, &port, err) < 0 || cni_link_get(nl, name, &inner, err) < 0)
		return -1;
	if (cni_link_sysctl_refuse_ra(name, err) < 0)
		return -1;
	if (!vlan_link->keeps_default_vlan && at->master.default_vlan &&
	    cni_bridge_vlan_del(nl, port.index, at->master.default_vlan, err) < 0)
		return -1;
	if (cni_bridge_vlan_add(nl, port.index, &vlans, err) < 0 ||
	    cni_link_change(nl, port.index, &name_and_up, err) < 0)
		return -1;
	return cni_link_change(nl, inner.index, &up, err);
}

static int make(struct cni_attachment *at, struct cni_bridge_vlan_link *vlan_link, const char *name,
		struct cni_error *err)
{
	/* Its owner is the bridge, whichever network is the first to need it. */
	const struct cni_owner owner = cni_owner_make("", at->master.name, name);
	struct cni_nl *nl = &at->nl[CNI_HOST];
	uint8_t port_mac[CNI_MAC_SIZE];
	uint8_t mac[CNI_MAC_SIZE];
	const struct cni_link_new peer = {
		.name = name, .netns = -1, .mac = mac, .mtu = at->master.mtu};
	const struct cni_link_new veth = {
		.kind = &cni_link_veth,
		.name = owner.key,
		.netns = -1,
		.master = at->master.index,
		.mac = port_mac,
		.mtu = at->master.mtu,
		.peer = &peer,
	};
	struct cni_error ignored;
	struct cni_link link;

	cni_link_random_mac(port_mac);
	cni_link_random_mac(mac);
	if (cni_link_add(nl, &veth, err) == 0)
		vlan_link->made = true;
	else if (err->errnum != EEXIST) /* as another ADD may have done meanwhile */
		return -1;
	if (set_up(at, vlan_link, name, &owner, err) == 0)
		return 0;
	if (vlan_link->made && cni_link_get(nl, owner.key, &link, &ignored) == 0)
		cni_link_del(nl, link.index, &ignored);
	vlan_link->made = false;
	return cni_fail_within(err, "make the VLAN's interface '%s'", name);
}

/* A link of the kind "vlan" takes the MAC that the bridge has at that moment. */
static int ensure_mac(struct cni_attachment *at, struct cni_link *link, struct cni_error *err)
{
	if (cni_link_mac_is_usable(link))
		return 0;
	return cni_link_mac_give(&at->nl[CNI_HOST], link, err);
}

int cni_bridge_vlan_link_ensure(struct cni_attachment *at, struct cni_bridge_vlan_link *vlan_link,
				struct cni_link *ret_link, struct cni_error *err)
{
	char name[CNI_BRIDGE_VLAN_LINK_NAME_SIZE];

	cni_bridge_vlan_link_name(vlan_link, &at->master, name);
	if (cni_link_get(&at->nl[CNI_HOST], name, ret_link, err) == 0) {
		if (ret_link->flags & IFF_UP || strcmp(ret_link->kind, "veth") != 0)
			return ensure_mac(at, ret_link, err);
	} else if (err->errnum != ENODEV) {
		return -1;
	}
	if (make(at, vlan_link, name, err) < 0)
		return -1;
	return cni_link_get(&at->nl[CNI_HOST], name, ret_link, err);
}

int cni_bridge_vlan_link_check(struct cni_attachment *at,
			       const struct cni_bridge_vlan_link *vlan_link,
			       const struct cni_link *link, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_HOST];
	struct cni_bridge_vlan_port found;
	struct cni_link port;

	if (!(link->flags & IFF_UP))
		return cni_fail(err, CNI_EMISMATCH, "'%s' is down, expected it up", link->name);
	if (!cni_link_mac_is_usable(link))
		return cni_fail(err, CNI_EMISMATCH,
				"'%s' has no MAC with which it answers, expected one of its own",
				link->name);
	if (strcmp(link->kind, "veth") != 0)
		return 0;
	if (cni_link_get_by_index(nl, link->peer, &port, err) < 0 ||
	    cni_bridge_vlan_get(nl, port.index, &found, err) < 0)
		return -1;
	if (port.master != at->master.index)
		return cni_fail(err, CNI_EMISMATCH,
				"'%s', the other end of '%s', is not a port of bridge '%s'",
				port.name, link->name, vlan_link->bridge);
	if (found.native != vlan_link->vlan)
		return cni_fail(err, CNI_EMISMATCH,
				"'%s', the other end of '%s', has native VLAN %u, expected %u",
				port.name, link->name, found.native, vlan_link->vlan);
	if (!(port.flags & IFF_UP))
		return cni_fail(err, CNI_EMISMATCH, "'%s' is down, expected it up", port.name);
	return 0;
}
