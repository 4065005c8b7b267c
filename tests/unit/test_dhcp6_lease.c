/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a lease of IPv6, without a kernel: events and times in, messages and news out. */
#include "dhcp6_exchange.h"
#include "dhcp6_terms.h"
#include "test.h"

#include <string.h>

#define CHANCE	4000000000U
#define MANAGED 1
#define OTHER	2

static const struct cni_ip router = {.family = AF_INET6, .bytes = {0xfe, 0x80, [15] = 1}};

static struct dhcp6_lease new_lease(bool probes)
{
	return (struct dhcp6_lease){
		.pace = {.timeout = 10000, .resend_max = 62000, .probes = probes},
		.identity = {.duid = {4, "\1\2\3\4"}, .iaid = 7, .secret = "0123456789abcde"},
	};
}

/* ---- routers ---- */

/* fd01::/64 for 100 seconds. */
static struct dhcp6_step advertise_from(struct dhcp6_lease *lease, const struct cni_ip *ip,
					int flags, uint32_t valid, uint16_t lifetime, uint64_t now)
{
	struct dhcp6_advert advert = {
		.is_managed = flags & MANAGED,
		.has_other = flags & OTHER,
		.lifetime = lifetime,
		.prefixes = {{.net = {.ip = {.family = AF_INET6, .bytes = {0xfd, 1}}, .prefix = 64},
			      .is_on_link = true,
			      .is_autonomous = !(flags & MANAGED),
			      .valid = valid,
			      .preferred = valid}},
		.prefix_count = valid ? 1 : 0,
	};
	struct dhcp6_step step = dhcp6_lease_advertised(lease, ip, &advert, now, CHANCE);

	dhcp6_advert_clear(&advert);
	return step;
}

static struct dhcp6_step advertise(struct dhcp6_lease *lease, int flags, uint64_t now)
{
	return advertise_from(lease, &router, flags, 100, 1800, now);
}

/* ---- servers ---- */

struct wish {
	enum dhcp6_type type;
	uint8_t server;
	uint16_t status;
	uint8_t last; /* of the address fd01::x; 0: none */
	uint32_t valid;
	uint8_t preference;
	bool is_rapid;
	bool is_for_another;
	uint32_t xid_off;
};

static void put_association(struct dhcp6_packet *packet, const struct wish *wish)
{
	uint8_t value[64] = {0, 0, 0, 7};
	uint8_t *address = value + 12;
	size_t size = 12;

	if (wish->last) {
		dhcp6_write_u16(address, DHCP6_IA_ADDRESS);
		dhcp6_write_u16(address + 2, 24);
		memcpy(address + 4, (const uint8_t[]){0xfd, 1}, 2);
		address[19] = wish->last;
		dhcp6_write_u32(address + 20, wish->valid);
		dhcp6_write_u32(address + 24, wish->valid);
		size += 28;
	}
	if (wish->status) {
		dhcp6_write_u16(value + size, DHCP6_STATUS);
		dhcp6_write_u16(value + size + 2, 2);
		dhcp6_write_u16(value + size + 4, wish->status);
		size += 6;
	}
	dhcp6_put(packet, DHCP6_IA_NA, value, size);
}

static struct dhcp6_step answer(struct dhcp6_lease *lease, struct wish wish, uint64_t now)
{
	struct dhcp6_packet packet = {.type = (uint8_t)wish.type, .xid = lease->xid + wish.xid_off};
	uint8_t server[] = {9, 9, (uint8_t)(wish.server ? wish.server : 1)};

	dhcp6_put(&packet, DHCP6_CLIENT_ID, wish.is_for_another ? "\4\3\2\1" : "\1\2\3\4", 4);
	dhcp6_put(&packet, DHCP6_SERVER_ID, server, sizeof(server));
	dhcp6_put(&packet, DHCP6_PREFERENCE, &wish.preference, 1);
	if (wish.is_rapid)
		dhcp6_put(&packet, DHCP6_RAPID_COMMIT, NULL, 0);
	put_association(&packet, &wish);
	return dhcp6_lease_receive(lease, &packet, now, CHANCE);
}

#define ANSWER(lease, now, ...) answer(lease, (struct wish){__VA_ARGS__}, now)

static void assert_step(struct dhcp6_step step, enum dhcp6_type send, enum dhcp_news news)
{
	assert_int_equal(step.send, send);
	assert_int_equal(step.news, news);
}

static void assert_ignored(struct dhcp6_step step, const char *why)
{
	assert_step(step, 0, DHCP_NO_NEWS);
	assert_string_equal(step.why, why);
}

static void assert_has(const struct dhcp6_lease *lease, const char *address, const char *gateway)
{
	char text[CNI_NET_TEXT_SIZE];

	assert_int_equal(lease->result.ip_count, 1);
	assert_string_equal(cni_net_format(&lease->result.ips[0].address, text), address);
	assert_string_equal(cni_ip_format(&lease->result.ips[0].gateway, text), gateway);
}

