/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "cleanup.h"
#include "link_kind.h"
#include "link_mac.h"
#include "link_sysctl.h"
#include "mem.h"
#include "readiness.h"
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static void print(FILE *out, const void *data)
{
	const struct cni_bridge_part *spec = data;

	fprintf(out, " host %s shared", spec->name);
	if (spec->mtu)
		fprintf(out, " mtu %u", spec->mtu);
	if (spec->promisc)
		fputs(" promisc", out);
	if (spec->vlan_filtering)
		fputs(" vlan_filtering", out);
}

static int refuse_other_kind(const struct cni_link *link, int code, struct cni_error *err)
{
	if (!strcmp(link->kind, "bridge"))
		return 0;
	return cni_fail(err, code,
			"'bridge' is \"%s\", and \"%s\" already exists but is not a "
			"bridge: it is %s%s",
			link->name, link->name, *link->kind ? "of kind " : "a hardware interface",
			link->kind);
}

/* True if the MAC was set by hand; otherwise the bridge takes the lowest of its ports'. rtnetlink does not
 * tell; sysfs does, if it is there (linux/netdevice.h: NET_ADDR_SET is 3). */
static bool mac_is_pinned(const struct cni_link *bridge)
{
	freeing char *path = cni_format("/sys/class/net/%s/addr_assign_type", bridge->name);
	closing int fd = open(path, O_RDONLY | O_CLOEXEC);
	char type[2];

	return fd >= 0 && read(fd, type, sizeof(type)) == sizeof(type) && !memcmp(type, "3\n", 2);
}

/* An address that comes and goes with the ports would cut every pod off its gateway, and with one of
 * zeroes the gateway answers no pod. */
static int pin_mac(struct cni_attachment *at, struct cni_link *bridge, struct cni_error *err)
{
	struct cni_link_change change = {.mac = bridge->mac};

	if (!cni_link_mac_is_usable(bridge))
		return cni_link_mac_give(&at->nl[CNI_HOST], bridge, err);
	if (mac_is_pinned(bridge))
		return 0;
	if (cni_link_change(&at->nl[CNI_HOST], bridge->index, &change, err) < 0)
		return cni_fail_within(err, "pin the MAC of bridge '%s'", bridge->name);
	return 0;
}

/* /proc/sys knows no second names (ip-link(8), "altname"), which the configuration's may be. */
static char *accept_ra_key(const struct cni_link *bridge)
{
	return cni_format("net/ipv6/conf/%s/accept_ra", bridge->name);
}

/* Before it is up: a pod must not become the host's router. */
static int refuse_advertisements(const struct cni_link *bridge, struct cni_bridge_part *spec,
				 struct cni_error *err)
{
	freeing char *key = accept_ra_key(bridge);
	struct cni_error ignored;

	if (bridge->has_accept_ra)
		snprintf(spec->accept_ra, sizeof(spec->accept_ra), "%d", bridge->accept_ra);
	else if (cni_sysctl_get(key, spec->accept_ra, sizeof(spec->accept_ra), &ignored) < 0)
		spec->accept_ra[0] = '\0';
	if (!strcmp(spec->accept_ra, "0"))
		return 0;
	return cni_link_sysctl_refuse_ra(bridge->name, err);
}

static int make(struct cni_attachment *at, struct cni_bridge_part *spec, struct cni_error *err)
{
	uint8_t mac[CNI_MAC_SIZE];
	/* A MAC that is given stays: the kernel then does not take the lowest one of the ports
	 * (br_stp_recalculate_bridge_id()). */
	const struct cni_link_new bridge = {
		.kind = &cni_link_bridge,
		.name = spec->name,
		.netns = -1,
		.mac = mac,
		.mtu = spec->mtu,
		.values = {.given = spec->vlan_filtering, .values = {1}},
	};
	struct cni_error ignored;
	struct cni_link made;

	cni_link_random_mac(mac);
	if (cni_link_add(&at->nl[CNI_HOST], &bridge, err) == 0) {
		spec->made = true;
		return 0;
	}
	/* Another ADD was quicker: then it is there. */
	if (err->errnum == EEXIST)
		return 0;
	if (spec->vlan_filtering && err->errnum == EOPNOTSUPP)
		return cni_fail_within(err, "'vlan' and 'vlanTrunk' need a kernel with bridge VLAN "
					    "filtering");
	/* Made anyway, if only the answer got lost: the MAC tells. */
	if (cni_link_get(&at->nl[CNI_HOST], spec->name, &made, &ignored) < 0 ||
	    memcmp(made.mac, mac, sizeof(mac)) != 0)
		return -1;
	spec->made = true;
	return 0;
}

static int find_or_make(struct cni_attachment *at, struct cni_bridge_part *spec,
			struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_HOST];

	if (cni_link_get(nl, spec->name, &at->master, err) == 0)
		return 0;
	if (err->errnum != ENODEV || make(at, spec, err) < 0)
		return -1;
	return cni_link_get(nl, spec->name, &at->master, err);
}

static enum cni_switch opposite(enum cni_switch wanted)
{
	return wanted == CNI_ON ? CNI_OFF : CNI_KEEP;
}

