/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a lease, without a kernel: events and times in, messages and news out. */
#include "dhcp_lease.h"
#include "dhcp_message.h"
#include "dhcp_options.h"
#include "test.h"

#include <string.h>

#define CHANCE 4000000000U

static struct dhcp_terms terms_of(uint8_t last, uint32_t seconds)
{
	struct cni_result_ip ip = {
		.address = {.ip = {.family = AF_INET, .bytes = {10, 1, 0, last}}, .prefix = 24},
		.interface = CNI_NO_INTERFACE,
	};
	struct dhcp_terms terms = {.server = {10, 1, 0, 1},
				   .lease_seconds = seconds,
				   .renewal_seconds = seconds / 2,
				   .rebinding_seconds = (uint32_t)(seconds * 7ULL / 8)};

	cni_result_add_ip(&terms.result, &ip);
	return terms;
}

static struct dhcp_step answer(struct dhcp_lease *lease, enum dhcp_type type, uint8_t last,
			       uint64_t now)
{
	struct dhcp_terms terms = {.mtu = 0};
	struct dhcp_step step;

	if (type != DHCP_NAK)
		terms = terms_of(last, 800);
	step = dhcp_lease_receive(lease, type, NULL, &terms, now, CHANCE);
	dhcp_terms_clear(&terms);
	return step;
}

static void assert_step(struct dhcp_step step, enum dhcp_send send, enum dhcp_news news)
{
	assert_int_equal(step.send, send);
	assert_int_equal(step.news, news);
}

static struct dhcp_lease new_lease(bool probes)
{
	return (struct dhcp_lease){
		.pace = {.timeout = 10000, .resend_max = 62000, .probes = probes},
		.wakes = DHCP_NEVER};
}

/* Bound to 10.1.0.50 for 800 seconds from 1000 ms on. */
static struct dhcp_lease bound_lease(void)
{
	struct dhcp_lease lease = new_lease(false);

	assert_step(dhcp_lease_begin(&lease, 0, CHANCE), DHCP_SEND_DISCOVER, DHCP_NO_NEWS);
	assert_step(answer(&lease, DHCP_OFFER, 50, 1000), DHCP_SEND_SELECT, DHCP_NO_NEWS);
	assert_step(answer(&lease, DHCP_ACK, 50, 2000), DHCP_SEND_NOTHING, DHCP_GAINED);
	return lease;
}

static void lease__begins_with_the_request_that_was_granted(void **state)
{
	struct dhcp_lease lease = bound_lease();

	(void)state;
	assert_int_equal(lease.state, DHCP_BOUND);
	assert_int_equal(lease.renews, 401000);
	assert_int_equal(lease.rebinds, 701000);
	assert_int_equal(lease.expires, 801000);
	assert_int_equal(lease.wakes, lease.renews);
	assert_step(dhcp_lease_wake(&lease, 400999, CHANCE), DHCP_SEND_NOTHING, DHCP_NO_NEWS);
	dhcp_lease_clear(&lease);
}

static void lease__is_looked_for_with_longer_pauses(void **state)
{
	struct dhcp_lease lease = new_lease(false);
	uint64_t now = 0;
	uint64_t last = 0;

	(void)state;
	dhcp_lease_begin(&lease, now, CHANCE);
	for (int i = 0; i < 40; i++) {
		uint64_t pause = lease.wakes - now;

		assert_true(pause >= 900 && pause <= 62000 * 11 / 10);
		assert_true(pause + pause / 4 >= last || last > 50000);
		last = pause;
		now = lease.wakes;
		assert_step(dhcp_lease_wake(&lease, now, CHANCE + (uint32_t)i), DHCP_SEND_DISCOVER,
			    DHCP_NO_NEWS);
	}
	assert_true(last > 50000);
}

