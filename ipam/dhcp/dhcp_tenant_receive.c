/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_tenant_receive.h"

#include "dhcp_options.h"
#include "dhcp_transport.h"

#include <string.h>

/* An answer to a REQUEST counts if the server that was asked sends it, by option 54. A renewal may be granted by
 * another one, which then has the lease. */
static bool is_of_another(const struct dhcp_lease *lease, const struct dhcp_packet *packet)
{
	bool refuses = dhcp_packet_type(packet) == DHCP_NAK;
	const struct dhcp_terms *asked = NULL;
	size_t size;
	const uint8_t *server = dhcp_options_get(&packet->options, DHCP_OPTION_SERVER, &size);

	if (lease->state == DHCP_REQUESTING && (refuses || dhcp_packet_type(packet) == DHCP_ACK))
		asked = &lease->offer;
	else if (lease->state == DHCP_RENEWING && refuses)
		asked = &lease->terms;
	return asked && (!server || size != 4 || memcmp(server, asked->server, 4) != 0);
}

static const char *refuse(const struct dhcp_tenant *tenant, const struct dhcp_packet *packet)
{
	const struct dhcp_lease *lease = &tenant->record.lease;

	if (!packet->is_reply)
		return "it is no reply";
	if (packet->xid != lease->xid)
		return "it answers another request (xid)";
	if (memcmp(packet->chaddr, tenant->record.place.mac, CNI_MAC_SIZE) != 0)
		return "it is for another interface (chaddr)";
	if (is_of_another(lease, packet))
		return "a server answers that was not asked";
	return NULL;
}

static struct dhcp_step take(struct dhcp_tenant *tenant, const struct dhcp_packet *packet,
			     const uint8_t from[CNI_MAC_SIZE])
{
	struct dhcp_record *record = &tenant->record;
	enum dhcp_type type = (enum dhcp_type)dhcp_packet_type(packet);
	struct dhcp_terms terms = {.mtu = 0};
	const char *fault = NULL;
	struct dhcp_step step;

	if (type == DHCP_OFFER || type == DHCP_ACK)
		fault = dhcp_terms_read(packet, record->priority, &terms);
	if (type == DHCP_ACK && !fault) {
		memcpy(record->server_mac, from, CNI_MAC_SIZE);
		record->has_server_mac = true;
	}
	step = dhcp_lease_receive(&record->lease, type, fault, &terms, dhcp_now(), dhcp_chance());
	dhcp_terms_clear(&terms);
	return step;
}

bool dhcp_tenant_receive(struct dhcp_tenant *tenant, struct dhcp_step *ret_step)
{
	uint8_t from[CNI_MAC_SIZE];
	struct dhcp_packet packet;
	const char *fault = NULL;
	int got = dhcp_transport_receive(tenant->packets.fd, &packet, from, &fault);

	if (!got)
		return false;
	if (got > 0)
		fault = refuse(tenant, &packet);
	*ret_step = fault ? (struct dhcp_step){.why = fault} : take(tenant, &packet, from);
	return true;
}
