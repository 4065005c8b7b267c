/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of advertisements (SLAAC) without a kernel, the record of a lease of IPv6, and a day of it. */
#include "cleanup.h"
#include "dhcp6_exchange.h"
#include "dhcp6_terms.h"
#include "dhcp_record.h"
#include "mem.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define CHANCE	1000000007U
#define MANAGED 1
#define OTHER	2
#define SECOND	1000ULL
#define HOUR	(3600 * SECOND)

static const struct cni_ip router = {.family = AF_INET6, .bytes = {0xfe, 0x80, [15] = 1}};
static const struct cni_ip stranger = {.family = AF_INET6, .bytes = {0xfe, 0x80, [15] = 2}};

static struct dhcp6_lease new_lease(bool probes)
{
	return (struct dhcp6_lease){
		.pace = {.timeout = 10000, .resend_max = 62000, .probes = probes},
		.identity = {.duid = {4, "\1\2\3\4"}, .iaid = 7, .secret = "0123456789abcde"},
		.renews = DHCP_NEVER,
		.rebinds = DHCP_NEVER,
		.expires = DHCP_NEVER,
	};
}

static struct dhcp6_advertised prefix_of(uint8_t number, uint32_t valid)
{
	return (struct dhcp6_advertised){
		.net = {.ip = {.family = AF_INET6, .bytes = {0xfd, number}}, .prefix = 64},
		.is_on_link = true,
		.is_autonomous = true,
		.valid = valid,
		.preferred = valid,
	};
}

/* fd01::/64 and, with `second`, fd02::/64 for so many seconds. */
static struct dhcp6_step advertise(struct dhcp6_lease *lease, const struct cni_ip *from, int flags,
				   uint32_t first, uint32_t second, uint64_t now)
{
	struct dhcp6_advert advert = {
		.is_managed = flags & MANAGED,
		.has_other = flags & OTHER,
		.lifetime = 1800,
		.prefixes = {prefix_of(1, first), prefix_of(2, second)},
		.prefix_count = second ? 2 : 1,
	};
	struct dhcp6_step step = dhcp6_lease_advertised(lease, from, &advert, now, CHANCE);

	dhcp6_advert_clear(&advert);
	return step;
}

static struct dhcp6_step inform(struct dhcp6_lease *lease, uint64_t now)
{
	static const uint8_t nameserver[16] = {0xfd, 1, [15] = 0x53};
	struct dhcp6_packet packet = {.type = DHCP6_REPLY, .xid = lease->xid};

	dhcp6_put(&packet, DHCP6_CLIENT_ID, "\1\2\3\4", 4);
	dhcp6_put(&packet, DHCP6_SERVER_ID, "\7\7\7", 3);
	dhcp6_put(&packet, DHCP6_NAMESERVERS, nameserver, sizeof(nameserver));
	return dhcp6_lease_receive(lease, &packet, now, CHANCE);
}

static void assert_in(const struct dhcp6_lease *lease, size_t index, uint8_t number)
{
	assert_true(index < lease->result.ip_count);
	assert_int_equal(lease->result.ips[index].address.ip.bytes[1], number);
	assert_int_equal(lease->result.ips[index].address.prefix, 64);
}

/* ---- SLAAC ---- */

static void slaac__has_an_address_of_each_prefix(void **state)
{
	struct dhcp6_lease lease = new_lease(false);

	(void)state;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	assert_int_equal(advertise(&lease, &router, 0, 100, 100, 0).news, DHCP_GAINED);
	assert_int_equal(lease.mode, DHCP6_SLAAC);
	assert_int_equal(lease.result.ip_count, 2);
	assert_in(&lease, 0, 1);
	assert_in(&lease, 1, 2);
	assert_memory_not_equal(lease.result.ips[0].address.ip.bytes + 8,
				lease.result.ips[1].address.ip.bytes + 8, 8);
	dhcp6_lease_clear(&lease);
}

