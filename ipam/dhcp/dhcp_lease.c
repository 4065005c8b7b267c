/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_lease.h"

/* The first pause, which doubles with each message. RFC 2131, section 4.1, begins with four seconds: a container
 * that starts beside its switch's port waits for these. */
#define FIRST_PAUSE 1000
/* After a refusal or a conflict (RFC 2131, section 3.1, step 5: ten seconds after a DECLINE). */
#define PAUSE_AFTER_NAK	    1000
#define PAUSE_AFTER_DECLINE 10000
/* Messages for one address before another one is asked for. */
#define REQUESTS_MAX 4
/* RFC 2131, section 4.4.5: half of the rest, at least a minute; an eighth of the lease if it is short. */
#define RENEWAL_PAUSE_MIN 60000

const char *dhcp_state_text(enum dhcp_state state)
{
	static const char *const texts[] = {"IDLE",  "SELECTING", "REQUESTING", "PROBING",
					    "BOUND", "RENEWING",  "REBINDING",	"REBOOTING"};

	return texts[state];
}

void dhcp_lease_clear(struct dhcp_lease *lease)
{
	dhcp_terms_clear(&lease->terms);
	dhcp_terms_clear(&lease->offer);
}

static const struct dhcp_step nothing = {.send = DHCP_SEND_NOTHING};

/* ---- time ---- */

static uint32_t at_most(uint32_t pause, uint32_t limit)
{
	return limit && pause > limit ? limit : pause;
}

/* A tenth more or less, so that containers that start together do not ask together. */
static uint32_t jitter(uint32_t pause, uint32_t chance)
{
	uint32_t span = pause / 5;

	return span ? pause - pause / 10 + chance % span : pause;
}

static void wake_after(struct dhcp_lease *lease, uint64_t now, uint32_t pause)
{
	lease->wakes = now + pause;
}

/* The pause after message number `attempts`, from 1. */
static uint32_t pause_of(const struct dhcp_lease *lease, uint32_t chance)
{
	uint32_t shift = lease->attempts > 1 ? lease->attempts - 1 : 0;
	uint32_t pause = shift > 10 ? UINT32_MAX : (uint32_t)FIRST_PAUSE << shift;

	return jitter(at_most(pause, lease->pace.resend_max), chance);
}

static uint32_t request_pause(const struct dhcp_lease *lease, uint32_t chance)
{
	return at_most(pause_of(lease, chance), lease->pace.timeout);
}

static void set_times(struct dhcp_lease *lease)
{
	const struct dhcp_terms *terms = &lease->terms;

	lease->renews = lease->rebinds = lease->expires = DHCP_NEVER;
	if (terms->lease_seconds == DHCP_FOREVER)
		return;
	/* A lease of one second has zeroes, which would have it renewed without a pause. */
	lease->renews = lease->asked + (terms->renewal_seconds ? 1000ULL * terms->renewal_seconds
							       : 500ULL * terms->lease_seconds);
	lease->rebinds =
		lease->asked + (terms->rebinding_seconds ? 1000ULL * terms->rebinding_seconds
							 : 875ULL * terms->lease_seconds);
	lease->expires = lease->asked + 1000ULL * terms->lease_seconds;
}

/* Doubles with each refusal: a server that offers and then refuses is not asked without end. */
static uint32_t refusal_pause(struct dhcp_lease *lease, uint32_t first, uint32_t chance)
{
	uint32_t shift = lease->refusals < 10 ? lease->refusals : 10;
	uint32_t pause = at_most(first << shift, lease->pace.resend_max);

	lease->refusals++;
	return jitter(pause, chance);
}

/* ---- without an address ---- */

static struct dhcp_step discover(struct dhcp_lease *lease, uint64_t now, uint32_t chance)
{
	lease->state = DHCP_SELECTING;
	lease->attempts++;
	wake_after(lease, now, pause_of(lease, chance));
	return (struct dhcp_step){.send = DHCP_SEND_DISCOVER};
}

static void begin_exchange(struct dhcp_lease *lease, uint64_t now, uint32_t chance)
{
	lease->begun = now;
	lease->xid = chance ? chance : 1;
	lease->attempts = 0;
	dhcp_terms_clear(&lease->offer);
}

