/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin that makes a link: a macvlan in the container, on a link of the host. The library has the
 * frame (cni-c::plan), this file the only part of the plan.
 *
 *	{"type": "macvlan", "master": "eth0", "mode": "bridge", "mtu": 1400}
 *
 * No addresses: an `ipam` of the configuration is not asked. */
#include <cni-c/cni.h>
#include <cni-c/plan.h>
#include <cni-c/readiness.h>

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <strings.h>

/* ---- the part ---- */

struct macvlan_part {
	const char *master; /* the host's link */
	uint32_t mode;	    /* MACVLAN_MODE_* */
	uint32_t mtu;	    /* bytes; 0: the master's */
};

/* The link is made in the container's namespace at once, with its final name, and with the MAC that the
 * result reports: a process in the container may change anything about it afterwards. */
static int make(struct cni_attachment *at, const struct macvlan_part *spec, int master,
		const uint8_t mac[CNI_MAC_SIZE], struct cni_error *err)
{
	struct cni_nl_message m;

	cni_nl_init(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	cni_nl_put_string(&m, IFLA_IFNAME, at->owner->ifname);
	cni_nl_put(&m, IFLA_ADDRESS, mac, CNI_MAC_SIZE);
	cni_nl_put_u32(&m, IFLA_LINK, (uint32_t)master);
	cni_nl_put_u32(&m, IFLA_NET_NS_FD, (uint32_t)at->netns);
	if (spec->mtu)
		cni_nl_put_u32(&m, IFLA_MTU, spec->mtu);
	CNI_NL_NEST (&m, IFLA_LINKINFO) {
		cni_nl_put_string(&m, IFLA_INFO_KIND, "macvlan");
		CNI_NL_NEST (&m, IFLA_INFO_DATA)
			cni_nl_put_u32(&m, IFLA_MACVLAN_MODE, spec->mode);
	}
	if (cni_nl_transact(&at->nl[CNI_HOST], &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "add macvlan '%s' on '%s'", at->owner->ifname,
				       spec->master);
	return 0;
}

/* Fills at->container with the link if it is ours, by kind and alias: its index is 0 otherwise. An ADD
 * that was killed before it set the alias leaves none. */
static int find(struct cni_attachment *at, struct cni_error *err)
{
	char owner[CNI_OWNER_TEXT_SIZE];
	struct cni_link *link = &at->container;

	if (cni_link_get(&at->nl[CNI_CONTAINER], at->owner->ifname, link, err) < 0) {
		link->index = 0;
		return err->errnum == ENODEV ? 0 : -1;
	}
	if (strcmp(link->kind, "macvlan") != 0 ||
	    (*link->alias && strcmp(link->alias, cni_owner_format(at->owner, owner)) != 0))
		link->index = 0;
	return 0;
}

static int remove_link(struct cni_attachment *at, struct cni_error *err)
{
	/* Without its namespace the link is gone as well. */
	if (at->netns < 0)
		return 0;
	if (find(at, err) < 0)
		return -1;
	if (at->container.index &&
	    cni_link_del(&at->nl[CNI_CONTAINER], at->container.index, err) < 0 &&
	    err->errnum != ENODEV)
		return -1;
	return 0;
}

/* The alias is no attribute of a link that is being made: it comes with the message that sets it up. */
static int name_and_set_up(struct cni_attachment *at, struct cni_error *err)
{
	char owner[CNI_OWNER_TEXT_SIZE];
	const struct cni_link_change change = {.alias = cni_owner_format(at->owner, owner),
					       .up = CNI_ON};

	if (cni_link_get(&at->nl[CNI_CONTAINER], at->owner->ifname, &at->container, err) < 0 ||
	    cni_link_change(&at->nl[CNI_CONTAINER], at->container.index, &change, err) < 0)
		return cni_fail_within(err, "set '%s' up", at->owner->ifname);
	return 0;
}

/* All or nothing: the link is removed if a later step fails. */
static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct macvlan_part *spec = data;
	char text[CNI_MAC_TEXT_SIZE];
	struct cni_error ignored;
	uint8_t mac[CNI_MAC_SIZE];
	struct cni_link master;

	if (cni_link_get(&at->nl[CNI_HOST], spec->master, &master, err) < 0)
		return cni_fail_within(err, "'master' \"%s\"", spec->master);
	cni_link_random_mac(mac);
	if (make(at, spec, master.index, mac, err) < 0)
		return -1;
	if (name_and_set_up(at, err) < 0) {
		remove_link(at, &ignored);
		return -1;
	}
	cni_result_add_interface(at->result, at->owner->ifname, cni_mac_format(mac, text),
				 at->call->env.netns);
	return 0;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	(void)data;
	return remove_link(at, err);
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	int told = cni_attachment_find_interface(at, CNI_CONTAINER, at->owner->ifname);
	char text[CNI_MAC_TEXT_SIZE];

	(void)data;
	if (find(at, err) < 0)
		return -1;
	if (!at->container.index)
		return cni_fail(err, CNI_EMISMATCH, "macvlan '%s' is missing in the container",
				at->owner->ifname);
	if (!(at->container.flags & IFF_UP))
		return cni_fail(err, CNI_EMISMATCH, "'%s' in the container is down, expected it up",
				at->owner->ifname);
	cni_mac_format(at->container.mac, text);
	if (told >= 0 && at->result->interfaces[told].mac &&
	    strcasecmp(at->result->interfaces[told].mac, text) != 0)
		return cni_fail(err, CNI_EMISMATCH, "'%s' in the container has MAC %s, expected %s",
				at->owner->ifname, text, at->result->interfaces[told].mac);
	return 0;
}

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	return remove_link(at, err);
}

