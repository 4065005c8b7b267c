/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams of servers, routers and neighbours, and a lease of IPv6 that receives them. A message that is taken is the
 * same after it was written again; whatever a lease receives, it holds addresses that a host may have, and its record
 * can be read again. */
#include "fuzz.h"

#include "cleanup.h"
#include "dhcp6_datagram.h"
#include "dhcp6_exchange.h"
#include "dhcp6_terms.h"
#include "dhcp_record.h"

#include <string.h>

#define EVENTS_MAX 64

static const struct cni_ip routers[] = {
	{.family = AF_INET6, .bytes = {0xfe, 0x80, [15] = 1}},
	{.family = AF_INET6, .bytes = {0xfe, 0x80, [15] = 2}},
};

/* ---- one message ---- */

static void check_packet(const uint8_t *data, size_t size)
{
	uint8_t bytes[DHCP6_PACKET_MAX];
	struct dhcp6_packet packet;

	if (dhcp6_packet_decode(data, size, &packet))
		return;
	if (dhcp6_packet_encode(&packet, bytes) != size || memcmp(bytes, data, size) != 0)
		abort();
}

static void check_answer(const struct dhcp6_packet *packet)
{
	struct dhcp6_answer answer;
	const char *fault = dhcp6_answer_read(packet, 7, NULL, &answer);

	if (cni_ip_is_set(&answer.ip) &&
	    (fault || dhcp6_fault_of_host(&answer.ip) || answer.renewal > answer.rebinding ||
	     answer.rebinding > answer.valid || (answer.valid && !answer.renewal)))
		abort();
	dhcp6_answer_clear(&answer);
}

static void check_datagram(const uint8_t *data, size_t size)
{
	struct dhcp6_inner inner;

	if (dhcp6_datagram_open(data, size, true, &inner) &&
	    (inner.bytes < data || inner.bytes + inner.size > data + size))
		abort();
}

/* ---- a lease ---- */

static void check_lease(const struct dhcp6_lease *lease)
{
	struct dhcp_record record = {.family = AF_INET6, .six = *lease};
	clearing_dhcp_record struct dhcp_record again = {.priority = 0};
	freeing char *text = NULL;

	for (size_t i = 0; i < lease->result.ip_count; i++)
		if (dhcp6_fault_of_host(&lease->result.ips[i].address.ip))
			abort();
	if (lease->router.prefix_count > DHCP6_PREFIXES_MAX)
		abort();
	record.place = (struct dhcp_place){.netns = (char *)"/run/x", .ifname = "eth0"};
	text = dhcp_record_encode(&record);
	if (!dhcp_record_decode(text, &again) ||
	    !dhcp6_terms_equal(&lease->result, &again.six.result))
		abort();
}

/* The bytes are options: header, client and server are right, to come further. */
static struct dhcp6_step give_packet(struct dhcp6_lease *lease, uint8_t kind, const uint8_t *data,
				     size_t size, uint64_t now)
{
	uint8_t type = kind & 1 ? DHCP6_REPLY : DHCP6_ADVERTISE;
	struct dhcp6_packet packet = {.type = type, .xid = lease->xid};

	dhcp6_put(&packet, DHCP6_CLIENT_ID, lease->identity.duid.bytes, lease->identity.duid.size);
	if (kind & 2)
		dhcp6_put(&packet, DHCP6_SERVER_ID, "\1\2\3", 3);
	if (packet.size + size > sizeof(packet.options))
		return (struct dhcp6_step){.send = 0};
	memcpy(packet.options + packet.size, data, size);
	packet.size += size;
	check_answer(&packet);
	return dhcp6_lease_receive(lease, &packet, now, (uint32_t)now);
}

static struct dhcp6_step give_advert(struct dhcp6_lease *lease, uint8_t kind, const uint8_t *data,
				     size_t size, uint64_t now)
{
	struct dhcp6_advert advert;
	struct dhcp6_step step = {.send = 0};

	if (!dhcp6_advert_read(data, size, &advert))
		step = dhcp6_lease_advertised(lease, &routers[kind & 1], &advert, now,
					      (uint32_t)now);
	dhcp6_advert_clear(&advert);
	return step;
}

static struct dhcp6_step give_probe(struct dhcp6_lease *lease, uint8_t kind, uint64_t now)
{
	struct cni_result candidates;
	struct dhcp6_step step;

	dhcp6_lease_candidates(lease, now, &candidates);
	step = dhcp6_lease_probed(
		lease, kind & 1 && candidates.ip_count ? &candidates.ips[0].address.ip : NULL, now,
		(uint32_t)now);
	cni_result_clear(&candidates);
	return step;
}

static struct dhcp6_step give(struct dhcp6_lease *lease, uint8_t kind, const uint8_t *data,
			      size_t size, uint64_t *now)
{
	switch (kind >> 5) {
	case 0:
	case 1:
		return give_packet(lease, kind, data, size, *now);
	case 2:
	case 3:
		return give_advert(lease, kind, data, size, *now);
	case 4:
		return give_probe(lease, kind, *now);
	case 5:
		return dhcp6_lease_confirm(lease, *now, kind);
	default:
		if (dhcp6_lease_wakes(lease) != DHCP_NEVER)
			*now = dhcp6_lease_wakes(lease) > *now ? dhcp6_lease_wakes(lease) : *now;
		return dhcp6_lease_wake(lease, *now, (uint32_t)*now);
	}
}

/* Events: what happens, the size of its bytes, and these. */
static void live(const uint8_t *data, size_t size)
{
	struct dhcp6_lease lease = {
		.pace = {.timeout = 10000, .resend_max = 62000, .probes = size & 1},
		.identity = {.duid = {4, "\1\2\3\4"}, .iaid = 7, .secret = "0123456789abcde"},
	};
	uint64_t now = 1000;

	dhcp6_lease_begin(&lease, now, 1);
	for (int i = 0; i < EVENTS_MAX && size >= 3; i++) {
		size_t length = (size_t)data[1] << 8 | data[2];
		uint8_t kind = data[0];
		struct dhcp6_step step;

		data += 3;
		size -= 3;
		length = length < size ? length : size;
		step = give(&lease, kind, data, length, &now);
		if (step.news >= DHCP_GAINED && step.news <= DHCP_CHANGED && !lease.result.ip_count)
			abort();
		if (step.news == DHCP_LOST && (lease.result.ip_count || !step.why))
			abort();
		check_lease(&lease);
		data += length;
		size -= length;
	}
	dhcp6_lease_clear(&lease);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_packet(data, size);
	check_datagram(data, size);
	live(data, size);
	return 0;
}
