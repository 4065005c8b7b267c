/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of servers and routers. */
#include "dhcp6_exchange.h"

#include <string.h>

/* RFC 8415, section 7.6: IRT_DEFAULT and IRT_MINIMUM; section 21.24: the limits of SOL_MAX_RT. In seconds. */
#define REFRESH_DEFAULT 86400
#define REFRESH_MIN	600
#define SOL_MAX_MIN	60
#define SOL_MAX_MAX	86400
/* RFC 8415, section 18.2.1: nothing is better. */
#define PREFERENCE_MAX 255

static struct dhcp6_step ignore(const char *why)
{
	return (struct dhcp6_step){.why = why};
}

/* ---- routers ---- */

static bool is_useful(const struct dhcp6_advert *advert)
{
	for (size_t i = 0; i < advert->prefix_count; i++)
		if (advert->prefixes[i].is_autonomous && advert->prefixes[i].preferred)
			return true;
	return advert->is_managed;
}

static struct dhcp6_step choose_mode(struct dhcp6_lease *lease, bool is_managed, bool has_other,
				     uint64_t now, uint32_t chance)
{
	if (is_managed) {
		lease->mode = DHCP6_STATEFUL;
		/* A server may be asked already, in the belief that there is no router. */
		if (lease->state != DHCP6_SOLICITING)
			return (struct dhcp6_step){.news = DHCP_NO_NEWS};
		return dhcp6_exchange_enter(lease, DHCP6_SELECTING, now, chance);
	}
	dhcp6_answer_clear(&lease->offer);
	lease->mode = has_other ? DHCP6_STATELESS : DHCP6_SLAAC;
	if (has_other)
		return dhcp6_exchange_enter(lease, DHCP6_INFORMING, now, chance);
	dhcp6_lease_settle(lease);
	return dhcp6_lease_update(lease, now, chance);
}

struct dhcp6_step dhcp6_lease_advertised(struct dhcp6_lease *lease, const struct cni_ip *ip,
					 struct dhcp6_advert *advert, uint64_t now, uint32_t chance)
{
	bool is_managed = advert->is_managed;
	bool has_other = advert->has_other;
	bool has_router = cni_ip_is_set(&lease->router.ip);
	bool decides = lease->state == DHCP6_SOLICITING ||
		       (!has_router &&
			(lease->state == DHCP6_SELECTING || lease->state == DHCP6_REQUESTING));

	if (has_router && !cni_ip_equal(ip, &lease->router.ip) && lease->router.until > now &&
	    !lease->follows_any)
		return ignore("another router advertises than the one that is followed");
	if (decides && !lease->result.ip_count && !is_useful(advert))
		return ignore("the router's advertisement has no prefix for addresses, and does "
			      "not refer to DHCPv6");
	lease->follows_any = false;
	dhcp6_router_merge(&lease->router, ip, advert, now);
	dhcp6_lease_refresh_later(lease, now, chance);
	if (decides && !lease->result.ip_count)
		return choose_mode(lease, is_managed, has_other, now, chance);
	if (lease->result.ip_count && lease->state != DHCP6_PROBING)
		return dhcp6_lease_update(lease, now, chance);
	return (struct dhcp6_step){.news = DHCP_NO_NEWS};
}

/* ---- answers ---- */

static struct dhcp6_step bind_to(struct dhcp6_lease *lease, struct dhcp6_answer *answer,
				 uint64_t now, uint32_t chance)
{
	dhcp6_answer_take(&lease->binding, answer);
	dhcp6_answer_clear(&lease->offer);
	lease->renews = dhcp6_deadline(lease->asked, lease->binding.renewal);
	lease->rebinds = dhcp6_deadline(lease->asked, lease->binding.rebinding);
	lease->expires = dhcp6_deadline(lease->asked, lease->binding.valid);
	dhcp6_lease_settle(lease);
	return dhcp6_lease_update(lease, now, chance);
}

static bool has_address(const struct dhcp6_answer *answer)
{
	return !answer->status && cni_ip_is_set(&answer->ip) && answer->valid;
}

static const char *fault_of(const struct dhcp6_answer *answer)
{
	switch (answer->status) {
	case DHCP6_SUCCESS:
		return cni_ip_is_set(&answer->ip) ? "its lifetime is zero" : "it has no address";
	case DHCP6_NO_ADDRS_AVAIL:
		return "the server has no address (NoAddrsAvail)";
	case DHCP6_NO_BINDING:
		return "the server does not know the address (NoBinding)";
	case DHCP6_NOT_ON_LINK:
		return "the address is not of this link (NotOnLink)";
	case DHCP6_USE_MULTICAST:
		return "the server asks for multicast (UseMulticast), which was used";
	default:
		return "the server has failed (UnspecFail)";
	}
}

/* RFC 8415, section 18.2.9: the highest preference, and the first of equal ones. */
static struct dhcp6_step take_advertise(struct dhcp6_lease *lease, struct dhcp6_answer *answer,
					uint64_t now, uint32_t chance)
{
	if (lease->state != DHCP6_SELECTING || !lease->attempts)
		return ignore("no such answer is expected");
	if (answer->sol_max >= SOL_MAX_MIN && answer->sol_max <= SOL_MAX_MAX)
		lease->sol_max = answer->sol_max * 1000;
	if (!has_address(answer))
		return ignore(fault_of(answer));
	if (!cni_ip_is_set(&lease->offer.ip) || answer->preference > lease->offer.preference)
		dhcp6_answer_take(&lease->offer, answer);
	/* Servers have had their time after the first message. */
	if (lease->offer.preference == PREFERENCE_MAX || lease->attempts > 1)
		return dhcp6_exchange_enter(lease, DHCP6_REQUESTING, now, chance);
	return (struct dhcp6_step){.news = DHCP_NO_NEWS};
}