static void lease__is_renewed_then_rebound_then_lost(void **state)
{
	struct dhcp_lease lease = bound_lease();
	unsigned int renewals = 0;
	unsigned int rebindings = 0;
	struct dhcp_step step = {.send = DHCP_SEND_NOTHING};

	(void)state;
	while (step.news == DHCP_NO_NEWS) {
		uint64_t now = lease.wakes;

		step = dhcp_lease_wake(&lease, now, CHANCE);
		renewals += step.send == DHCP_SEND_RENEW;
		rebindings += step.send == DHCP_SEND_REBIND;
		assert_true(step.send != DHCP_SEND_RENEW || now < lease.rebinds);
		assert_true(step.send != DHCP_SEND_REBIND || now < lease.expires);
		if (step.send == DHCP_SEND_REBIND)
			assert_true(now >= lease.rebinds);
	}
	assert_true(renewals >= 2 && renewals <= 6);
	assert_true(rebindings >= 1 && rebindings <= 3);
	assert_step(step, DHCP_SEND_NOTHING, DHCP_LOST);
	assert_true(dhcp_terms_are_empty(&lease.terms));
	step = dhcp_lease_wake(&lease, lease.wakes, CHANCE);
	assert_step(step, DHCP_SEND_DISCOVER, DHCP_NO_NEWS);
	dhcp_lease_clear(&lease);
}

static void lease__goes_on_with_each_renewal(void **state)
{
	struct dhcp_lease lease = bound_lease();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint64_t now = lease.wakes;

		assert_step(dhcp_lease_wake(&lease, now, CHANCE), DHCP_SEND_RENEW, DHCP_NO_NEWS);
		assert_step(answer(&lease, DHCP_ACK, 50, now + 5), DHCP_SEND_NOTHING, DHCP_RENEWED);
		assert_int_equal(lease.expires, now + 800000);
	}
	dhcp_lease_wake(&lease, lease.wakes, CHANCE);
	assert_step(answer(&lease, DHCP_ACK, 51, lease.asked), DHCP_SEND_NOTHING, DHCP_CHANGED);
	dhcp_lease_clear(&lease);
}

static void lease__ends_with_a_refusal(void **state)
{
	struct dhcp_lease lease = bound_lease();

	(void)state;
	/* Not one that answers nothing. */
	assert_step(answer(&lease, DHCP_NAK, 0, 3000), DHCP_SEND_NOTHING, DHCP_NO_NEWS);
	dhcp_lease_wake(&lease, lease.wakes, CHANCE);
	assert_step(answer(&lease, DHCP_NAK, 0, lease.asked), DHCP_SEND_NOTHING, DHCP_LOST);
	/* In the pause no offer is taken. */
	assert_step(answer(&lease, DHCP_OFFER, 50, lease.asked + 1), DHCP_SEND_NOTHING,
		    DHCP_NO_NEWS);
	assert_step(dhcp_lease_wake(&lease, lease.wakes, CHANCE), DHCP_SEND_DISCOVER, DHCP_NO_NEWS);
	dhcp_lease_clear(&lease);
}

static void lease__is_asked_for_again_after_carrier(void **state)
{
	struct dhcp_lease lease = bound_lease();

	(void)state;
	assert_step(dhcp_lease_reboot(&lease, 5000, CHANCE), DHCP_SEND_REBOOT, DHCP_NO_NEWS);
	assert_step(answer(&lease, DHCP_ACK, 50, 5001), DHCP_SEND_NOTHING, DHCP_RENEWED);
	/* Without an answer it holds until its end. */
	dhcp_lease_reboot(&lease, 6000, CHANCE);
	while (lease.state == DHCP_REBOOTING)
		dhcp_lease_wake(&lease, lease.wakes, CHANCE);
	assert_int_equal(lease.state, DHCP_BOUND);
	assert_int_equal(lease.wakes, lease.renews);
	assert_step(dhcp_lease_reboot(&lease, 7000, CHANCE), DHCP_SEND_REBOOT, DHCP_NO_NEWS);
	assert_step(answer(&lease, DHCP_NAK, 0, 7001), DHCP_SEND_NOTHING, DHCP_LOST);
	dhcp_lease_clear(&lease);
	/* There is nothing to ask for. */
	lease = new_lease(false);
	assert_step(dhcp_lease_reboot(&lease, 1, CHANCE), DHCP_SEND_NOTHING, DHCP_NO_NEWS);
}

