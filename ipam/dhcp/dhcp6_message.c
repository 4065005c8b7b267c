/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_message.h"

#include <string.h>

#define IA_SIZE	     12
#define ADDRESS_SIZE 28 /* an IA address option, with its header */

/* T1, T2 and lifetimes are zero: the server chooses (RFC 8415, sections 21.4 and 21.6). */
static void put_association(struct dhcp6_packet *packet, uint32_t iaid, const struct cni_ip *ip)
{
	uint8_t value[IA_SIZE + ADDRESS_SIZE] = {0};

	dhcp6_write_u32(value, iaid);
	if (ip) {
		dhcp6_write_u16(value + IA_SIZE, DHCP6_IA_ADDRESS);
		dhcp6_write_u16(value + IA_SIZE + 2, ADDRESS_SIZE - 4);
		memcpy(value + IA_SIZE + 4, ip->bytes, 16);
	}
	dhcp6_put(packet, DHCP6_IA_NA, value, ip ? sizeof(value) : IA_SIZE);
}

static void put_requested(struct dhcp6_packet *packet, enum dhcp6_type type)
{
	static const uint16_t codes[] = {DHCP6_NAMESERVERS, DHCP6_SEARCH, DHCP6_SOL_MAX_RT};
	static const uint16_t informed[] = {DHCP6_NAMESERVERS, DHCP6_SEARCH, DHCP6_REFRESH_TIME,
					    DHCP6_INF_MAX_RT};
	bool informs = type == DHCP6_INFORMATION_REQUEST;
	const uint16_t *list = informs ? informed : codes;
	size_t count = informs ? 4 : 3;
	uint8_t value[8];

	for (size_t i = 0; i < count; i++)
		dhcp6_write_u16(value + 2 * i, list[i]);
	dhcp6_put(packet, DHCP6_REQUESTED, value, 2 * count);
}

static void begin(const struct dhcp6_lease *lease, enum dhcp6_type type, uint32_t xid,
		  uint64_t elapsed, struct dhcp6_packet *packet)
{
	const struct dhcp6_duid *duid = &lease->identity.duid;
	uint64_t hundredths = elapsed / 10;
	uint8_t value[2];

	memset(packet, 0, sizeof(*packet));
	packet->type = (uint8_t)type;
	packet->xid = xid & DHCP6_XID_MAX;
	dhcp6_write_u16(value, hundredths < UINT16_MAX ? (uint16_t)hundredths : UINT16_MAX);
	dhcp6_put(packet, DHCP6_CLIENT_ID, duid->bytes, duid->size);
	dhcp6_put(packet, DHCP6_ELAPSED, value, sizeof(value));
}

static void put_server(struct dhcp6_packet *packet, const struct dhcp6_answer *of)
{
	dhcp6_put(packet, DHCP6_SERVER_ID, of->server.bytes, of->server.size);
}

void dhcp6_message_make(const struct dhcp6_lease *lease, enum dhcp6_type type, uint64_t now,
			struct dhcp6_packet *ret_packet)
{
	uint32_t iaid = lease->identity.iaid;

	begin(lease, type, lease->xid, now - lease->begun, ret_packet);
	switch (type) {
	case DHCP6_SOLICIT:
		dhcp6_put(ret_packet, DHCP6_RAPID_COMMIT, NULL, 0);
		put_association(ret_packet, iaid, NULL);
		break;
	case DHCP6_REQUEST:
	case DHCP6_DECLINE:
		put_server(ret_packet, &lease->offer);
		put_association(ret_packet, iaid, &lease->offer.ip);
		break;
	case DHCP6_RENEW:
		put_server(ret_packet, &lease->binding);
		put_association(ret_packet, iaid, &lease->binding.ip);
		break;
	case DHCP6_REBIND:
	case DHCP6_CONFIRM:
		put_association(ret_packet, iaid, &lease->binding.ip);
		break;
	default:
		break;
	}
	if (type != DHCP6_DECLINE && type != DHCP6_CONFIRM)
		put_requested(ret_packet, type);
}

bool dhcp6_message_release(const struct dhcp6_lease *lease, uint32_t xid,
			   struct dhcp6_packet *ret_packet)
{
	if (lease->mode != DHCP6_STATEFUL || !cni_ip_is_set(&lease->binding.ip))
		return false;
	begin(lease, DHCP6_RELEASE, xid, 0, ret_packet);
	put_server(ret_packet, &lease->binding);
	put_association(ret_packet, lease->identity.iaid, &lease->binding.ip);
	return true;
}
