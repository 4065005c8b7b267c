/* SPDX-License-Identifier: Apache-2.0 */
/* What a limit in bits per second makes of a link: a token bucket, whose figures are worked out
 * here, and beneath it fq_codel, if this kernel has it.
 *
 *	burst   as configured, but at least one frame. One that is absurd (longer than a second of
 *	        the rate, or a number with which runtimes say that they don't know) counts as
 *	        not given: then it is what the rate sends in 20 ms, but at least two frames. That is
 *	        how late the kernel's timers may be without loss.
 *	piece   what passes whole: what the rate sends in 2 ms (in the latency, if that is less), but
 *	        at least two frames. The kernel cuts longer packets, which the container's offloads
 *	        have left together, so that others do not wait behind them. With a burst longer than
 *	        this, it is a peak rate that sees to it, one that is too high to matter itself.
 *	queue   what the rate sends within the latency, but at least four frames: where there is no
 *	        fq_codel, more is dropped. fq_codel has the latency as its target. */
#ifndef CNI_SHAPER_H
#define CNI_SHAPER_H

#include "decls.h"
#include "error.h"
#include "link.h"
#include "nl.h"
#include "qdisc.h"

#include <stdbool.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* As configured. */
struct cni_limit {
	uint64_t rate;	  /* bits per second; 0: no limit */
	uint64_t burst;	  /* bits */
	uint32_t latency; /* milliseconds: what a packet may wait */
	bool exact_burst; /* even an absurd one is meant */
};

/* The handle of the Go plugin's tbf. */
#define CNI_SHAPER_GO_HANDLE TC_H_MAKE(1U << 16, 0)

/* "10000000 bit/s burst 4294967295 latency 8 ms", or "unlimited". Returns `text`. */
#define CNI_LIMIT_TEXT_SIZE 96
const char *cni_limit_format(const struct cni_limit *limit, char text[CNI_LIMIT_TEXT_SIZE]);

/* Does its burst say nothing? */
bool cni_limit_is_absurd(const struct cni_limit *limit);

/* The token bucket for `limit`, which has a rate, on a link of this MTU. Pure. */
struct cni_tbf cni_shaper_plan(const struct cni_limit *limit, uint32_t mtu);

/* Shapes what leaves by the link. Fails with CNI_ETAKEN if somebody else's qdisc is there; nothing
 * is left then, as after any failure. One of our own, from an earlier life, is replaced. */
int cni_shaper_add(struct cni_nl *nl, const struct cni_link *link, const struct cni_limit *limit,
		   struct cni_error *err);

/* Is it as `limit` wants it? Fails with CNI_EMISMATCH, naming what was expected and what was found.
 * Of what the Go plugin has made, only the rate is compared. */
int cni_shaper_check(struct cni_nl *nl, const struct cni_link *link, const struct cni_limit *limit,
		     struct cni_error *err);

/* Removes our shaping, or the Go plugin's; anybody else's stays. What is absent is success. */
int cni_shaper_del(struct cni_nl *nl, int index, struct cni_error *err);

CNI_END_DECLS

#endif
