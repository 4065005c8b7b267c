/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_exchange.h"
#include "dhcp6_terms.h"

#include <string.h>

/* RFC 4861, section 10, and RFC 7559: RTR_SOLICITATION_INTERVAL, which doubles. */
#define ROUTER_PAUSE	 4000
#define ROUTER_PAUSE_MAX 3600000
/* Routers advertise at least every 1800 seconds (RFC 4861, section 6.2.1, MaxRtrAdvInterval). The daemon listens to
 * them only after it has asked, because a socket in the namespace would keep that alive. */
#define ROUTER_REFRESH_MAX 1800000
/* Solicitations that no router answers before a server is looked for (RFC 4862, section 5.5.2). */
#define ROUTERLESS_AFTER 2
/* RFC 7217, section 6: IDGEN_RETRIES. */
#define CONFLICTS_MAX 3
/* IRT_MINIMUM, RFC 8415, section 7.6: to ask again for resolver settings that no server has given. */
#define INFORM_PAUSE 600000

const char *dhcp6_state_text(enum dhcp6_state state)
{
	static const char *const texts[] = {"IDLE",	 "SOLICITING", "SELECTING", "REQUESTING",
					    "INFORMING", "PROBING",    "BOUND",	    "RENEWING",
					    "REBINDING", "CONFIRMING", "DECLINING"};

	return texts[state];
}

void dhcp6_lease_clear(struct dhcp6_lease *lease)
{
	dhcp6_router_clear(&lease->router);
	dhcp6_answer_clear(&lease->binding);
	dhcp6_answer_clear(&lease->offer);
	cni_result_clear(&lease->result);
}