/* Has fd01::50 for 1000 seconds from 2000 ms on: T1 is 502 s, T2 802 s, and the end 1002 s. */
static struct dhcp6_lease bound_lease(void)
{
	struct dhcp6_lease lease = new_lease(false);

	assert_true(dhcp6_lease_begin(&lease, 0, CHANCE).asks_routers);
	assert_step(advertise_from(&lease, &router, MANAGED, 100000, 9000, 1000), DHCP6_SOLICIT,
		    DHCP_NO_NEWS);
	assert_step(ANSWER(&lease, 2000, DHCP6_ADVERTISE, .last = 0x50, .valid = 1000,
			   .preference = 255),
		    DHCP6_REQUEST, DHCP_NO_NEWS);
	assert_step(ANSWER(&lease, 3000, DHCP6_REPLY, .last = 0x50, .valid = 1000), 0, DHCP_GAINED);
	return lease;
}

/* ---- stateful ---- */

static void lease__is_bound_with_prefix_and_gateway_of_the_router(void **state)
{
	struct dhcp6_lease lease = bound_lease();

	(void)state;
	assert_has(&lease, "fd01::50/64", "fe80::1");
	assert_int_equal(lease.result.route_count, 1);
	assert_int_equal(lease.state, DHCP6_BOUND);
	assert_int_equal(lease.renews, 502000);
	assert_int_equal(lease.rebinds, 802000);
	assert_int_equal(lease.expires, 1002000);
	assert_int_equal(lease.wakes, lease.renews);
	dhcp6_lease_clear(&lease);
}

static void lease__without_a_router_has_no_gateway(void **state)
{
	struct dhcp6_lease lease = new_lease(false);
	uint64_t now;

	(void)state;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	now = dhcp6_lease_wakes(&lease);
	assert_true(now >= 4000 && now <= 4400);
	assert_step(dhcp6_lease_wake(&lease, now, CHANCE), DHCP6_SOLICIT, DHCP_NO_NEWS);
	assert_step(ANSWER(&lease, now, DHCP6_REPLY, .last = 0x50, .valid = 100, .is_rapid = true),
		    0, DHCP_GAINED);
	assert_has(&lease, "fd01::50/128", "");
	assert_int_equal(lease.result.route_count, 0);
	/* A router that comes later brings prefix and gateway. */
	assert_step(advertise(&lease, MANAGED, now + 1000), 0, DHCP_CHANGED);
	assert_has(&lease, "fd01::50/64", "fe80::1");
	dhcp6_lease_clear(&lease);
}

static void lease__chooses_the_server_with_the_highest_preference(void **state)
{
	struct dhcp6_lease lease = new_lease(false);

	(void)state;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	advertise(&lease, MANAGED, 0);
	for (uint8_t server = 1; server <= 3; server++)
		assert_step(ANSWER(&lease, 10, DHCP6_ADVERTISE, .server = server, .last = server,
				   .valid = 100, .preference = server == 2 ? 9 : 5),
			    0, DHCP_NO_NEWS);
	assert_true(lease.wakes >= 1000 && lease.wakes <= 1100);
	assert_step(dhcp6_lease_wake(&lease, lease.wakes, CHANCE), DHCP6_REQUEST, DHCP_NO_NEWS);
	assert_int_equal(lease.offer.ip.bytes[15], 2);
	assert_ignored(ANSWER(&lease, 1200, DHCP6_REPLY, .server = 1, .last = 1, .valid = 100),
		       "a server answers that was not asked");
	assert_step(ANSWER(&lease, 1200, DHCP6_REPLY, .server = 2, .last = 2, .valid = 100), 0,
		    DHCP_GAINED);
	dhcp6_lease_clear(&lease);
}

static void lease__ignores_what_is_not_for_it(void **state)
{
	struct dhcp6_lease lease = new_lease(false);

	(void)state;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	advertise(&lease, MANAGED, 0);
	assert_ignored(ANSWER(&lease, 1, DHCP6_ADVERTISE, .last = 1, .valid = 9, .xid_off = 1),
		       "it answers another request (transaction id)");
	assert_ignored(ANSWER(&lease, 1, DHCP6_ADVERTISE, .last = 1, .valid = 9,
			      .is_for_another = true),
		       "it is for another client (DUID)");
	assert_ignored(ANSWER(&lease, 1, DHCP6_ADVERTISE, .last = 1), "its lifetime is zero");
	assert_ignored(ANSWER(&lease, 1, DHCP6_ADVERTISE, .last = 0), "it has no address");
	assert_ignored(ANSWER(&lease, 1, DHCP6_ADVERTISE, .status = DHCP6_NO_ADDRS_AVAIL),
		       "the server has no address (NoAddrsAvail)");
	assert_ignored(ANSWER(&lease, 1, DHCP6_REPLY, .last = 1, .valid = 9),
		       "no such answer is expected");
	assert_ignored(ANSWER(&lease, 1, DHCP6_RECONFIGURE),
		       "a RECONFIGURE without authentication is ignored");
	assert_ignored(ANSWER(&lease, 1, DHCP6_SOLICIT), "it is no server's message");
	assert_int_equal(lease.state, DHCP6_SELECTING);
	dhcp6_lease_clear(&lease);
}