struct dhcp_step dhcp_lease_begin(struct dhcp_lease *lease, uint64_t now, uint32_t chance)
{
	begin_exchange(lease, now, chance);
	return discover(lease, now, chance);
}

/* Begins anew after a pause, in which nothing is expected. */
static struct dhcp_step lose(struct dhcp_lease *lease, uint64_t now, uint32_t chance,
			     uint32_t pause, const char *why)
{
	bool had = !dhcp_terms_are_empty(&lease->terms);

	begin_exchange(lease, now, chance);
	dhcp_terms_clear(&lease->terms);
	lease->state = DHCP_SELECTING;
	wake_after(lease, now, pause);
	return (struct dhcp_step){.news = had ? DHCP_LOST : DHCP_NO_NEWS, .why = why};
}

/* ---- asking for an address ---- */

static struct dhcp_step ask(struct dhcp_lease *lease, uint64_t now, uint32_t chance)
{
	bool reboots = lease->state == DHCP_REBOOTING;

	if (lease->attempts++ == 0)
		lease->asked = now;
	wake_after(lease, now, request_pause(lease, chance));
	return (struct dhcp_step){.send = reboots ? DHCP_SEND_REBOOT : DHCP_SEND_SELECT};
}

/* A new lease, or one more time of the same. */
static struct dhcp_step bind_to(struct dhcp_lease *lease, struct dhcp_terms *terms)
{
	struct dhcp_step step = {.news = DHCP_GAINED};

	if (!dhcp_terms_are_empty(&lease->terms))
		step.news = dhcp_terms_equal(&lease->terms, terms) ? DHCP_RENEWED : DHCP_CHANGED;
	dhcp_terms_clear(&lease->terms);
	lease->terms = *terms;
	*terms = (struct dhcp_terms){.mtu = 0};
	dhcp_terms_clear(&lease->offer);
	lease->refusals = 0;
	set_times(lease);
	lease->state = DHCP_BOUND;
	lease->wakes = lease->renews;
	return step;
}

static struct dhcp_step acknowledge(struct dhcp_lease *lease, struct dhcp_terms *terms)
{
	bool is_same = !dhcp_terms_are_empty(&lease->terms) &&
		       cni_ip_equal(&dhcp_terms_address(&lease->terms)->ip,
				    &dhcp_terms_address(terms)->ip);

	if (is_same || !lease->pace.probes)
		return bind_to(lease, terms);
	dhcp_terms_clear(&lease->offer);
	lease->offer = *terms;
	*terms = (struct dhcp_terms){.mtu = 0};
	lease->state = DHCP_PROBING;
	lease->wakes = DHCP_NEVER;
	return (struct dhcp_step){.news = DHCP_PROBE};
}

struct dhcp_step dhcp_lease_probed(struct dhcp_lease *lease, bool is_free, uint64_t now,
				   uint32_t chance)
{
	struct dhcp_step step;

	if (lease->state != DHCP_PROBING)
		return nothing;
	if (is_free)
		return bind_to(lease, &lease->offer);
	/* The message names the offer, so it stays until the next exchange. */
	lease->state = DHCP_SELECTING;
	lease->attempts = 0;
	wake_after(lease, now, refusal_pause(lease, PAUSE_AFTER_DECLINE, chance));
	step = (struct dhcp_step){.send = DHCP_SEND_DECLINE, .why = "another host has the address"};
	if (!dhcp_terms_are_empty(&lease->terms)) {
		step.news = DHCP_LOST;
		dhcp_terms_clear(&lease->terms);
	}
	return step;
}

/* ---- with an address ---- */

/* Half of the rest until `end`. */
static struct dhcp_step ask_again(struct dhcp_lease *lease, uint64_t now, uint64_t end,
				  enum dhcp_send send)
{
	uint64_t eighth = 1000ULL * lease->terms.lease_seconds / 8;
	uint64_t least = eighth < RENEWAL_PAUSE_MIN ? eighth : RENEWAL_PAUSE_MIN;
	uint64_t pause = (end - now) / 2;

	if (pause < least)
		pause = least;
	lease->attempts++;
	lease->asked = now;
	lease->wakes = now + pause < end ? now + pause : end;
	return (struct dhcp_step){.send = send};
}

static void enter(struct dhcp_lease *lease, enum dhcp_state state, uint64_t now, uint32_t chance)
{
	if (lease->state == state)
		return;
	begin_exchange(lease, now, chance);
	lease->state = state;
}

