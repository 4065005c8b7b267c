/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_release.h"

#include "cleanup.h"
#include "dhcp6_release.h"
#include "dhcp_routes.h"
#include "dhcp_transport.h"
#include "link.h"
#include "route.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

static int send_on(int netns, const struct dhcp_way *way, const struct dhcp_record *record,
		   const struct dhcp_message *message, struct cni_error *err)
{
	closing int fd = -1;

	if (dhcp_transport_open(netns, way->index, &fd, err) < 0)
		return -1;
	return dhcp_transport_send(fd, way, message,
				   record->has_server_mac ? record->server_mac : NULL, err);
}

static bool is_interface(int netns, const struct dhcp_place *place)
{
	closing_nl struct cni_nl nl = {.socket = NULL};
	struct cni_error ignored;
	struct cni_link link;

	return cni_nl_open(&nl, NETLINK_ROUTE, netns, &ignored) == 0 &&
	       cni_link_get_by_index(&nl, place->index, &link, &ignored) == 0 &&
	       (link.flags & IFF_UP) && link.has_mac && !memcmp(link.mac, place->mac, CNI_MAC_SIZE);
}

int dhcp_release_open(const struct dhcp_place *place, int *ret_netns, struct cni_error *err)
{
	closing int netns = -1;

	if (dhcp_place_open(place, &netns, err) < 0)
		return -1;
	if (!is_interface(netns, place))
		return cni_fail(err, CNI_EKERNEL, "interface '%s' is gone", place->ifname);
	*ret_netns = take_fd(&netns);
	return 0;
}

int dhcp_release_find_parent(const struct dhcp_place *place, struct cni_nl *nl,
			     struct cni_error *err)
{
	struct cni_link link;

	if (!*place->parent)
		return cni_fail(err, CNI_EKERNEL,
				"the interface is gone, and no link of the host is known that "
				"leads to its network");
	if (cni_nl_open(nl, NETLINK_ROUTE, -1, err) < 0 ||
	    cni_link_get_by_index(nl, place->parent_index, &link, err) < 0)
		return cni_fail_within(err, "'%s' of the host", place->parent);
	if (strcmp(link.name, place->parent) != 0)
		return cni_fail(err, CNI_EKERNEL, "another link has the index of '%s' of the host",
				place->parent);
	return 0;
}

static int send_from_container(const struct dhcp_record *record, const struct dhcp_message *message,
			       struct cni_error *err)
{
	const struct dhcp_way way = {.index = record->place.index};
	closing int netns = -1;

	if (dhcp_release_open(&record->place, &netns, err) < 0)
		return -1;
	return send_on(netns, &way, record, message, err);
}

static int send_from_host(const struct dhcp_record *record, const struct dhcp_message *message,
			  struct cni_error *err)
{
	const struct dhcp_place *place = &record->place;
	const struct cni_ip server = dhcp_ip(message->to);
	const struct dhcp_way parent = {place->parent_index, place->vlan};
	struct cni_route_way way = {.index = 0};
	closing_nl struct cni_nl nl = {.socket = NULL};
	struct cni_error ignored;

	if (dhcp_release_find_parent(place, &nl, err) < 0)
		return -1;
	if (!place->vlan && cni_route_get(&nl, &server, &way, &ignored) == 0 && way.is_local)
		return dhcp_transport_send_local(place->parent, message, err);
	return send_on(-1, &parent, record, message, err);
}

/* ---- a device that is home again ---- */

/* host-device has moved the container's interface back to the host, under its MAC. */
static int send_from_device(const struct dhcp_record *record, const struct dhcp_message *message,
			    struct cni_error *err)
{
	int index = record->place.may_return ? dhcp_place_host_link(record->place.mac) : 0;

	if (index <= 0)
		return cni_fail(err, CNI_EKERNEL,
				"the interface is gone, and no link of the host is known that "
				"leads to its network");
	return send_on(-1, &(struct dhcp_way){.index = index}, record, message, err);
}

/* ---- all ways ---- */

int dhcp_release(const struct dhcp_record *record, char ret_through[64], struct cni_error *err)
{
	static const uint8_t none[4];
	struct dhcp_message message;

	snprintf(ret_through, 64, "none");
	if (dhcp_record_is_six(record))
		return dhcp6_release(record, ret_through, err);
	if (dhcp_terms_are_empty(&record->lease.terms))
		return 0;
	if (!memcmp(record->lease.terms.server, none, sizeof(none)))
		return cni_fail(err, CNI_EKERNEL, "its server is not known yet");
	if (!dhcp_message_release(&record->identity, &record->lease.terms,
				  (uint32_t)record->lease.asked ^ 0x5bd1e995, &message))
		return cni_fail(err, CNI_EKERNEL, "the client identifier does not fit");
	if (send_from_container(record, &message, err) == 0) {
		snprintf(ret_through, 64, "'%s' of the container", record->place.ifname);
		return 0;
	}
	if (!*record->place.parent) {
		snprintf(ret_through, 64, "the device that is on the host again");
		return send_from_device(record, &message, err);
	}
	snprintf(ret_through, 64, "'%s' of the host", record->place.parent);
	return send_from_host(record, &message, err);
}
