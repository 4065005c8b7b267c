/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_release.h"

#include "cleanup.h"
#include "dhcp6_link.h"
#include "dhcp6_message.h"
#include "dhcp6_transport.h"
#include "dhcp_release.h"

#include <stdio.h>

static int send_from_container(const struct dhcp_place *place, const struct dhcp6_packet *packet,
			       struct cni_error *err)
{
	const struct dhcp_way way = {.index = place->index};
	closing int netns = -1;
	closing int fd = -1;
	struct cni_ip local;

	if (dhcp_release_open(place, &netns, err) < 0 ||
	    dhcp6_link_local(netns, place, &local, err) < 0 ||
	    dhcp6_transport_open(netns, place->index, &fd, err) < 0)
		return -1;
	return dhcp6_transport_send(fd, &way, &local, packet, err);
}

/* A frame in the name of the container, whom servers know by its DUID alone. */
static int send_frame(const struct dhcp_place *place, const struct dhcp_way *way,
		      const struct dhcp6_packet *packet, struct cni_error *err)
{
	struct cni_ip from = dhcp6_link_local_of(place->mac);
	closing int fd = -1;

	if (dhcp6_transport_open(-1, way->index, &fd, err) < 0)
		return -1;
	return dhcp6_transport_send(fd, way, &from, packet, err);
}

/* The host's stack reaches servers on this host too, but needs IPv6 on the link, and tags no frame. */
static int send_from_host(const struct dhcp_place *place, const struct dhcp6_packet *packet,
			  struct cni_error *err)
{
	const struct dhcp_way way = {place->parent_index, place->vlan};
	closing_nl struct cni_nl nl = {.socket = NULL};
	struct cni_error ignored;

	if (dhcp_release_find_parent(place, &nl, err) < 0)
		return -1;
	if (!place->vlan &&
	    dhcp6_transport_send_local(place->parent, place->parent_index, packet, &ignored) == 0)
		return 0;
	return send_frame(place, &way, packet, err);
}

/* host-device has moved the container's interface back to the host, under its MAC. */
static int send_from_device(const struct dhcp_place *place, const struct dhcp6_packet *packet,
			    struct cni_error *err)
{
	int index = place->may_return ? dhcp_place_host_link(place->mac) : 0;

	if (index <= 0)
		return cni_fail(err, CNI_EKERNEL,
				"the interface is gone, and no link of the host is known that "
				"leads to its network");
	return send_frame(place, &(struct dhcp_way){.index = index}, packet, err);
}

int dhcp6_release(const struct dhcp_record *record, char ret_through[64], struct cni_error *err)
{
	const struct dhcp_place *place = &record->place;
	uint32_t xid = (uint32_t)record->six.expires ^ 0x5bd1e995;
	struct dhcp6_packet packet;

	snprintf(ret_through, 64, "no message: no server has given it");
	if (!dhcp6_message_release(&record->six, xid, &packet))
		return 0;
	if (send_from_container(place, &packet, err) == 0) {
		snprintf(ret_through, 64, "'%s' of the container", place->ifname);
		return 0;
	}
	if (!*place->parent) {
		snprintf(ret_through, 64, "the device that is on the host again");
		return send_from_device(place, &packet, err);
	}
	snprintf(ret_through, 64, "'%s' of the host", place->parent);
	return send_from_host(place, &packet, err);
}
