/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_exchange.h"

/* RFC 8415, section 7.6, in milliseconds; a count or a duration of 0 is unlimited. The standard sends
 * INFORMATION-REQUESTs for ever: a lease goes on without the answer, and asks again later. The delays before the first
 * message (SOL_MAX_DELAY) are left out, because a container waits. */
struct timing {
	enum dhcp6_type type;
	uint32_t initial;
	uint32_t max;
	uint32_t count;
	uint32_t duration;
};

static const struct timing timings[] = {
	[DHCP6_SELECTING] = {DHCP6_SOLICIT, 1000, 3600000, 0, 0},
	[DHCP6_REQUESTING] = {DHCP6_REQUEST, 1000, 30000, 10, 0},
	[DHCP6_INFORMING] = {DHCP6_INFORMATION_REQUEST, 1000, 3600000, 3, 0},
	[DHCP6_RENEWING] = {DHCP6_RENEW, 10000, 600000, 0, 0},
	[DHCP6_REBINDING] = {DHCP6_REBIND, 10000, 600000, 0, 0},
	[DHCP6_CONFIRMING] = {DHCP6_CONFIRM, 1000, 4000, 0, 10000},
	[DHCP6_DECLINING] = {DHCP6_DECLINE, 1000, UINT32_MAX, 4, 0},
};

/* The flags of the daemon are stricter where they are. */
static uint32_t longest_pause(const struct dhcp6_lease *lease)
{
	uint32_t max = timings[lease->state].max;
	uint32_t limit = 0;

	if (lease->state == DHCP6_SELECTING && lease->sol_max)
		max = lease->sol_max;
	if (lease->state == DHCP6_SELECTING || lease->state == DHCP6_INFORMING)
		limit = lease->pace.resend_max;
	if (lease->state == DHCP6_REQUESTING)
		limit = lease->pace.timeout;
	return limit && limit < max ? limit : max;
}

/* A tenth more or less; the first pause of a SOLICIT is never shorter, because servers answer during it. */
static uint32_t randomized(const struct dhcp6_lease *lease, uint32_t chance)
{
	uint32_t tenth = lease->pause / 10;

	if (!tenth)
		return lease->pause;
	if (lease->state == DHCP6_SELECTING && lease->attempts == 1)
		return lease->pause + chance % tenth;
	return lease->pause - tenth + chance % (2 * tenth);
}

struct dhcp6_step dhcp6_exchange_transmit(struct dhcp6_lease *lease, uint64_t now, uint32_t chance)
{
	const struct timing *timing = &timings[lease->state];
	uint32_t longest = longest_pause(lease);

	if (!lease->attempts++)
		lease->pause = timing->initial;
	else
		lease->pause = lease->pause > longest / 2 ? longest : lease->pause * 2;
	if (lease->pause > longest)
		lease->pause = longest;
	lease->asked = now;
	lease->wakes = now + randomized(lease, chance);
	return (struct dhcp6_step){.send = timing->type};
}

struct dhcp6_step dhcp6_exchange_enter(struct dhcp6_lease *lease, enum dhcp6_state state,
				       uint64_t now, uint32_t chance)
{
	if (lease->state != state) {
		lease->state = state;
		lease->begun = now;
		lease->xid = chance & DHCP6_XID_MAX;
		lease->attempts = 0;
	}
	return dhcp6_exchange_transmit(lease, now, chance);
}

bool dhcp6_exchange_is_over(const struct dhcp6_lease *lease, uint64_t now)
{
	const struct timing *timing = &timings[lease->state];

	return (timing->count && lease->attempts >= timing->count) ||
	       (timing->duration && now - lease->begun >= timing->duration);
}
