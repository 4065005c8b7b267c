/* SPDX-License-Identifier: Apache-2.0 */
/* What gets through under a limit, from the first second on, and what a ping takes meanwhile. The
 * witness is a TCP connection that sends as much as it can. */
#include "bandwidth.h"
#include "traffic.h"

#include <stdlib.h>

#define TEN                                                                                        \
	"'ingressRate':10000000,'ingressBurst':4294967295,"                                        \
	"'egressRate':10000000,'egressBurst':4294967295"
#define MBIT 1e6
/* A busy machine may take time away from the sender, and never gives any. */
#define TRIES 4

static const struct traffic to_pod = {NULL, "red", "10.1.0.2", 5001};
static const struct traffic from_pod = {"red", NULL, "10.1.0.1", 5001};

/* The limit is on frames; 95.6 % of a full one is what an application sees. */
static void assert_holds(const struct traffic *traffic, double rate)
{
	unsigned int seconds = getenv("CNI_C_SLOW") ? 8 : 2;
	double bits[8] = {0};
	double ping = 0;
	int tries = TRIES;

	do {
		traffic_run(traffic, seconds, bits, "10.1.0.2", &ping);
		for (unsigned int i = 0; i < seconds; i++)
			if (bits[i] > rate * 1.2)
				fail_msg("second %u: %.2f Mbit, expected %.2f at most", i + 1,
					 bits[i] / MBIT, rate * 1.2 / MBIT);
		fprintf(stderr, "# %.2f Mbit, then %.2f; ping %.2f ms\n", bits[0] / MBIT,
			bits[seconds - 1] / MBIT, ping);
	} while ((bits[0] < rate * 0.8 || ping >= 10) && --tries);
	if (!tries)
		fail_msg("first second: %.2f Mbit, expected %.2f at least; ping: %.2f ms, expected "
			 "less than 10",
			 bits[0] / MBIT, rate * 0.8 / MBIT, ping);
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
	struct limited red;
	double bits[2];
	double ping;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, "'ingressRate':10000000,'ingressBurst':5000000");
	traffic_run(&to_pod, 2, bits, "10.1.0.2", &ping);
	fprintf(stderr, "# %.2f Mbit, then %.2f; ping %.2f ms\n", bits[0] / MBIT, bits[1] / MBIT,
		ping);
	assert_true(bits[0] > 11 * MBIT && bits[0] < 18 * MBIT);
	assert_true(bits[1] < 12 * MBIT);
	limited_close(&red);
}

/* The other direction stays as it is. */
static void limit__of_one_direction_leaves_the_other_alone(void **state)
{
	struct limited red;
	double bits[1];

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, "'ingressRate':10000000,'ingressBurst':100000");
	traffic_run(&from_pod, 1, bits, NULL, NULL);
	fprintf(stderr, "# %.2f Mbit\n", bits[0] / MBIT);
	assert_true(bits[0] > 30 * MBIT);
	limited_close(&red);
}

/* What comes from the container is not lost when the limit has gone. */
static void del__gives_back_the_way(void **state)
{
	struct limited red;
	double bits[1];

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, TEN);
	limited_del(&red, TEN);
	traffic_run(&from_pod, 1, bits, NULL, NULL);
	assert_true(bits[0] > 30 * MBIT);
	traffic_run(&to_pod, 1, bits, NULL, NULL);
	assert_true(bits[0] > 30 * MBIT);
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