static void slaac__keeps_its_address_and_loses_it_at_its_end(void **state)
{
	struct dhcp6_lease lease = new_lease(false);
	struct dhcp6_step step;
	struct cni_ip ip;

	(void)state;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	advertise(&lease, &router, 0, 100, 50, 0);
	ip = lease.result.ips[0].address.ip;
	assert_true(lease.solicits > 20 * SECOND && lease.solicits <= 25 * SECOND);
	assert_true(dhcp6_lease_wake(&lease, lease.solicits, CHANCE).asks_routers);
	assert_int_equal(advertise(&lease, &router, 0, 100, 0, 25 * SECOND).news, DHCP_RENEWED);
	assert_true(cni_ip_equal(&lease.result.ips[0].address.ip, &ip));
	assert_int_equal(lease.result.ip_count, 2);
	/* The one that is not advertised any more stays until its end. */
	step = dhcp6_lease_wake(&lease, 50 * SECOND, CHANCE);
	assert_int_equal(step.news, DHCP_CHANGED);
	assert_int_equal(lease.result.ip_count, 1);
	step = dhcp6_lease_wake(&lease, 125 * SECOND, CHANCE);
	assert_int_equal(step.news, DHCP_LOST);
	assert_int_equal(lease.state, DHCP6_SOLICITING);
	dhcp6_lease_clear(&lease);
}

/* Larger packets than the link takes would be lost. */
static void slaac__has_an_mtu_of_the_link_at_most(void **state)
{
	struct dhcp6_lease lease = new_lease(false);

	(void)state;
	lease.link_mtu = 1500;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	lease.router.mtu = 9000;
	advertise(&lease, &router, 0, 100, 0, 0);
	assert_int_equal(lease.result.routes[0].mtu, 0);
	lease.router.mtu = 1400;
	assert_int_equal(advertise(&lease, &router, 0, 100, 0, 1).news, DHCP_CHANGED);
	assert_int_equal(lease.result.routes[0].mtu, 1400);
	dhcp6_lease_clear(&lease);
}

/* RFC 4862, section 5.5.3 e. */
static void slaac__is_not_ended_by_one_advertisement(void **state)
{
	struct dhcp6_lease lease = new_lease(false);

	(void)state;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	advertise(&lease, &router, 0, 86400, 0, 0);
	assert_int_equal(advertise(&lease, &router, 0, 0, 0, 1000).news, DHCP_RENEWED);
	assert_int_equal(lease.router.prefixes[0].valid, 1000 + 2 * HOUR);
	assert_int_equal(advertise(&lease, &router, 0, 1, 0, 2000).news, DHCP_RENEWED);
	assert_int_equal(lease.router.prefixes[0].valid, 1000 + 2 * HOUR);
	dhcp6_lease_clear(&lease);
}

static void slaac__follows_one_router_as_long_as_it_lives(void **state)
{
	struct dhcp6_lease lease = new_lease(false);

	(void)state;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	advertise(&lease, &router, 0, 86400, 0, 0);
	assert_string_equal(advertise(&lease, &stranger, 0, 86400, 86400, 1000).why,
			    "another router advertises than the one that is followed");
	assert_int_equal(lease.result.ip_count, 1);
	/* 1800 seconds later there is no gateway. */
	assert_int_equal(dhcp6_lease_wake(&lease, 1800 * SECOND, CHANCE).news, DHCP_CHANGED);
	assert_false(cni_ip_is_set(&lease.result.ips[0].gateway));
	assert_int_equal(lease.result.route_count, 0);
	assert_int_equal(advertise(&lease, &stranger, 0, 86400, 0, 1801 * SECOND).news,
			 DHCP_CHANGED);
	assert_true(cni_ip_equal(&lease.result.ips[0].gateway, &stranger));
	dhcp6_lease_clear(&lease);
}