static void lease__is_renewed_then_rebound_then_lost(void **state)
{
	struct dhcp6_lease lease = bound_lease();
	unsigned int renewals = 0;
	unsigned int rebindings = 0;
	struct dhcp6_step step = {.send = 0};
	uint64_t now = 0;

	(void)state;
	while (step.news != DHCP_LOST) {
		assert_true(dhcp6_lease_wakes(&lease) > now);
		now = dhcp6_lease_wakes(&lease);
		step = dhcp6_lease_wake(&lease, now, CHANCE);
		renewals += step.send == DHCP6_RENEW;
		rebindings += step.send == DHCP6_REBIND;
		assert_true(step.send != DHCP6_RENEW || now < lease.rebinds);
		assert_true(step.send != DHCP6_REBIND || now >= lease.rebinds);
	}
	/* 10, 20, 40, 80, 160 seconds. */
	assert_true(renewals >= 4 && renewals <= 6);
	assert_true(rebindings >= 4 && rebindings <= 6);
	assert_int_equal(now, 1002000);
	assert_int_equal(lease.result.ip_count, 0);
	assert_int_equal(lease.state, DHCP6_SOLICITING);
	dhcp6_lease_clear(&lease);
}

static void lease__that_the_server_does_not_know_is_asked_for_anew(void **state)
{
	struct dhcp6_lease lease = bound_lease();

	(void)state;
	assert_step(dhcp6_lease_wake(&lease, lease.renews, CHANCE), DHCP6_RENEW, DHCP_NO_NEWS);
	assert_ignored(ANSWER(&lease, 502100, DHCP6_REPLY, .server = 2, .last = 0x50, .valid = 9),
		       "a server answers that was not asked");
	assert_step(ANSWER(&lease, 502100, DHCP6_REPLY, .status = DHCP6_NO_BINDING), DHCP6_REQUEST,
		    DHCP_NO_NEWS);
	assert_has(&lease, "fd01::50/64", "fe80::1");
	assert_step(ANSWER(&lease, 502200, DHCP6_REPLY, .last = 0x50, .valid = 1000), 0,
		    DHCP_RENEWED);
	/* The granted time counts from the message that asked for it. */
	assert_int_equal(lease.expires, 1502100);
	dhcp6_lease_clear(&lease);
}

static void lease__may_get_another_address_or_none(void **state)
{
	struct dhcp6_lease lease = bound_lease();
	struct dhcp6_step step;

	(void)state;
	dhcp6_lease_wake(&lease, lease.renews, CHANCE);
	assert_step(ANSWER(&lease, 502100, DHCP6_REPLY, .last = 0x51, .valid = 1000), 0,
		    DHCP_CHANGED);
	assert_has(&lease, "fd01::51/64", "fe80::1");
	dhcp6_lease_wake(&lease, lease.renews, CHANCE);
	step = ANSWER(&lease, lease.renews + 1, DHCP6_REPLY, .last = 0x51);
	assert_step(step, 0, DHCP_LOST);
	assert_string_equal(step.why, "the server takes the address back");
	dhcp6_lease_clear(&lease);
}

static void lease__is_confirmed_when_carrier_is_back(void **state)
{
	struct dhcp6_lease lease = bound_lease();
	struct dhcp6_step step = dhcp6_lease_confirm(&lease, 10000, CHANCE);

	(void)state;
	assert_step(step, DHCP6_CONFIRM, DHCP_NO_NEWS);
	assert_true(step.asks_routers);
	assert_step(ANSWER(&lease, 10100, DHCP6_REPLY, .status = 0), 0, DHCP_RENEWED);
	assert_int_equal(lease.state, DHCP6_BOUND);
	dhcp6_lease_confirm(&lease, 20000, CHANCE);
	/* No answer for ten seconds: the address may be used on. */
	for (uint64_t now = 20000; now < 40000; now = lease.wakes)
		assert_int_equal(dhcp6_lease_wake(&lease, now, CHANCE).news, DHCP_NO_NEWS);
	assert_int_equal(lease.state, DHCP6_BOUND);
	dhcp6_lease_confirm(&lease, 50000, CHANCE);
	step = ANSWER(&lease, 50100, DHCP6_REPLY, .status = DHCP6_NOT_ON_LINK);
	assert_step(step, 0, DHCP_LOST);
	dhcp6_lease_clear(&lease);
}