static void lease__is_probed_and_declined(void **state)
{
	struct dhcp_lease lease = new_lease(true);

	(void)state;
	dhcp_lease_begin(&lease, 0, CHANCE);
	answer(&lease, DHCP_OFFER, 50, 10);
	assert_step(answer(&lease, DHCP_ACK, 50, 20), DHCP_SEND_NOTHING, DHCP_PROBE);
	assert_step(dhcp_lease_probed(&lease, false, 30, CHANCE), DHCP_SEND_DECLINE, DHCP_NO_NEWS);
	assert_true(lease.wakes >= 9000);
	dhcp_lease_wake(&lease, lease.wakes, CHANCE);
	answer(&lease, DHCP_OFFER, 51, 20000);
	assert_step(answer(&lease, DHCP_ACK, 51, 20010), DHCP_SEND_NOTHING, DHCP_PROBE);
	assert_step(dhcp_lease_probed(&lease, true, 20300, CHANCE), DHCP_SEND_NOTHING, DHCP_GAINED);
	/* A renewal of the same address probes nothing. */
	dhcp_lease_wake(&lease, lease.wakes, CHANCE);
	assert_step(answer(&lease, DHCP_ACK, 51, lease.asked), DHCP_SEND_NOTHING, DHCP_RENEWED);
	dhcp_lease_clear(&lease);
}

static void assert_resumed(uint64_t now, enum dhcp_send send, enum dhcp_news news,
			   enum dhcp_state state)
{
	struct dhcp_lease lease = bound_lease();

	assert_step(dhcp_lease_resume(&lease, now, CHANCE), send, news);
	assert_int_equal(lease.state, state);
	dhcp_lease_clear(&lease);
}

static void lease__goes_on_where_the_record_ends(void **state)
{
	(void)state;
	assert_resumed(10000, DHCP_SEND_NOTHING, DHCP_NO_NEWS, DHCP_BOUND);
	assert_resumed(500000, DHCP_SEND_RENEW, DHCP_NO_NEWS, DHCP_RENEWING);
	assert_resumed(750000, DHCP_SEND_REBIND, DHCP_NO_NEWS, DHCP_REBINDING);
	assert_resumed(900000, DHCP_SEND_NOTHING, DHCP_LOST, DHCP_SELECTING);
}

static void lease__without_end_is_never_renewed(void **state)
{
	struct dhcp_lease lease = new_lease(false);
	struct dhcp_terms terms = terms_of(50, DHCP_FOREVER);

	(void)state;
	dhcp_lease_begin(&lease, 0, CHANCE);
	dhcp_lease_receive(&lease, DHCP_OFFER, NULL, &terms, 1, CHANCE);
	terms = terms_of(50, DHCP_FOREVER);
	dhcp_lease_receive(&lease, DHCP_ACK, NULL, &terms, 2, CHANCE);
	assert_int_equal(lease.state, DHCP_BOUND);
	assert_true(lease.wakes == DHCP_NEVER);
	dhcp_lease_clear(&lease);
}

/* RFC 2131, table 5. */
static void message__has_what_its_state_asks_for(void **state)
{
	struct dhcp_identity identity = {.mac = {2, 0, 0, 0, 0, 5}, .broadcast = true};
	struct dhcp_lease lease = bound_lease();
	struct dhcp_message message;
	size_t size;

	(void)state;
	dhcp_options_put_client_id(&identity.options, "c1", "blue", "eth0");
	assert_true(dhcp_message_make(&identity, &lease, DHCP_SEND_RENEW, 9000, &message));
	assert_int_equal(message.packet.ciaddr[3], 50);
	assert_int_equal(message.to[0], 10);
	assert_true(message.packet.broadcast);
	assert_null(dhcp_options_get(&message.packet.options, 50, &size));
	assert_null(dhcp_options_get(&message.packet.options, 54, &size));
	assert_true(dhcp_message_make(&identity, &lease, DHCP_SEND_REBIND, 9000, &message));
	assert_int_equal(message.to[0], 255);
	assert_true(dhcp_message_make(&identity, &lease, DHCP_SEND_REBOOT, 9000, &message));
	assert_int_equal(message.packet.ciaddr[3], 0);
	assert_memory_equal(dhcp_options_get(&message.packet.options, 50, &size), "\12\1\0\62", 4);
	assert_null(dhcp_options_get(&message.packet.options, 54, &size));
	assert_true(dhcp_message_release(&identity, &lease.terms, 7, &message));
	assert_int_equal(dhcp_packet_type(&message.packet), DHCP_RELEASE);
	assert_false(message.packet.broadcast);
	assert_memory_equal(dhcp_options_get(&message.packet.options, 61, &size), "\0c1/blue/eth0",
			    13);
	assert_non_null(dhcp_options_get(&message.packet.options, 54, &size));
	dhcp_lease_clear(&lease);
}