static void slaac__forms_another_address_where_one_is_in_use(void **state)
{
	struct dhcp6_lease lease = new_lease(true);
	struct cni_result candidates;
	struct cni_ip first;

	(void)state;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	assert_int_equal(advertise(&lease, &router, 0, 100, 0, 0).news, DHCP_PROBE);
	dhcp6_lease_candidates(&lease, 0, &candidates);
	first = candidates.ips[0].address.ip;
	cni_result_clear(&candidates);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(dhcp6_lease_probed(&lease, &first, 100, CHANCE).news, DHCP_PROBE);
		dhcp6_lease_candidates(&lease, 0, &candidates);
		assert_int_equal(candidates.ip_count, 1);
		assert_false(cni_ip_equal(&candidates.ips[0].address.ip, &first));
		first = candidates.ips[0].address.ip;
		cni_result_clear(&candidates);
	}
	/* After IDGEN_RETRIES the prefix is given up. */
	assert_int_equal(dhcp6_lease_probed(&lease, &first, 100, CHANCE).news, DHCP_NO_NEWS);
	assert_int_equal(lease.state, DHCP6_SOLICITING);
	dhcp6_lease_clear(&lease);
}

/* ---- resolver settings ---- */

static void stateless__waits_for_the_resolver_settings(void **state)
{
	struct dhcp6_lease lease = new_lease(false);

	(void)state;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	assert_int_equal(advertise(&lease, &router, OTHER, 86400, 0, 0).send,
			 DHCP6_INFORMATION_REQUEST);
	assert_int_equal(inform(&lease, 100).news, DHCP_GAINED);
	assert_string_equal(lease.result.dns.nameservers[0], "fd01::53");
	assert_int_equal(lease.wakes, 100 + 24 * HOUR);
	dhcp6_lease_clear(&lease);
}

static void stateless__goes_on_without_a_server(void **state)
{
	struct dhcp6_lease lease = new_lease(false);
	struct dhcp6_step step;
	unsigned int sent = 0;

	(void)state;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	step = advertise(&lease, &router, OTHER, 86400, 0, 0);
	while (step.news == DHCP_NO_NEWS) {
		sent += step.send == DHCP6_INFORMATION_REQUEST;
		step = dhcp6_lease_wake(&lease, lease.wakes, CHANCE);
	}
	assert_int_equal(sent, 3);
	assert_int_equal(step.news, DHCP_GAINED);
	dhcp6_lease_clear(&lease);
}

/* ---- the record ---- */

static void record__holds_all_that_a_daemon_needs(void **state)
{
	clearing_dhcp_record struct dhcp_record record = {.family = AF_INET6, .six = new_lease(0)};
	clearing_dhcp_record struct dhcp_record again = {.priority = 0};
	struct dhcp6_lease *lease = &record.six;
	freeing char *text = NULL;
	freeing char *copy = NULL;
	freeing char *second = NULL;

	(void)state;
	record.place = (struct dhcp_place){.netns = cni_strdup("/run/x"), .ifname = "eth0"};
	dhcp6_lease_begin(lease, 0, CHANCE);
	advertise(lease, &router, OTHER, 86400, 86400, 0);
	inform(lease, 100);
	text = dhcp_record_encode(&record);
	copy = cni_strdup(text);
	assert_true(dhcp_record_decode(copy, &again));
	assert_true(dhcp_record_is_six(&again));
	assert_true(dhcp6_terms_equal(&lease->result, &again.six.result));
	assert_int_equal(again.six.router.prefix_count, 2);
	assert_int_equal(again.six.mode, DHCP6_STATELESS);
	second = dhcp_record_encode(&again);
	assert_string_equal(text, second);
	/* The next advertisement changes nothing for the daemon that goes on. */
	again.six.pace = lease->pace;
	dhcp6_lease_resume(&again.six, 200, CHANCE);
	assert_int_equal(advertise(&again.six, &router, OTHER, 86400, 86400, 300).news,
			 DHCP_RENEWED);
}