static void lease__declines_an_address_in_use(void **state)
{
	struct dhcp6_lease lease = new_lease(true);
	struct dhcp6_step step;
	struct cni_ip ip;

	(void)state;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	advertise(&lease, MANAGED, 0);
	assert_step(ANSWER(&lease, 1, DHCP6_REPLY, .last = 0x50, .valid = 100, .is_rapid = true), 0,
		    DHCP_PROBE);
	ip = lease.binding.ip;
	step = dhcp6_lease_probed(&lease, &ip, 300, CHANCE);
	assert_step(step, DHCP6_DECLINE, DHCP_NO_NEWS);
	assert_string_equal(step.why, "another host has the address");
	assert_step(ANSWER(&lease, 400, DHCP6_REPLY, .status = 0), 0, DHCP_NO_NEWS);
	/* In the pause nothing is expected. */
	assert_ignored(ANSWER(&lease, 500, DHCP6_ADVERTISE, .last = 0x51, .valid = 100),
		       "no such answer is expected");
	assert_true(lease.wakes >= 1400);
	assert_step(dhcp6_lease_wake(&lease, lease.wakes, CHANCE), DHCP6_SOLICIT, DHCP_NO_NEWS);
	assert_step(ANSWER(&lease, 2000, DHCP6_REPLY, .last = 0x51, .valid = 100, .is_rapid = true),
		    0, DHCP_PROBE);
	assert_step(dhcp6_lease_probed(&lease, NULL, 2300, CHANCE), 0, DHCP_GAINED);
	assert_has(&lease, "fd01::51/64", "fe80::1");
	dhcp6_lease_clear(&lease);
}

/* ADD ends before it is answered. */
static void lease__that_may_be_given_is_given_back(void **state)
{
	struct dhcp6_lease lease = new_lease(true);

	(void)state;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	advertise(&lease, MANAGED, 0);
	assert_null(dhcp6_lease_claim(&lease));
	ANSWER(&lease, 1, DHCP6_ADVERTISE, .last = 0x50, .valid = 100, .preference = 255);
	assert_int_equal(lease.state, DHCP6_REQUESTING);
	assert_int_equal(dhcp6_lease_claim(&lease)->bytes[15], 0x50);
	dhcp6_lease_begin(&lease, 0, CHANCE);
	advertise(&lease, MANAGED, 0);
	ANSWER(&lease, 1, DHCP6_REPLY, .last = 0x51, .valid = 100, .is_rapid = true);
	assert_int_equal(lease.state, DHCP6_PROBING);
	assert_int_equal(dhcp6_lease_claim(&lease)->bytes[15], 0x51);
	dhcp6_lease_clear(&lease);
}

/* A server that offers, and refuses each REQUEST, is asked once a second. */
static void lease__does_not_spin_with_a_server_that_refuses(void **state)
{
	struct dhcp6_lease lease = new_lease(false);
	unsigned int messages = 0;
	uint64_t now = 0;

	(void)state;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	messages += advertise(&lease, MANAGED, 0).send != 0;
	while (now < 60000) {
		if (lease.state == DHCP6_SELECTING && lease.attempts)
			messages += ANSWER(&lease, now, DHCP6_ADVERTISE, .last = 1, .valid = 9,
					   .preference = 255)
					    .send != 0;
		if (lease.state == DHCP6_REQUESTING)
			ANSWER(&lease, now, DHCP6_REPLY, .status = DHCP6_NO_ADDRS_AVAIL);
		now = dhcp6_lease_wakes(&lease);
		messages += dhcp6_lease_wake(&lease, now, CHANCE).send != 0;
	}
	assert_true(messages > 20 && messages <= 2 * 61);
	dhcp6_lease_clear(&lease);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lease__is_bound_with_prefix_and_gateway_of_the_router),
		cmocka_unit_test(lease__without_a_router_has_no_gateway),
		cmocka_unit_test(lease__chooses_the_server_with_the_highest_preference),
		cmocka_unit_test(lease__ignores_what_is_not_for_it),
		cmocka_unit_test(lease__is_renewed_then_rebound_then_lost),
		cmocka_unit_test(lease__that_the_server_does_not_know_is_asked_for_anew),
		cmocka_unit_test(lease__may_get_another_address_or_none),
		cmocka_unit_test(lease__is_confirmed_when_carrier_is_back),
		cmocka_unit_test(lease__declines_an_address_in_use),
		cmocka_unit_test(lease__that_may_be_given_is_given_back),
		cmocka_unit_test(lease__does_not_spin_with_a_server_that_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