/* Does what is due by the times of the lease. */
static struct dhcp_step go_on(struct dhcp_lease *lease, uint64_t now, uint32_t chance)
{
	if (now >= lease->expires)
		return lose(lease, now, chance, 0, "the lease has expired");
	if (now >= lease->rebinds) {
		enter(lease, DHCP_REBINDING, now, chance);
		return ask_again(lease, now, lease->expires, DHCP_SEND_REBIND);
	}
	if (now >= lease->renews) {
		enter(lease, DHCP_RENEWING, now, chance);
		return ask_again(lease, now, lease->rebinds, DHCP_SEND_RENEW);
	}
	lease->state = DHCP_BOUND;
	lease->wakes = lease->renews;
	return nothing;
}

struct dhcp_step dhcp_lease_resume(struct dhcp_lease *lease, uint64_t now, uint32_t chance)
{
	if (dhcp_terms_are_empty(&lease->terms))
		return dhcp_lease_begin(lease, now, chance);
	return go_on(lease, now, chance);
}

struct dhcp_step dhcp_lease_reboot(struct dhcp_lease *lease, uint64_t now, uint32_t chance)
{
	if (dhcp_terms_are_empty(&lease->terms))
		return nothing;
	begin_exchange(lease, now, chance);
	lease->state = DHCP_REBOOTING;
	return ask(lease, now, chance);
}

/* No server answers: the address may be used until its end (RFC 2131, section 3.2, step 4). */
static struct dhcp_step give_up_reboot(struct dhcp_lease *lease, uint64_t now, uint32_t chance)
{
	lease->state = DHCP_IDLE;
	return go_on(lease, now, chance);
}

struct dhcp_step dhcp_lease_wake(struct dhcp_lease *lease, uint64_t now, uint32_t chance)
{
	if (now < lease->wakes)
		return nothing;
	switch (lease->state) {
	case DHCP_SELECTING:
		if (!lease->attempts)
			begin_exchange(lease, now, chance);
		return discover(lease, now, chance);
	case DHCP_REQUESTING:
		if (lease->attempts < REQUESTS_MAX)
			return ask(lease, now, chance);
		return dhcp_lease_begin(lease, now, chance);
	case DHCP_REBOOTING:
		if (now < lease->expires && lease->attempts < REQUESTS_MAX)
			return ask(lease, now, chance);
		return give_up_reboot(lease, now, chance);
	case DHCP_BOUND:
	case DHCP_RENEWING:
	case DHCP_REBINDING:
		return go_on(lease, now, chance);
	case DHCP_IDLE:
	case DHCP_PROBING:
		break;
	}
	return nothing;
}

/* ---- answers ---- */

static struct dhcp_step ignore(const char *why)
{
	return (struct dhcp_step){.why = why};
}

static struct dhcp_step take_offer(struct dhcp_lease *lease, struct dhcp_terms *terms, uint64_t now,
				   uint32_t chance)
{
	dhcp_terms_clear(&lease->offer);
	lease->offer = *terms;
	*terms = (struct dhcp_terms){.mtu = 0};
	lease->state = DHCP_REQUESTING;
	lease->attempts = 0;
	return ask(lease, now, chance);
}

static bool waits_for_ack(const struct dhcp_lease *lease)
{
	return lease->state == DHCP_REQUESTING || lease->state == DHCP_RENEWING ||
	       lease->state == DHCP_REBINDING || lease->state == DHCP_REBOOTING;
}

struct dhcp_step dhcp_lease_receive(struct dhcp_lease *lease, enum dhcp_type type,
				    const char *fault, struct dhcp_terms *terms, uint64_t now,
				    uint32_t chance)
{
	/* In the pause after a refusal nothing has been asked. */
	bool selects = lease->state == DHCP_SELECTING && lease->attempts;

	if (type == DHCP_NAK && waits_for_ack(lease))
		return lose(lease, now, chance, refusal_pause(lease, PAUSE_AFTER_NAK, chance),
			    "the server refuses the address");
	if (type == DHCP_OFFER && selects)
		return fault ? ignore(fault) : take_offer(lease, terms, now, chance);
	if (type != DHCP_ACK || !waits_for_ack(lease))
		return ignore("no such answer is expected");
	return fault ? ignore(fault) : acknowledge(lease, terms);
}
