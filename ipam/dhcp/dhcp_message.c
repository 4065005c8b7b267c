/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_message.h"

#include "dhcp_options.h"

#include <string.h>

static const uint8_t all_servers[4] = {255, 255, 255, 255};

/* RELEASE and DECLINE have no other options than the client identifier. */
static bool put_client_id(struct dhcp_options *options, const struct dhcp_options *from)
{
	size_t size;
	const uint8_t *id = dhcp_options_get(from, DHCP_OPTION_CLIENT_ID, &size);

	return !id || dhcp_options_put(options, DHCP_OPTION_CLIENT_ID, id, size);
}

static bool begin(const struct dhcp_identity *identity, enum dhcp_type type, uint32_t xid,
		  struct dhcp_message *message)
{
	struct dhcp_packet *packet = &message->packet;

	memset(message, 0, sizeof(*message));
	packet->xid = xid;
	memcpy(packet->chaddr, identity->mac, CNI_MAC_SIZE);
	memcpy(message->to, all_servers, 4);
	if (!dhcp_options_put_u8(&packet->options, DHCP_OPTION_MESSAGE_TYPE, (uint8_t)type))
		return false;
	if (type == DHCP_DECLINE || type == DHCP_RELEASE)
		return put_client_id(&packet->options, &identity->options);
	packet->broadcast = identity->broadcast;
	return dhcp_options_put_all(&packet->options, &identity->options) &&
	       dhcp_options_put_u16(&packet->options, DHCP_OPTION_MESSAGE_SIZE, DHCP_PACKET_MAX);
}

static bool put_requested(struct dhcp_message *message, const struct dhcp_terms *terms)
{
	return dhcp_options_put(&message->packet.options, DHCP_OPTION_REQUESTED_ADDRESS,
				dhcp_terms_address(terms)->ip.bytes, 4);
}

static bool put_server(struct dhcp_message *message, const struct dhcp_terms *terms)
{
	return dhcp_options_put(&message->packet.options, DHCP_OPTION_SERVER, terms->server, 4);
}

static void set_from(struct dhcp_message *message, const struct dhcp_terms *terms)
{
	memcpy(message->packet.ciaddr, dhcp_terms_address(terms)->ip.bytes, 4);
	memcpy(message->from, dhcp_terms_address(terms)->ip.bytes, 4);
}

static uint16_t seconds_since(uint64_t begun, uint64_t now)
{
	uint64_t seconds = (now - begun) / 1000;

	return seconds < UINT16_MAX ? (uint16_t)seconds : UINT16_MAX;
}

bool dhcp_message_make(const struct dhcp_identity *identity, const struct dhcp_lease *lease,
		       enum dhcp_send send, uint64_t now, struct dhcp_message *ret_message)
{
	enum dhcp_type type = send == DHCP_SEND_DISCOVER  ? DHCP_DISCOVER
			      : send == DHCP_SEND_DECLINE ? DHCP_DECLINE
							  : DHCP_REQUEST;

	if (!begin(identity, type, lease->xid, ret_message))
		return false;
	ret_message->packet.secs = seconds_since(lease->begun, now);
	switch (send) {
	case DHCP_SEND_SELECT:
	case DHCP_SEND_DECLINE:
		return put_requested(ret_message, &lease->offer) &&
		       put_server(ret_message, &lease->offer);
	case DHCP_SEND_REBOOT:
		return put_requested(ret_message, &lease->terms);
	case DHCP_SEND_RENEW:
		set_from(ret_message, &lease->terms);
		memcpy(ret_message->to, lease->terms.server, 4);
		return true;
	case DHCP_SEND_REBIND:
		set_from(ret_message, &lease->terms);
		return true;
	case DHCP_SEND_DISCOVER:
	case DHCP_SEND_NOTHING:
		break;
	}
	return true;
}

bool dhcp_message_release(const struct dhcp_identity *identity, const struct dhcp_terms *terms,
			  uint32_t xid, struct dhcp_message *ret_message)
{
	if (!begin(identity, DHCP_RELEASE, xid, ret_message))
		return false;
	set_from(ret_message, terms);
	memcpy(ret_message->to, terms->server, 4);
	return put_server(ret_message, terms);
}
