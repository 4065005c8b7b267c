/* SPDX-License-Identifier: Apache-2.0 */
/* The group cluster: the host's routes to other nodes. */
#include "checks.h"
#include "cleanup.h"
#include "doctor.h"
#include "kept_destinations.h"
#include "list_facts.h"
#include "mem.h"
#include "nl.h"
#include "route_main.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

/* ---- whose route it is ---- */

/* A routing daemon; NULL: none. */
static const char *daemon_of(uint8_t protocol)
{
	static const struct {
		uint8_t protocol;
		const char *name;
	} daemons[] = {
		{RTPROT_BIRD, "bird"}, {RTPROT_ZEBRA, "zebra"}, {RTPROT_BABEL, "babel"},
		{RTPROT_BGP, "bgp"},   {RTPROT_ISIS, "isis"},	{RTPROT_OSPF, "ospf"},
		{RTPROT_RIP, "rip"},   {RTPROT_EIGRP, "eigrp"}, {RTPROT_OPENR, "openr"},
	};

	for (size_t i = 0; i < sizeof(daemons) / sizeof(*daemons); i++)
		if (daemons[i].protocol == protocol)
			return daemons[i].name;
	return NULL;
}

/* kindnet and flannel leave the protocol to the kernel's default of ip-route(8), boot. */
static bool is_by_hand(const struct cni_main_route *route)
{
	return route->has_gateway &&
	       (route->protocol == RTPROT_STATIC || route->protocol == RTPROT_BOOT);
}

static bool overlaps(const struct cni_destinations *list, const struct cni_net *net)
{
	for (size_t i = 0; i < list->count; i++)
		if (cni_net_contains(&list->nets[i], &net->ip) ||
		    cni_net_contains(net, &list->nets[i].ip))
			return true;
	return false;
}

/* True if the list has the whole prefix; a merged list has it in one item. */
static bool covers(const struct cni_destinations *list, const struct cni_net *net)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->nets[i].prefix <= net->prefix &&
		    cni_net_contains(&list->nets[i], &net->ip))
			return true;
	return false;
}

static bool list_routes(struct doctor *doctor, struct cni_main_routes *ret_routes)
{
	closing_nl struct cni_nl nl = {.socket = NULL};
	struct cni_error err;

	*ret_routes = (struct cni_main_routes){.count = 0};
	if (cni_nl_open(&nl, NETLINK_ROUTE, -1, &err) == 0 &&
	    cni_main_routes(&nl, ret_routes, &err) == 0)
		return true;
	doctor_find_error(doctor, FINDING_UNSEEN, NULL, &err);
	return false;
}

/* ---- destinations ---- */

static void look_at_destination(struct doctor *doctor, const struct doctor_network *network,
				const struct cni_destinations *list,
				const struct cni_main_route *route)
{
	const char *daemon = daemon_of(route->protocol);
	freeing char *where = cni_format("network '%s'", network->name);
	freeing char *command = cni_format("add the prefix to 'nonMasqueradeCIDRs', then: cnitool "
					   "refresh %s",
					   network->name);
	const struct finding_words words = {
		.where = where,
		.so = "what is there sees the node's address, not the container's",
		.try = command,
	};
	char text[CNI_NET_TEXT_SIZE];

	if (!route->dst.prefix || covers(list, &route->dst) ||
	    !list_has_family(network->tool.list.plugins, route->dst.ip.family))
		return;
	if (daemon)
		doctor_find(doctor, FINDING_WARNING, &words,
			    "%s is routed by %s, and 'nonMasqueradeCIDRs' of network '%s' lacks it",
			    cni_net_format(&route->dst, text), daemon, network->name);
	else if (is_by_hand(route) && list->count)
		doctor_find(doctor, FINDING_NOTE, &words,
			    "%s has a route by a gateway, and 'nonMasqueradeCIDRs' of network '%s' "
			    "lacks it",
			    cni_net_format(&route->dst, text), network->name);
}