static uint64_t earlier(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

uint64_t dhcp6_lease_wakes(const struct dhcp6_lease *lease)
{
	return earlier(lease->wakes, earlier(lease->solicits, lease->changes));
}

static bool has_binding(const struct dhcp6_lease *lease)
{
	return lease->mode == DHCP6_STATEFUL && cni_ip_is_set(&lease->binding.ip);
}

/* ---- routers ---- */

static void ask_routers(struct dhcp6_lease *lease, uint64_t now, uint32_t chance)
{
	uint32_t limit = lease->pace.resend_max && lease->pace.resend_max < ROUTER_PAUSE_MAX
				 ? lease->pace.resend_max
				 : ROUTER_PAUSE_MAX;
	uint64_t pause =
		lease->solicitations > 10 ? limit : (uint64_t)ROUTER_PAUSE << lease->solicitations;

	if (pause > limit)
		pause = limit;
	lease->solicitations++;
	lease->solicits = now + pause + chance % (pause / 10 + 1);
}

void dhcp6_lease_refresh_later(struct dhcp6_lease *lease, uint64_t now, uint32_t chance)
{
	uint64_t ends = dhcp6_router_ends(&lease->router, now);
	uint64_t pause = ends == DHCP_NEVER ? ROUTER_REFRESH_MAX : (ends - now) / 2;

	if (pause > ROUTER_REFRESH_MAX)
		pause = ROUTER_REFRESH_MAX;
	lease->solicitations = 0;
	lease->solicits = now + pause - chance % (pause / 10 + 1);
}

/* ---- what is held ---- */

static void note_changes(struct dhcp6_lease *lease, uint64_t now)
{
	lease->changes = DHCP_NEVER;
	if (!lease->result.ip_count || lease->state == DHCP6_PROBING)
		return;
	lease->changes = dhcp6_router_ends(&lease->router, now);
	if (has_binding(lease))
		lease->changes = earlier(lease->changes, lease->expires);
}

void dhcp6_lease_settle(struct dhcp6_lease *lease)
{
	lease->state = DHCP6_BOUND;
	lease->wakes = lease->mode == DHCP6_SLAAC ? DHCP_NEVER : lease->renews;
}

void dhcp6_lease_candidates(const struct dhcp6_lease *lease, uint64_t now,
			    struct cni_result *ret_result)
{
	struct cni_result next;

	*ret_result = (struct cni_result){.ip_count = 0};
	dhcp6_terms_make(lease, now, &next);
	for (size_t i = 0; i < next.ip_count; i++)
		if (!dhcp6_terms_has(&lease->result, &next.ips[i].address.ip))
			cni_result_add_ip(ret_result, &next.ips[i]);
	cni_result_clear(&next);
}

static bool has_candidates(const struct dhcp6_lease *lease, uint64_t now)
{
	struct cni_result candidates;
	bool has;

	dhcp6_lease_candidates(lease, now, &candidates);
	has = candidates.ip_count;
	cni_result_clear(&candidates);
	return has;
}

/* Takes the next result, which has an address. */
static enum dhcp_news take_result(struct dhcp6_lease *lease, struct cni_result *next)
{
	enum dhcp_news news = DHCP_CHANGED;

	if (!lease->result.ip_count)
		news = DHCP_GAINED;
	else if (dhcp6_terms_equal(&lease->result, next))
		news = DHCP_RENEWED;
	cni_result_clear(&lease->result);
	lease->result = *next;
	*next = (struct cni_result){.ip_count = 0};
	return news;
}

struct dhcp6_step dhcp6_lease_update(struct dhcp6_lease *lease, uint64_t now, uint32_t chance)
{
	struct dhcp6_step step = {.news = DHCP_NO_NEWS};
	struct cni_result next;

	dhcp6_terms_make(lease, now, &next);
	if (!next.ip_count && lease->result.ip_count)
		return dhcp6_lease_lose(lease, now, chance, 0, "the lease has expired");
	if (next.ip_count && lease->pace.probes && has_candidates(lease, now)) {
		lease->state = DHCP6_PROBING;
		lease->wakes = DHCP_NEVER;
		step.news = DHCP_PROBE;
	} else if (next.ip_count) {
		step.news = take_result(lease, &next);
	}
	cni_result_clear(&next);
	note_changes(lease, now);
	return step;
}

struct dhcp6_step dhcp6_lease_lose(struct dhcp6_lease *lease, uint64_t now, uint32_t chance,
				   uint32_t pause, const char *why)
{
	bool had = lease->result.ip_count;

	dhcp6_lease_clear(lease);
	lease->state = DHCP6_SOLICITING;
	lease->mode = DHCP6_UNDECIDED;
	lease->wakes = lease->changes = DHCP_NEVER;
	lease->renews = lease->rebinds = lease->expires = DHCP_NEVER;
	lease->solicitations = 0;
	lease->follows_any = false;
	lease->solicits = now + pause + chance % (pause / 5 + 1);
	return (struct dhcp6_step){.news = had ? DHCP_LOST : DHCP_NO_NEWS, .why = why};
}

struct dhcp6_step dhcp6_lease_reselect(struct dhcp6_lease *lease, uint64_t now, uint32_t chance,
				       const char *why)
{
	dhcp6_answer_clear(&lease->offer);
	lease->state = DHCP6_SELECTING;
	lease->begun = now;
	lease->xid = chance & DHCP6_XID_MAX;
	lease->attempts = 0;
	lease->wakes = now + DHCP6_PAUSE + chance % (DHCP6_PAUSE / 5);
	return (struct dhcp6_step){.why = why};
}

/* ---- beginning ---- */

struct dhcp6_step dhcp6_lease_begin(struct dhcp6_lease *lease, uint64_t now, uint32_t chance)
{
	struct dhcp6_step step = dhcp6_lease_lose(lease, now, chance, 0, NULL);

	ask_routers(lease, now, chance);
	step.asks_routers = true;
	return step;
}

/* Does what is due by the times of the lease. */
static struct dhcp6_step go_on(struct dhcp6_lease *lease, uint64_t now, uint32_t chance)
{
	struct dhcp6_step step = {.news = DHCP_NO_NEWS};

	if (has_binding(lease) && now >= lease->expires)
		return dhcp6_lease_lose(lease, now, chance, 0, "the lease has expired");
	if (has_binding(lease) && now >= lease->rebinds) {
		step = dhcp6_exchange_enter(lease, DHCP6_REBINDING, now, chance);
		lease->wakes = earlier(lease->wakes, lease->expires);
	} else if (has_binding(lease) && now >= lease->renews) {
		step = dhcp6_exchange_enter(lease, DHCP6_RENEWING, now, chance);
		lease->wakes = earlier(lease->wakes, lease->rebinds);
	} else if (lease->mode == DHCP6_STATELESS && now >= lease->renews) {
		step = dhcp6_exchange_enter(lease, DHCP6_INFORMING, now, chance);
	} else {
		dhcp6_lease_settle(lease);
	}
	return step;
}

struct dhcp6_step dhcp6_lease_resume(struct dhcp6_lease *lease, uint64_t now, uint32_t chance)
{
	struct dhcp6_step step;

	if (!lease->result.ip_count)
		return dhcp6_lease_begin(lease, now, chance);
	step = go_on(lease, now, chance);
	/* A prefix or the router may have ended meanwhile. */
	lease->changes = lease->result.ip_count ? now : DHCP_NEVER;
	return step;
}

struct dhcp6_step dhcp6_lease_confirm(struct dhcp6_lease *lease, uint64_t now, uint32_t chance)
{
	struct dhcp6_step step = {.news = DHCP_NO_NEWS};

	if (lease->state == DHCP6_PROBING)
		return step;
	if (lease->result.ip_count && has_binding(lease))
		step = dhcp6_exchange_enter(lease, DHCP6_CONFIRMING, now, chance);
	lease->follows_any = true;
	lease->solicitations = 0;
	ask_routers(lease, now, chance);
	step.asks_routers = true;
	return step;
}

const struct cni_ip *dhcp6_lease_claim(struct dhcp6_lease *lease)
{
	if (lease->state == DHCP6_REQUESTING && !cni_ip_is_set(&lease->binding.ip))
		dhcp6_answer_take(&lease->binding, &lease->offer);
	return has_binding(lease) ? &lease->binding.ip : NULL;
}

/* ---- time ---- */

/* Nothing is answered. */
static struct dhcp6_step end_exchange(struct dhcp6_lease *lease, uint64_t now, uint32_t chance)
{
	switch (lease->state) {
	case DHCP6_REQUESTING:
		return dhcp6_lease_reselect(lease, now, chance,
					    "the server that offered an address "
					    "does not grant it");
	case DHCP6_DECLINING:
		return dhcp6_lease_reselect(lease, now, chance, NULL);
	case DHCP6_CONFIRMING:
		/* The address may be used until its end (RFC 8415, section 18.2.3). */
		lease->state = DHCP6_BOUND;
		return go_on(lease, now, chance);
	case DHCP6_INFORMING:
		lease->renews = now + INFORM_PAUSE;
		dhcp6_lease_settle(lease);
		return dhcp6_lease_update(lease, now, chance);
	default:
		return (struct dhcp6_step){.news = DHCP_NO_NEWS};
	}
}

static struct dhcp6_step wake_exchange(struct dhcp6_lease *lease, uint64_t now, uint32_t chance)
{
	switch (lease->state) {
	case DHCP6_SELECTING:
		if (cni_ip_is_set(&lease->offer.ip))
			return dhcp6_exchange_enter(lease, DHCP6_REQUESTING, now, chance);
		return dhcp6_exchange_transmit(lease, now, chance);
	case DHCP6_REQUESTING:
	case DHCP6_INFORMING:
	case DHCP6_CONFIRMING:
	case DHCP6_DECLINING:
		if (dhcp6_exchange_is_over(lease, now))
			return end_exchange(lease, now, chance);
		return dhcp6_exchange_transmit(lease, now, chance);
	case DHCP6_BOUND:
	case DHCP6_RENEWING:
	case DHCP6_REBINDING:
		return go_on(lease, now, chance);
	case DHCP6_IDLE:
	case DHCP6_SOLICITING:
	case DHCP6_PROBING:
		break;
	}
	return (struct dhcp6_step){.news = DHCP_NO_NEWS};
}

struct dhcp6_step dhcp6_lease_wake(struct dhcp6_lease *lease, uint64_t now, uint32_t chance)
{
	struct dhcp6_step step = {.news = DHCP_NO_NEWS};
	bool asks = now >= lease->solicits;

	if (asks)
		ask_routers(lease, now, chance);
	if (now >= lease->changes) {
		step = dhcp6_lease_update(lease, now, chance);
	} else if (asks && lease->state == DHCP6_SOLICITING &&
		   lease->solicitations >= ROUTERLESS_AFTER) {
		lease->mode = DHCP6_STATEFUL;
		step = dhcp6_exchange_enter(lease, DHCP6_SELECTING, now, chance);
	} else if (now >= lease->wakes) {
		step = wake_exchange(lease, now, chance);
	}
	step.asks_routers = asks;
	return step;
}

/* ---- probes ---- */

/* Another address of the prefix is probed, or, after too many, none of it. */
static struct dhcp6_step avoid(struct dhcp6_lease *lease, const struct cni_ip *conflict,
			       uint64_t now, uint32_t chance)
{
	struct dhcp6_step step;

	for (size_t i = 0; i < lease->router.prefix_count; i++) {
		struct dhcp6_prefix *prefix = &lease->router.prefixes[i];
		struct cni_ip own = dhcp6_prefix_address(prefix, lease->identity.secret);

		if (!prefix->is_autonomous || !cni_ip_equal(&own, conflict))
			continue;
		prefix->is_autonomous = ++prefix->conflicts <= CONFLICTS_MAX;
	}
	lease->state = lease->result.ip_count ? DHCP6_BOUND : DHCP6_SOLICITING;
	step = dhcp6_lease_update(lease, now, chance);
	step.why = "another host has the address";
	return step;
}

static struct dhcp6_step decline(struct dhcp6_lease *lease, uint64_t now, uint32_t chance)
{
	bool had = lease->result.ip_count;
	struct dhcp6_step step;

	dhcp6_answer_take(&lease->offer, &lease->binding);
	cni_result_clear(&lease->result);
	step = dhcp6_exchange_enter(lease, DHCP6_DECLINING, now, chance);
	step.news = had ? DHCP_LOST : DHCP_NO_NEWS;
	step.why = "another host has the address";
	note_changes(lease, now);
	return step;
}

struct dhcp6_step dhcp6_lease_probed(struct dhcp6_lease *lease, const struct cni_ip *conflict,
				     uint64_t now, uint32_t chance)
{
	struct dhcp6_step step = {.news = DHCP_NO_NEWS};
	struct cni_result next;

	if (lease->state != DHCP6_PROBING)
		return step;
	if (conflict && has_binding(lease) && cni_ip_equal(conflict, &lease->binding.ip))
		return decline(lease, now, chance);
	if (conflict)
		return avoid(lease, conflict, now, chance);
	dhcp6_terms_make(lease, now, &next);
	if (!next.ip_count)
		return dhcp6_lease_lose(lease, now, chance, DHCP6_PAUSE, "the lease has expired");
	dhcp6_lease_settle(lease);
	step.news = take_result(lease, &next);
	cni_result_clear(&next);
	note_changes(lease, now);
	return step;
}