/* A server that offers and refuses in turn has no loop without a pause. */
static void lease__is_sought_more_slowly_after_each_refusal(void **state)
{
	struct dhcp_lease lease = new_lease(false);
	uint64_t now = 0;
	uint64_t last = 0;

	(void)state;
	dhcp_lease_begin(&lease, now, CHANCE);
	for (int i = 0; i < 12; i++) {
		uint64_t pause;

		assert_step(answer(&lease, DHCP_OFFER, 50, now), DHCP_SEND_SELECT, DHCP_NO_NEWS);
		assert_step(answer(&lease, DHCP_NAK, 50, now), DHCP_SEND_NOTHING, DHCP_NO_NEWS);
		pause = lease.wakes - now;
		assert_true(pause >= 900 && pause <= 62000 * 11 / 10);
		assert_true(pause > last || last > 50000);
		last = pause;
		now = lease.wakes;
		assert_step(dhcp_lease_wake(&lease, now, CHANCE), DHCP_SEND_DISCOVER, DHCP_NO_NEWS);
	}
	assert_true(last > 50000);
	/* A lease that is given ends the series. */
	assert_step(answer(&lease, DHCP_OFFER, 50, now), DHCP_SEND_SELECT, DHCP_NO_NEWS);
	assert_step(answer(&lease, DHCP_ACK, 50, now), DHCP_SEND_NOTHING, DHCP_GAINED);
	assert_int_equal(lease.refusals, 0);
	dhcp_lease_clear(&lease);
}

/* The shortest lease that a server can give. */
static void lease__of_a_second_is_renewed_with_pauses(void **state)
{
	struct dhcp_lease lease = new_lease(false);
	struct dhcp_terms terms = terms_of(50, 1);

	(void)state;
	dhcp_lease_begin(&lease, 0, CHANCE);
	assert_step(answer(&lease, DHCP_OFFER, 50, 1000), DHCP_SEND_SELECT, DHCP_NO_NEWS);
	assert_step(dhcp_lease_receive(&lease, DHCP_ACK, NULL, &terms, 1000, CHANCE),
		    DHCP_SEND_NOTHING, DHCP_GAINED);
	assert_int_equal(lease.renews, 1500);
	assert_int_equal(lease.rebinds, 1875);
	assert_int_equal(lease.expires, 2000);
	dhcp_lease_clear(&lease);
}

/* 24 hours of a server that answers each renewal, and sleeps of the host in between. */
static void lease__lives_for_a_day(void **state)
{
	struct dhcp_lease lease = bound_lease();
	uint64_t now = 1000;
	unsigned int renewals = 0;

	(void)state;
	while (now < 86400000) {
		struct dhcp_step step;

		/* Each tenth time the host sleeps through T1. */
		now = renewals % 10 == 9 ? lease.rebinds - 1000 : lease.wakes;
		step = dhcp_lease_wake(&lease, now, CHANCE + renewals);
		assert_step(step, DHCP_SEND_RENEW, DHCP_NO_NEWS);
		assert_step(answer(&lease, DHCP_ACK, 50, now + 5), DHCP_SEND_NOTHING, DHCP_RENEWED);
		renewals++;
		assert_true(lease.expires > now + 799000);
	}
	assert_in_range(renewals, 180, 216);
	/* A host that slept longer than the lease has none any more. */
	assert_step(dhcp_lease_wake(&lease, lease.expires + 1, CHANCE), DHCP_SEND_NOTHING,
		    DHCP_LOST);
	dhcp_lease_clear(&lease);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lease__begins_with_the_request_that_was_granted),
		cmocka_unit_test(lease__is_looked_for_with_longer_pauses),
		cmocka_unit_test(lease__is_renewed_then_rebound_then_lost),
		cmocka_unit_test(lease__goes_on_with_each_renewal),
		cmocka_unit_test(lease__ends_with_a_refusal),
		cmocka_unit_test(lease__is_asked_for_again_after_carrier),
		cmocka_unit_test(lease__is_probed_and_declined),
		cmocka_unit_test(lease__goes_on_where_the_record_ends),
		cmocka_unit_test(lease__without_end_is_never_renewed),
		cmocka_unit_test(message__has_what_its_state_asks_for),
		cmocka_unit_test(lease__is_sought_more_slowly_after_each_refusal),
		cmocka_unit_test(lease__of_a_second_is_renewed_with_pauses),
		cmocka_unit_test(lease__lives_for_a_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
