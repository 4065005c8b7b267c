/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of a token bucket: what a limit in bits makes of it. */
#include "shaper.h"

#include "test.h"

#include <inttypes.h>

#define MTU   1500
#define FRAME (MTU + 22)
#define G     UINT64_C(1000000000)
#define PEAK  (100 * G / 8)
/* Twice the rate is more than the usual peak. */
#define UNKNOWN_AT_100G                                                                            \
	{                                                                                          \
		.rate = 100 * G / 8, .burst = 250000000, .limit = 100000000,                       \
		.peak_rate = 200 * G / 8, .piece = 25000000                                        \
	}

static const struct figures {
	const char *about;
	struct cni_limit limit;
	struct cni_tbf tbf;
} figures[] = {
	{"10 Mbit: burst of 20 ms, pieces of two frames, since 2 ms are less, a queue of 8 ms",
	 {10000000, UINT32_MAX, 8, false},
	 {.rate = 1250000, .burst = 25000, .limit = 10000, .peak_rate = PEAK, .piece = 2 * FRAME}},
	{"100 Mbit: pieces of 2 ms",
	 {100000000, UINT32_MAX, 8, false},
	 {.rate = 12500000, .burst = 250000, .limit = 100000, .peak_rate = PEAK, .piece = 25000}},
	{"1 Mbit: at least two frames, and four",
	 {1000000, UINT32_MAX, 8, false},
	 {.rate = 125000, .burst = 2 * FRAME, .limit = 4 * FRAME}},
	{"a burst that is configured stays",
	 {100000000, 8 * 20000, 8, false},
	 {.rate = 12500000, .burst = 20000, .limit = 100000}},
	{"a long one needs a peak rate, so that no long packet passes whole",
	 {10000000, 5000000, 8, false},
	 {.rate = 1250000, .burst = 625000, .limit = 10000, .peak_rate = PEAK, .piece = 2 * FRAME}},
	{"one of exactly a second is the longest",
	 {10000000, 10000000, 8, false},
	 {.rate = 1250000,
	  .burst = 1250000,
	  .limit = 10000,
	  .peak_rate = PEAK,
	  .piece = 2 * FRAME}},
	{"one bit more is absurd",
	 {10000000, 10000001, 8, false},
	 {.rate = 1250000, .burst = 25000, .limit = 10000, .peak_rate = PEAK, .piece = 2 * FRAME}},
	{"unless it is meant",
	 {10000000, 80000000, 8, true},
	 {.rate = 1250000,
	  .burst = 10000000,
	  .limit = 10000,
	  .peak_rate = PEAK,
	  .piece = 2 * FRAME}},
	{"one that is shorter than a frame lets nothing pass, and is a frame",
	 {10000000, 800, 8, false},
	 {.rate = 1250000, .burst = FRAME, .limit = 10000}},
	{"so is one that is meant",
	 {10000000, 1, 8, true},
	 {.rate = 1250000, .burst = FRAME, .limit = 10000}},
	{"what containerd says is no burst, whatever the rate",
	 {100 * G, UINT32_MAX, 8, false},
	 UNKNOWN_AT_100G},
	{"nor is what dockershim said", {100 * G, INT32_MAX, 8, false}, UNKNOWN_AT_100G},
	{"nor is what CRI-O says",
	 {100 * G, UINT64_C(8) * UINT32_MAX - 1, 8, false},
	 UNKNOWN_AT_100G},
	{"nor is the largest there is", {100 * G, INT64_MAX, 8, false}, UNKNOWN_AT_100G},
	{"a peak is twice the rate if that is more",
	 {100 * G, UINT32_MAX, 8, true},
	 {.rate = 100 * G / 8,
	  .burst = UINT32_MAX / 8,
	  .limit = 100000000,
	  .peak_rate = 200 * G / 8,
	  .piece = 25000000}},
	{"a rate of 64 bits",
	 {INT64_MAX, INT64_MAX, 8, false},
	 {.rate = INT64_MAX / 8, .burst = UINT32_MAX, .limit = UINT32_MAX}},
	{"less than a byte per second is a byte",
	 {1, 1, 8, false},
	 {.rate = 1, .burst = FRAME, .limit = 4 * FRAME}},
	{"a latency shorter than 2 ms bounds the pieces as well",
	 {G, UINT32_MAX, 1, false},
	 {.rate = G / 8, .burst = 2500000, .limit = 125000, .peak_rate = PEAK, .piece = 125000}},
	{"a longer one does not",
	 {G, UINT32_MAX, 25, false},
	 {.rate = G / 8, .burst = 2500000, .limit = 3125000, .peak_rate = PEAK, .piece = 250000}},
};

static void shaper__works_out_a_token_bucket(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
		const struct cni_tbf *expected = &figures[i].tbf;
		struct cni_tbf found = cni_shaper_plan(&figures[i].limit, MTU);

		if (found.rate != expected->rate || found.burst != expected->burst ||
		    found.limit != expected->limit || found.peak_rate != expected->peak_rate ||
		    found.piece != expected->piece)
			fail_msg("%s: rate %" PRIu64 " burst %u limit %u peak %" PRIu64 " piece %u",
				 figures[i].about, found.rate, found.burst, found.limit,
				 found.peak_rate, found.piece);
	}
}

/* Nothing that may pass whole is longer than what may wait: it would never pass. */
static void shaper__lets_no_packet_pass_that_its_queue_cannot_hold(void **state)
{
	static const uint32_t mtus[] = {68, 1280, 1500, 9000, 65535};
	uint32_t latencies[] = {1, 2, 8, 25, 1000};

	(void)state;
	for (uint64_t rate = 1; rate < UINT64_C(1) << 62; rate *= 3)
		for (size_t i = 0; i < 25; i++) {
			uint32_t mtu = mtus[i / 5];
			struct cni_limit limit = {rate, rate / 2 + 1, latencies[i % 5], false};
			struct cni_tbf tbf = cni_shaper_plan(&limit, mtu);
			uint32_t whole = tbf.peak_rate ? tbf.piece : tbf.burst;

			assert_true(whole <= tbf.limit);
			assert_true(tbf.burst >= mtu + 14 && whole >= mtu + 14);
			assert_true(!tbf.peak_rate || tbf.peak_rate > tbf.rate);
		}
}

static void limit__is_shown_in_a_line(void **state)
{
	struct cni_limit limit = {10000000, UINT32_MAX, 8, false};
	char text[CNI_LIMIT_TEXT_SIZE];

	(void)state;
	assert_string_equal(cni_limit_format(&limit, text),
			    "10000000 bit/s burst 4294967295 latency 8 ms");
	limit = (struct cni_limit){INT64_MAX, INT64_MAX, 1000, true};
	assert_string_equal(
		cni_limit_format(&limit, text),
		"9223372036854775807 bit/s burst 9223372036854775807 exact latency 1000 ms");
	limit.rate = 0;
	assert_string_equal(cni_limit_format(&limit, text), "unlimited");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shaper__works_out_a_token_bucket),
		cmocka_unit_test(shaper__lets_no_packet_pass_that_its_queue_cannot_hold),
		cmocka_unit_test(limit__is_shown_in_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