/* While no daemon ran, a prefix has ended, and then the other. */
static void record__is_compared_with_the_time(void **state)
{
	struct dhcp6_lease lease = new_lease(false);
	struct dhcp6_step step;

	(void)state;
	dhcp6_lease_begin(&lease, 0, CHANCE);
	advertise(&lease, &router, 0, 100, 50, 0);
	dhcp6_lease_resume(&lease, 60 * SECOND, CHANCE);
	step = dhcp6_lease_wake(&lease, dhcp6_lease_wakes(&lease), CHANCE);
	step = step.news ? step : dhcp6_lease_wake(&lease, 60 * SECOND, CHANCE);
	assert_int_equal(step.news, DHCP_CHANGED);
	assert_int_equal(lease.result.ip_count, 1);
	dhcp6_lease_resume(&lease, 200 * SECOND, CHANCE);
	step = dhcp6_lease_wake(&lease, 200 * SECOND, CHANCE);
	assert_int_equal(step.news, DHCP_LOST);
	dhcp6_lease_clear(&lease);
}

/* ---- a day ---- */

/* Answers what the step asks, from a router and a server that know no other client. */
static struct dhcp6_step serve(struct dhcp6_lease *lease, struct dhcp6_step step, uint64_t now,
			       unsigned int *count)
{
	uint8_t ia[40] = {0, 0, 0, 7, [12] = 0, 5, 0, 24, 0xfd, 1, [31] = 0x50};
	struct dhcp6_packet packet = {.type = DHCP6_REPLY};

	if (step.asks_routers) {
		++*count;
		step = advertise(lease, &router, MANAGED, 7200, 0, now);
	}
	if (!step.send)
		return step;
	++*count;
	packet.xid = lease->xid;
	dhcp6_write_u32(ia + 32, 300);
	dhcp6_write_u32(ia + 36, 600);
	dhcp6_put(&packet, DHCP6_CLIENT_ID, "\1\2\3\4", 4);
	dhcp6_put(&packet, DHCP6_SERVER_ID, "\7\7\7", 3);
	dhcp6_put(&packet, DHCP6_RAPID_COMMIT, NULL, 0);
	dhcp6_put(&packet, DHCP6_IA_NA, ia, sizeof(ia));
	return dhcp6_lease_receive(lease, &packet, now, CHANCE);
}

/* A renewal each 150 seconds, and each 900 seconds a question to the router. */
static void day__of_renewals_keeps_the_address(void **state)
{
	struct dhcp6_lease lease = new_lease(false);
	unsigned int count = 0;
	uint64_t now = 0;

	(void)state;
	serve(&lease, dhcp6_lease_begin(&lease, 0, CHANCE), 0, &count);
	assert_int_equal(lease.result.ip_count, 1);
	while (now < 24 * HOUR) {
		struct dhcp6_step step;

		assert_true(dhcp6_lease_wakes(&lease) > now);
		now = dhcp6_lease_wakes(&lease);
		step = serve(&lease, dhcp6_lease_wake(&lease, now, CHANCE + (uint32_t)now), now,
			     &count);
		assert_int_equal(step.news, DHCP_RENEWED);
	}
	assert_true(count > 24 * (24 + 3) && count < 24 * (24 + 8));
	assert_in(&lease, 0, 1);
	dhcp6_lease_clear(&lease);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slaac__has_an_address_of_each_prefix),
		cmocka_unit_test(slaac__keeps_its_address_and_loses_it_at_its_end),
		cmocka_unit_test(slaac__has_an_mtu_of_the_link_at_most),
		cmocka_unit_test(slaac__is_not_ended_by_one_advertisement),
		cmocka_unit_test(slaac__follows_one_router_as_long_as_it_lives),
		cmocka_unit_test(slaac__forms_another_address_where_one_is_in_use),
		cmocka_unit_test(stateless__waits_for_the_resolver_settings),
		cmocka_unit_test(stateless__goes_on_without_a_server),
		cmocka_unit_test(record__holds_all_that_a_daemon_needs),
		cmocka_unit_test(record__is_compared_with_the_time),
		cmocka_unit_test(day__of_renewals_keeps_the_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