static int bring_up(struct cni_attachment *at, struct cni_bridge_part *spec, struct cni_error *err)
{
	struct cni_link *bridge = &at->master;
	struct cni_link_change change = {
		.up = bridge->flags & IFF_UP ? CNI_KEEP : CNI_ON,
		.promisc = spec->promisc && !(bridge->flags & IFF_PROMISC) ? CNI_ON : CNI_KEEP,
		.vlan_filtering =
			spec->vlan_filtering && !bridge->vlan_filtering ? CNI_ON : CNI_KEEP,
	};

	if (refuse_advertisements(bridge, spec, err) < 0)
		return -1;
	if (!spec->made && pin_mac(at, bridge, err) < 0)
		return -1;
	if (change.up == CNI_KEEP && change.promisc == CNI_KEEP &&
	    change.vlan_filtering == CNI_KEEP)
		return 0;
	if (cni_link_change(&at->nl[CNI_HOST], bridge->index, &change, err) < 0)
		return cni_fail_within(err, "set up bridge '%s'", spec->name);
	spec->put_back = (struct cni_link_change){
		.up = opposite(change.up),
		.promisc = opposite(change.promisc),
		.vlan_filtering = opposite(change.vlan_filtering),
	};
	return 0;
}

/* A bridge that was there before gets back what it was, unless there is traffic on it: it may have
 * been half made by another ADD when we found it, which has ended well since. (Its pinned MAC
 * stays: it is the one it had.) */
static int put_back(struct cni_attachment *at, const struct cni_bridge_part *spec,
		    struct cni_error *err)
{
	freeing char *key = accept_ra_key(&at->master);
	struct cni_nl *nl = &at->nl[CNI_HOST];
	struct cni_link now;

	if (!at->master.index)
		return 0;
	if (cni_link_get_by_index(nl, at->master.index, &now, err) < 0)
		return -1;
	if (now.flags & IFF_RUNNING)
		return 0;
	if (cni_link_change(nl, now.index, &spec->put_back, err) < 0)
		return -1;
	return *spec->accept_ra ? cni_sysctl_set(key, spec->accept_ra, err) : 0;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_bridge_part *spec = data;

	if (!spec->made)
		return cni_attachment_is_alone(at) ? put_back(at, spec, err) : 0;
	/* Not looked at yet, if that is what failed. */
	if (!at->master.index && cni_link_get(&at->nl[CNI_HOST], spec->name, &at->master, err) < 0)
		return -1;
	if (!cni_attachment_may_take_back(at, CNI_SHARED_BRIDGE))
		return 0;
	return cni_link_del(&at->nl[CNI_HOST], at->master.index, err);
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	struct cni_bridge_part *spec = data;
	char mac[CNI_MAC_TEXT_SIZE];
	struct cni_error ignored;

	if (find_or_make(at, spec, err) < 0 ||
	    refuse_other_kind(&at->master, CNI_ECONFIG, err) < 0 || bring_up(at, spec, err) < 0) {
		undo(at, spec, &ignored);
		return -1;
	}
	/* Its own name, for plugins that compare it with the interface of packets. */
	cni_result_add_interface(at->result, at->master.name, cni_mac_format(at->master.mac, mac),
				 NULL);
	return 0;
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_bridge_part *spec = data;
	char mac[CNI_MAC_TEXT_SIZE];
	const char *expected;
	int index;

	if (cni_link_get(&at->nl[CNI_HOST], spec->name, &at->master, err) < 0)
		return cni_fail_missing(err, CNI_EMISMATCH, "bridge '%s' is missing", spec->name);
	if (refuse_other_kind(&at->master, CNI_EMISMATCH, err) < 0)
		return -1;
	index = cni_attachment_find_interface(at, CNI_HOST, at->master.name);
	expected = index < 0 ? NULL : at->result->interfaces[index].mac;
	cni_mac_format(at->master.mac, mac);
	if (!cni_link_mac_is_usable(&at->master))
		return cni_fail(
			err, CNI_EMISMATCH,
			"bridge '%s' has MAC %s, which nothing can be sent to, expected one "
			"of its own",
			spec->name, mac);
	if (expected && *expected && strcasecmp(mac, expected) != 0)
		return cni_fail(err, CNI_EMISMATCH, "bridge '%s' has MAC %s, expected %s",
				spec->name, mac, expected);
	if (!(at->master.flags & IFF_UP))
		return cni_fail(err, CNI_EMISMATCH, "bridge '%s' is down, expected it up",
				spec->name);
	if (spec->promisc && !at->master.promiscuity)
		return cni_fail(err, CNI_EMISMATCH,
				"bridge '%s' is not promiscuous, expected it to be", spec->name);
	if (spec->vlan_filtering && !at->master.vlan_filtering)
		return cni_fail(err, CNI_EMISMATCH,
				"bridge '%s' does not filter VLANs, expected it to", spec->name);
	return 0;
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_bridge_part *spec = data;
	struct cni_nl *nl = &at->nl[CNI_HOST];
	struct cni_link link;
	bool exists;

	if (cni_link_sysctl_refuse_ra_status(err) < 0)
		return -1;
	exists = cni_link_get(nl, spec->name, &link, err) == 0;
	if (!exists && err->errnum != ENODEV)
		return -1;
	if (exists ? refuse_other_kind(&link, CNI_EUNAVAILABLE, err) < 0
		   : cni_readiness_check_kind(nl, "bridge", err) < 0)
		return -1;
	if (!spec->vlan_filtering)
		return 0;
	return cni_readiness_check_vlan_filtering(nl, exists ? &link : NULL, err);
}

const struct cni_part_ops cni_bridge_part_ops = {
	.name = "bridge",
	.size = sizeof(struct cni_bridge_part),
	.add = add,
	.undo = undo,
	.check = check,
	.status = status,
	.print = print,
};
