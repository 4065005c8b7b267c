/* SPDX-License-Identifier: Apache-2.0 */
#include "shaper.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* An Ethernet header with two VLAN tags. */
#define HEADER	       22
#define PIECE_MS       2
#define PIECE_FRAMES   2
#define QUEUE_FRAMES   4
#define BURST_MS       20
#define ABSURD_SECONDS 1
#define PEAK_RATE      (UINT64_C(100000000000) / 8)
#define NS_PER_SECOND  UINT64_C(1000000000)

/* ---- figures ---- */

static uint32_t at_most_u32(uint64_t number)
{
	return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

static uint32_t at_least(uint32_t number, uint32_t least)
{
	return number < least ? least : number;
}

/* Returns the bytes that `rate` bytes per second send in the time. */
static uint32_t bytes_in(uint64_t rate, uint32_t milliseconds)
{
	return at_most_u32(rate / 1000 * milliseconds + rate % 1000 * milliseconds / 1000);
}

/* Placeholders of runtimes: dockershim's is the largest int32, containerd's the largest uint32,
 * CRI-O's the largest value that the reference accepts. */
static bool is_placeholder(uint64_t bits)
{
	return bits == INT32_MAX || bits == UINT32_MAX || bits / 8 >= UINT32_MAX - 1;
}

const char *cni_limit_format(const struct cni_limit *limit, char text[CNI_LIMIT_TEXT_SIZE])
{
	if (limit->rate)
		snprintf(text, CNI_LIMIT_TEXT_SIZE,
			 "%" PRIu64 " bit/s burst %" PRIu64 "%s latency %u ms", limit->rate,
			 limit->burst, limit->exact_burst ? " exact" : "", limit->latency);
	else
		snprintf(text, CNI_LIMIT_TEXT_SIZE, "unlimited");
	return text;
}

bool cni_limit_is_absurd(const struct cni_limit *limit)
{
	return limit->burst / ABSURD_SECONDS > limit->rate || is_placeholder(limit->burst);
}

struct cni_tbf cni_shaper_plan(const struct cni_limit *limit, uint32_t mtu)
{
	uint32_t piece_ms = limit->latency < PIECE_MS ? limit->latency : PIECE_MS;
	uint32_t frame = mtu + HEADER;
	struct cni_tbf tbf = {.rate = limit->rate / 8};
	uint32_t piece;

	if (!tbf.rate)
		tbf.rate = 1;
	piece = at_least(bytes_in(tbf.rate, piece_ms), PIECE_FRAMES * frame);
	tbf.limit = at_least(bytes_in(tbf.rate, limit->latency), QUEUE_FRAMES * frame);
	tbf.burst = at_least(at_most_u32(limit->burst / 8), frame);
	if (!limit->exact_burst && cni_limit_is_absurd(limit))
		tbf.burst = at_least(bytes_in(tbf.rate, BURST_MS), PIECE_FRAMES * frame);
	if (tbf.burst > piece) {
		tbf.piece = piece;
		tbf.peak_rate = tbf.rate < PEAK_RATE / 2 ? PEAK_RATE : tbf.rate * 2;
	}
	return tbf;
}

/* ---- the kernel ---- */

static bool is_ours(const struct cni_qdisc *qdisc)
{
	return !strcmp(qdisc->kind, "tbf") &&
	       (qdisc->handle == CNI_QDISC_HANDLE || qdisc->handle == CNI_SHAPER_GO_HANDLE);
}

int cni_shaper_del(struct cni_nl *nl, int index, struct cni_error *err)
{
	struct cni_qdisc qdisc;

	if (cni_qdisc_get(nl, index, TC_H_ROOT, &qdisc, err) < 0)
		return err->errnum == ENODEV ? 0 : -1;
	if (!is_ours(&qdisc) || cni_qdisc_del(nl, index, TC_H_ROOT, qdisc.handle, err) == 0 ||
	    err->errnum == ENOENT || err->errnum == EINVAL || err->errnum == ENODEV)
		return 0;
	return -1;
}

/* Removes stale shaping first. */
static int add_tbf(struct cni_nl *nl, const struct cni_link *link, const struct cni_tbf *tbf,
		   struct cni_error *err)
{
	struct cni_qdisc there;

	if (cni_qdisc_add_tbf(nl, link->index, tbf, err) == 0)
		return 0;
	if (err->errnum != EEXIST || cni_qdisc_get(nl, link->index, TC_H_ROOT, &there, err) < 0)
		return -1;
	if (!is_ours(&there))
		return cni_fail(err, CNI_ETAKEN,
				"'%s' has a qdisc '%s' as its root already, expected none",
				link->name, there.kind);
	if (cni_shaper_del(nl, link->index, err) < 0)
		return -1;
	return cni_qdisc_add_tbf(nl, link->index, tbf, err);
}

static uint32_t target_of(const struct cni_limit *limit)
{
	return limit->latency * 1000;
}

int cni_shaper_add(struct cni_nl *nl, const struct cni_link *link, const struct cni_limit *limit,
		   struct cni_error *err)
{
	struct cni_tbf tbf = cni_shaper_plan(limit, link->mtu);
	struct cni_error ignored;

	if (add_tbf(nl, link, &tbf, err) == 0 &&
	    (cni_qdisc_add_fq_codel(nl, link->index, target_of(limit), err) == 0 ||
	     err->errnum == ENOENT))
		return 0;
	if (err->code != CNI_ETAKEN)
		/* The qdisc exists anyway if only the answer was lost. */
		cni_shaper_del(nl, link->index, &ignored);
	return cni_fail_within(err, "limit '%s' to %" PRIu64 " bit/s", link->name, limit->rate);
}

/* ---- comparing ---- */

/* The kernel stores a burst as its duration, rounds it, and reports the lower 32 bits. */
static bool is_time_of(uint32_t ticks, uint32_t bytes, uint64_t rate)
{
	uint64_t expected = bytes * NS_PER_SECOND / rate / CNI_QDISC_TICK;
	uint64_t slack = expected / 1000 + 2;
	uint32_t more = ticks - (uint32_t)expected;
	uint32_t less = (uint32_t)expected - ticks;

	return more <= slack || less <= slack;
}

static uint64_t bytes_of(uint32_t ticks, uint64_t rate)
{
	return (uint64_t)((double)ticks * CNI_QDISC_TICK * (double)rate / (double)NS_PER_SECOND);
}

static int check_bucket(const struct cni_link *link, const struct cni_qdisc *found,
			const struct cni_tbf *expected, struct cni_error *err)
{
	if (!is_time_of(found->burst_ticks, expected->burst, expected->rate))
		return cni_fail(err, CNI_EMISMATCH,
				"'%s' lets bursts of %" PRIu64 " bytes pass, expected %u",
				link->name, bytes_of(found->burst_ticks, expected->rate),
				expected->burst);
	if (found->tbf.peak_rate != expected->peak_rate)
		return cni_fail(err, CNI_EMISMATCH,
				"'%s' has a peak rate of %" PRIu64 " bit/s, expected %" PRIu64,
				link->name, found->tbf.peak_rate * 8, expected->peak_rate * 8);
	if (expected->peak_rate &&
	    !is_time_of(found->piece_ticks, expected->piece, expected->peak_rate))
		return cni_fail(err, CNI_EMISMATCH,
				"'%s' lets pieces of %" PRIu64 " bytes pass, expected %u",
				link->name, bytes_of(found->piece_ticks, expected->peak_rate),
				expected->piece);
	if (found->tbf.limit != expected->limit)
		return cni_fail(err, CNI_EMISMATCH, "'%s' queues up to %u bytes, expected %u",
				link->name, found->tbf.limit, expected->limit);
	return 0;
}

/* The kernel does not report a tbf's built-in queue. */
static int check_queue(struct cni_nl *nl, const struct cni_link *link, uint32_t parent,
		       uint32_t target, struct cni_error *err)
{
	struct cni_qdisc queue;

	if (cni_qdisc_get(nl, link->index, parent, &queue, err) < 0)
		return -1;
	if (!*queue.kind)
		return 0;
	if (strcmp(queue.kind, "fq_codel") != 0)
		return cni_fail(err, CNI_EMISMATCH,
				"'%s' has a qdisc '%s' beneath its limit, expected fq_codel",
				link->name, queue.kind);
	/* It is kept in units of 1024 ns. */
	if (queue.target > target || target - queue.target > 1)
		return cni_fail(err, CNI_EMISMATCH,
				"'%s' has a fq_codel with a target of %u us, expected %u",
				link->name, queue.target, target);
	return 0;
}

int cni_shaper_check(struct cni_nl *nl, const struct cni_link *link, const struct cni_limit *limit,
		     struct cni_error *err)
{
	struct cni_tbf expected = cni_shaper_plan(limit, link->mtu);
	struct cni_qdisc found;

	if (cni_qdisc_get(nl, link->index, TC_H_ROOT, &found, err) < 0)
		return -1;
	if (strcmp(found.kind, "tbf") != 0)
		return cni_fail(err, CNI_EMISMATCH,
				"'%s' has %s%s as its root, expected a tbf of %" PRIu64 " bit/s",
				link->name, *found.kind ? "a qdisc " : "no qdisc", found.kind,
				limit->rate);
	if (found.tbf.rate != expected.rate)
		return cni_fail(err, CNI_EMISMATCH,
				"'%s' is limited to %" PRIu64 " bit/s, expected %" PRIu64,
				link->name, found.tbf.rate * 8, limit->rate);
	if (found.handle == CNI_SHAPER_GO_HANDLE)
		return 0;
	if (check_bucket(link, &found, &expected, err) < 0)
		return -1;
	return check_queue(nl, link, found.handle | 1, target_of(limit), err);
}