static struct dhcp6_step take_grant(struct dhcp6_lease *lease, struct dhcp6_answer *answer,
				    uint64_t now, uint32_t chance)
{
	if (!dhcp6_duid_equal(&answer->server, &lease->offer.server))
		return ignore("a server answers that was not asked");
	if (has_address(answer))
		return bind_to(lease, answer, now, chance);
	if (answer->status == DHCP6_UNSPEC_FAIL || answer->status == DHCP6_USE_MULTICAST ||
	    answer->status == DHCP6_SUCCESS)
		return ignore(fault_of(answer));
	return dhcp6_lease_reselect(lease, now, chance, fault_of(answer));
}

/* RFC 8415, section 18.2.10.1. */
static struct dhcp6_step take_renewal(struct dhcp6_lease *lease, struct dhcp6_answer *answer,
				      uint64_t now, uint32_t chance)
{
	if (lease->state == DHCP6_RENEWING &&
	    !dhcp6_duid_equal(&answer->server, &lease->binding.server))
		return ignore("a server answers that was not asked");
	if (has_address(answer))
		return bind_to(lease, answer, now, chance);
	if (answer->status == DHCP6_NO_BINDING) {
		struct dhcp6_step step;

		/* Asked for the address anew, the server may grant it. */
		dhcp6_answer_clear(&lease->offer);
		lease->offer.server = answer->server;
		lease->offer.ip = lease->binding.ip;
		step = dhcp6_exchange_enter(lease, DHCP6_REQUESTING, now, chance);
		step.why = fault_of(answer);
		return step;
	}
	if (answer->status == DHCP6_NOT_ON_LINK ||
	    (!answer->status && cni_ip_equal(&answer->ip, &lease->binding.ip)))
		return dhcp6_lease_lose(lease, now, chance, DHCP6_PAUSE,
					"the server takes the address back");
	return ignore(fault_of(answer));
}

static struct dhcp6_step take_confirmation(struct dhcp6_lease *lease,
					   const struct dhcp6_answer *answer, uint64_t now,
					   uint32_t chance)
{
	if (answer->status == DHCP6_NOT_ON_LINK)
		return dhcp6_lease_lose(lease, now, chance, DHCP6_PAUSE, fault_of(answer));
	if (answer->status)
		return ignore(fault_of(answer));
	dhcp6_lease_settle(lease);
	return dhcp6_lease_update(lease, now, chance);
}

static struct dhcp6_step take_settings(struct dhcp6_lease *lease, struct dhcp6_answer *answer,
				       uint64_t now, uint32_t chance)
{
	uint32_t refresh = answer->refresh ? answer->refresh : REFRESH_DEFAULT;

	if (answer->status)
		return ignore(fault_of(answer));
	dhcp6_answer_take(&lease->binding, answer);
	lease->binding.ip = (struct cni_ip){.family = 0};
	lease->renews = dhcp6_deadline(now, refresh < REFRESH_MIN ? REFRESH_MIN : refresh);
	dhcp6_lease_settle(lease);
	return dhcp6_lease_update(lease, now, chance);
}

static struct dhcp6_step take_reply(struct dhcp6_lease *lease, struct dhcp6_answer *answer,
				    uint64_t now, uint32_t chance)
{
	switch (lease->state) {
	case DHCP6_SELECTING:
		if (!answer->is_rapid || !lease->attempts)
			return ignore("no such answer is expected");
		if (has_address(answer))
			return bind_to(lease, answer, now, chance);
		return ignore(fault_of(answer));
	case DHCP6_REQUESTING:
		return take_grant(lease, answer, now, chance);
	case DHCP6_RENEWING:
	case DHCP6_REBINDING:
		return take_renewal(lease, answer, now, chance);
	case DHCP6_CONFIRMING:
		return take_confirmation(lease, answer, now, chance);
	case DHCP6_INFORMING:
		return take_settings(lease, answer, now, chance);
	case DHCP6_DECLINING:
		return dhcp6_lease_reselect(lease, now, chance, "another host has the address");
	default:
		return ignore("no such answer is expected");
	}
}

/* RFC 8415, section 16. */
static const char *refuse(const struct dhcp6_lease *lease, const struct dhcp6_packet *packet)
{
	struct dhcp6_duid client;

	if (packet->type == DHCP6_RECONFIGURE)
		return "a RECONFIGURE without authentication is ignored";
	if (packet->type != DHCP6_ADVERTISE && packet->type != DHCP6_REPLY)
		return "it is no server's message";
	if (packet->xid != lease->xid)
		return "it answers another request (transaction id)";
	if (!dhcp6_find_duid(dhcp6_options(packet), DHCP6_CLIENT_ID, &client) ||
	    !dhcp6_duid_equal(&client, &lease->identity.duid))
		return "it is for another client (DUID)";
	return NULL;
}

struct dhcp6_step dhcp6_lease_receive(struct dhcp6_lease *lease, const struct dhcp6_packet *packet,
				      uint64_t now, uint32_t chance)
{
	clearing_dhcp6_answer struct dhcp6_answer answer = {.status = DHCP6_SUCCESS};
	const struct cni_ip *held = cni_ip_is_set(&lease->binding.ip) ? &lease->binding.ip : NULL;
	const char *fault = refuse(lease, packet);

	if (!fault)
		fault = dhcp6_answer_read(packet, lease->identity.iaid, held, &answer);
	if (fault)
		return ignore(fault);
	return packet->type == DHCP6_ADVERTISE ? take_advertise(lease, &answer, now, chance)
					       : take_reply(lease, &answer, now, chance);
}
