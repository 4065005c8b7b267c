/* SPDX-License-Identifier: Apache-2.0 */
/* Throughput under a limit, from the first second on, and the round trip of a ping meanwhile. The
 * witness is a TCP connection that sends as much as it can. */
#include "bandwidth.h"
#include "traffic.h"

#include <stdlib.h>
#include <unistd.h>

#define TEN                                                                                        \
	"'ingressRate':10000000,'ingressBurst':4294967295,"                                        \
	"'egressRate':10000000,'egressBurst':4294967295"
#define MBIT 1e6
/* A busy machine may take time away from the sender, and never gives any. */
#define TRIES 12

static const struct traffic to_pod = {NULL, "red", "10.1.0.2", 5001};
static const struct traffic from_pod = {"red", NULL, "10.1.0.1", 5001};

static void assert_is_at_most(const struct traffic_second *second, double burst, double rate)
{
	double most = (burst + rate * second->elapsed) * 1.1;

	if (second->all > most)
		fail_msg("%.2f Mbit in %.2f s, expected %.2f at most", second->all / MBIT,
			 second->elapsed, most / MBIT);
}

/* How long a ping takes is for a machine that does nothing else: what it waits behind is the queue, whose
 * length test_bandwidth_add.c sees in tc(8). */
static bool is_slow(double ping)
{
	return getenv("CNI_C_SLOW") && ping >= 10;
}

/* The limit is on frames; 95.6 % of a full one is what an application sees. */
static void assert_holds(const struct traffic *traffic, double rate)
{
	unsigned int count = getenv("CNI_C_SLOW") ? 8 : 2;
	struct traffic_second seconds[8];
	double ping = 0;
	int tries = TRIES;

	do {
		traffic_run(traffic, count, seconds, "10.1.0.2", &ping);
		for (unsigned int i = 0; i < count; i++)
			assert_is_at_most(&seconds[i], 0, rate);
		fprintf(stderr, "# %.2f Mbit, then %.2f; ping %.2f ms\n", seconds[0].bits / MBIT,
			seconds[count - 1].bits / MBIT, ping);
	} while ((seconds[0].bits < rate * 0.8 || is_slow(ping)) && --tries);
	if (!tries)
		fail_msg("first second: %.2f Mbit, expected %.2f at least; ping: %.2f ms, expected "
			 "less than 10",
			 seconds[0].bits / MBIT, rate * 0.8 / MBIT, ping);
}

static void limit__of_ingress_holds_from_the_first_second(void **state)
{
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, TEN);
	assert_holds(&to_pod, 10 * MBIT);
	limited_close(&red);
}

static void limit__of_egress_holds_from_the_first_second(void **state)
{
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, TEN);
	assert_holds(&from_pod, 10 * MBIT);
	limited_close(&red);
}

/* Half a second of the rate at once, as it is asked for; and pings do not wait behind the long
 * packets that such a burst would let pass. */
static void burst__that_is_asked_for_goes_at_once(void **state)
{
	struct traffic_second seconds[2] = {0};
	struct limited red;
	double ping;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, "'ingressRate':10000000,'ingressBurst':5000000");
	for (int i = 0; i < TRIES && seconds[0].bits <= 11 * MBIT; i++) {
		/* The burst is there again after half a second without traffic. */
		if (i)
			sleep(1);
		traffic_run(&to_pod, 2, seconds, "10.1.0.2", &ping);
		fprintf(stderr, "# %.2f Mbit, then %.2f; ping %.2f ms\n", seconds[0].bits / MBIT,
			seconds[1].bits / MBIT, ping);
		assert_is_at_most(&seconds[0], 5 * MBIT, 10 * MBIT);
		assert_is_at_most(&seconds[1], 5 * MBIT, 10 * MBIT);
	}
	assert_true(seconds[0].bits > 11 * MBIT);
	limited_close(&red);
}

/* The other direction stays as it is. */
static void limit__of_one_direction_leaves_the_other_alone(void **state)
{
	struct limited red;
	struct traffic_second second;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, "'ingressRate':10000000,'ingressBurst':100000");
	traffic_run(&from_pod, 1, &second, NULL, NULL);
	fprintf(stderr, "# %.2f Mbit\n", second.bits / MBIT);
	assert_true(second.bits > 30 * MBIT);
	limited_close(&red);
}

/* Traffic from the container is not lost when the limit has gone. */
static void del__gives_back_the_way(void **state)
{
	struct limited red;
	struct traffic_second second;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, TEN);
	limited_del(&red, TEN);
	traffic_run(&from_pod, 1, &second, NULL, NULL);
	assert_true(second.bits > 30 * MBIT);
	traffic_run(&to_pod, 1, &second, NULL, NULL);
	assert_true(second.bits > 30 * MBIT);
	limited_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(limit__of_ingress_holds_from_the_first_second),
		bridge_test(limit__of_egress_holds_from_the_first_second),
		bridge_test(burst__that_is_asked_for_goes_at_once),
		bridge_test(limit__of_one_direction_leaves_the_other_alone),
		bridge_test(del__gives_back_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
