/* SPDX-License-Identifier: Apache-2.0 */
/* Traffic shaping of a link by a limit in bits per second: a token bucket, whose parameters are
 * computed here, with fq_codel under it, if this kernel has fq_codel.
 *
 *	burst   as configured, but at least one frame. A missing burst, or an implausible one
 *	        (longer than a second of the rate, or a runtime's placeholder), is replaced by 20 ms
 *	        of the rate, but at least two frames: the kernel's timers may be 20 ms late
 *	        without loss.
 *	piece   the largest packet sent whole: 2 ms of the rate (the latency, if that is less), but
 *	        at least two frames. The kernel splits longer packets, which come from the
 *	        container's offloads, to not delay other packets. If the burst is longer, a peak
 *	        rate enforces this limit; it is set too high to limit throughput.
 *	queue   the rate within the latency, but at least four frames: without fq_codel, the kernel
 *	        drops more than this. fq_codel has the latency as its target. */
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
	bool exact_burst; /* an implausible burst is used as well */
};

/* The handle of the Go plugin's tbf. */
#define CNI_SHAPER_GO_HANDLE TC_H_MAKE(1U << 16, 0)

/* "10000000 bit/s burst 4294967295 latency 8 ms", or "unlimited". Returns `text`. */
#define CNI_LIMIT_TEXT_SIZE 96
const char *cni_limit_format(const struct cni_limit *limit, char text[CNI_LIMIT_TEXT_SIZE]);

/* True if the burst is a placeholder or implausible. */
bool cni_limit_is_absurd(const struct cni_limit *limit);

/* Computes the token bucket for `limit`, which has a rate, on a link of this MTU. Pure. */
struct cni_tbf cni_shaper_plan(const struct cni_limit *limit, uint32_t mtu);

/* Shapes the egress traffic of the link; replaces our own stale qdisc. Fails with CNI_ETAKEN if
 * the link has another owner's qdisc. A failure leaves nothing. */
int cni_shaper_add(struct cni_nl *nl, const struct cni_link *link, const struct cni_limit *limit,
		   struct cni_error *err);

/* Checks that the link is shaped by `limit`. Fails with CNI_EMISMATCH, naming the expected and
 * the found value. If the Go plugin shaped the link, only the rate is compared. */
int cni_shaper_check(struct cni_nl *nl, const struct cni_link *link, const struct cni_limit *limit,
		     struct cni_error *err);

/* Removes our shaping, or the Go plugin's; another owner's stays. No shaping is success. */
int cni_shaper_del(struct cni_nl *nl, int index, struct cni_error *err);

CNI_END_DECLS

#endif
