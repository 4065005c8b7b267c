/* SPDX-License-Identifier: Apache-2.0 */
/* A server's datagram, the message in it, and its terms. A message that is taken is the same after it was
 * written again, and terms that are taken name an address that a container may have. */
#include "fuzz.h"

#include "cleanup.h"
#include "dhcp_datagram.h"
#include "dhcp_terms.h"

#include <stdlib.h>
#include <string.h>

static void check_options(const struct dhcp_options *one, const struct dhcp_options *other)
{
	for (unsigned int code = 1; code < 255; code++) {
		size_t first;
		size_t second;
		const uint8_t *a = dhcp_options_get(one, (uint8_t)code, &first);
		const uint8_t *b = dhcp_options_get(other, (uint8_t)code, &second);

		if (!a != !b || (a && (first != second || memcmp(a, b, first) != 0)))
			abort();
	}
}

/* Option 52 belongs to the message that was read, not to its content. */
static void check_again(const struct dhcp_packet *packet)
{
	uint8_t bytes[DHCP_PACKET_MAX];
	struct dhcp_packet without = *packet;
	struct dhcp_packet again;
	size_t size;

	without.options.place[52] = 0;
	size = dhcp_packet_encode(&without, bytes);
	if (!size)
		return;
	if (dhcp_packet_decode(bytes, size, &again))
		abort();
	check_options(&without.options, &again.options);
	if (again.xid != packet->xid || memcmp(again.chaddr, packet->chaddr, CNI_MAC_SIZE) != 0)
		abort();
}

static void check_terms(const struct dhcp_packet *packet)
{
	struct dhcp_terms terms;
	struct dhcp_terms again = {.mtu = 0};
	const char *fault = dhcp_terms_read(packet, 0, &terms);

	if (fault) {
		if (!dhcp_terms_are_empty(&terms))
			abort();
		return;
	}
	if (!terms.lease_seconds || terms.renewal_seconds > terms.rebinding_seconds ||
	    terms.rebinding_seconds > terms.lease_seconds)
		abort();
	freeing char *text = dhcp_terms_encode(&terms);

	if (!dhcp_terms_decode(text, &again) || !dhcp_terms_equal(&terms, &again))
		abort();
	dhcp_terms_clear(&terms);
	dhcp_terms_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dhcp_packet packet;
	size_t inner = 0;
	const uint8_t *message = dhcp_datagram_open(data, size, true, &inner);

	if (message && (message < data || message + inner > data + size))
		abort();
	if (message)
		(void)dhcp_packet_decode(message, inner, &packet);
	if (dhcp_packet_decode(data, size, &packet))
		return 0;
	check_again(&packet);
	check_terms(&packet);
	return 0;
}