void check_destinations(struct doctor *doctor)
{
	struct cni_main_routes routes;

	if (!list_routes(doctor, &routes))
		return;
	for (size_t i = 0; i < doctor->network_count; i++) {
		const struct doctor_network *network = doctor->networks[i];
		clearing_destinations struct cni_destinations list =
			list_destinations(network->tool.list.plugins);

		for (size_t j = 0; list_masquerades(network->tool.list.plugins) && j < routes.count;
		     j++)
			look_at_destination(doctor, network, &list, &routes.items[j]);
	}
	cni_main_routes_clear(&routes);
}

/* ---- MTU ---- */

static long mtu_of(const char *interface)
{
	freeing char *text =
		*interface ? doctor_read_word("/sys/class/net/%s/mtu", interface) : NULL;

	return text ? strtol(text, NULL, 10) : 0;
}

struct narrow {
	long mtu; /* 0: there is no route to the cluster */
	char link[IF_NAMESIZE];
	struct cni_net dst;
};

/* The route to the cluster with the smallest MTU. */
static struct narrow find_narrow(const struct cni_main_routes *routes,
				 const struct cni_destinations *list)
{
	struct narrow narrow = {.mtu = 0};

	for (size_t i = 0; i < routes->count; i++) {
		const struct cni_main_route *route = &routes->items[i];
		char name[IF_NAMESIZE];
		long mtu;

		if (!route->dst.prefix || !(daemon_of(route->protocol) ||
					    (is_by_hand(route) && overlaps(list, &route->dst))))
			continue;
		if (!if_indextoname((unsigned int)route->index, name))
			continue;
		mtu = mtu_of(name);
		if (!mtu || (narrow.mtu && narrow.mtu <= mtu))
			continue;
		narrow.mtu = mtu;
		narrow.dst = route->dst;
		memcpy(narrow.link, name, sizeof(narrow.link));
	}
	return narrow;
}

/* The host side of the attachment. */
static const char *link_of(const struct doctor *doctor, const struct doctor_attachment *attachment)
{
	for (size_t i = 0; i < doctor->links.count; i++)
		if (!strcmp(doctor->links.items[i].owner, attachment->owner))
			return doctor->links.items[i].name;
	return doctor_interface(attachment);
}

static void compare_mtu(struct doctor *doctor, const struct doctor_attachment *attachment,
			const struct narrow *narrow)
{
	freeing char *remedy = cni_format(
		"set 'mtu' of the network to %ld, and make the containers anew", narrow->mtu);
	const struct finding_words words = {
		.where = narrow->link,
		.so = "large packets depend on path MTU discovery, which filters often break",
		.try = remedy,
		.attachment = attachment->owner,
	};
	long mtu = mtu_of(link_of(doctor, attachment));
	char text[CNI_NET_TEXT_SIZE];

	if (mtu > narrow->mtu)
		doctor_find(
			doctor, FINDING_WARNING, &words,
			"containers of network '%s' have MTU %ld, and the route to %s by '%s' has "
			"%ld",
			attachment->cached->network, mtu, cni_net_format(&narrow->dst, text),
			narrow->link, narrow->mtu);
}

void check_mtu(struct doctor *doctor)
{
	struct cni_main_routes routes;

	if (!list_routes(doctor, &routes))
		return;
	for (size_t i = 0; i < doctor->network_count; i++) {
		const struct doctor_network *network = doctor->networks[i];
		clearing_destinations struct cni_destinations list =
			list_destinations(network->tool.list.plugins);
		struct narrow narrow = find_narrow(&routes, &list);

		for (size_t j = 0; narrow.mtu && j < doctor->attachment_count; j++)
			if (doctor->attachments[j].life == CNI_NAMESPACE_LIVES &&
			    !strcmp(doctor->attachments[j].cached->network, network->name))
				compare_mtu(doctor, &doctor->attachments[j], &narrow);
	}
	cni_main_routes_clear(&routes);
}