static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct macvlan_part *spec = data;
	struct cni_link master;

	if (cni_readiness_check_kind(&at->nl[CNI_HOST], "macvlan", err) < 0)
		return -1;
	if (cni_link_get(&at->nl[CNI_HOST], spec->master, &master, err) == 0)
		return 0;
	err->code = CNI_EUNAVAILABLE;
	return cni_fail_within(err, "'master' \"%s\"", spec->master);
}

static void print(FILE *out, const void *data)
{
	const struct macvlan_part *spec = data;

	fprintf(out, " on %s", spec->master);
}

/* GC has nothing to do: the links are in their containers' namespaces and end with them. */
static const struct cni_part_ops macvlan_part_ops = {
	.name = "macvlan",
	.size = sizeof(struct macvlan_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.status = status,
	.print = print,
};

/* ---- the plugin ---- */

/* The configuration needs no struct of its own: it is the part's. */
static const struct cni_word modes[] = {
	{"bridge", MACVLAN_MODE_BRIDGE},
	{"private", MACVLAN_MODE_PRIVATE},
	{"vepa", MACVLAN_MODE_VEPA},
	{"passthru", MACVLAN_MODE_PASSTHRU},
	{0},
};

static const struct macvlan_part defaults = {.master = "", .mode = MACVLAN_MODE_BRIDGE};

static const struct cni_field fields[] = {
	CNI_FIELD(struct macvlan_part, "master", master, "The link of the host"),
	CNI_FIELD(struct macvlan_part, "mode", mode, "Who reaches whom, see ip-link(8)",
		  .words = modes),
	CNI_FIELD(struct macvlan_part, "mtu", mtu, "Bytes: 0 is the master's", .max = 65535),
	{0},
};

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	const struct macvlan_part *conf = data;

	(void)call;
	return cni_name_check_existing(conf->master, "'master'", err);
}

static void plan(struct cni_plan *plan, const struct cni_call *call, const void *conf)
{
	(void)call;
	cni_plan_push(plan, &macvlan_part_ops, conf);
}

int main(void)
{
	static const struct cni_plugin macvlan = {
		.type = "macvlan",
		.version = "1.0.0",
		.conf_size = sizeof(struct macvlan_part),
		.defaults = &defaults,
		.fields = fields,
		.validate = validate,
		.plan = plan,
		.about = "Makes an interface with a MAC of its own on a link of the host",
	};

	return cni_plan_main(&macvlan);
}
