/* SPDX-License-Identifier: Apache-2.0 */
/* Queueing disciplines of a link: add, look at, delete (tc(8)). */
#ifndef CNI_QDISC_H
#define CNI_QDISC_H

#include "decls.h"
#include "error.h"
#include "nl.h"

#include <linux/pkt_sched.h>
#include <stdbool.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* A qdisc cannot carry an owner, but its handle marks the qdisc as ours ("c41:"). */
#define CNI_QDISC_HANDLE TC_H_MAKE(0xc41U << 16, 0)

/* A token bucket (tc-tbf(8)). */
struct cni_tbf {
	uint64_t rate;	    /* bytes a second */
	uint64_t peak_rate; /* likewise, the limit for a burst; 0: any */
	uint32_t burst;	    /* bytes that may be sent at once */
	uint32_t piece;	    /* with a peak rate: bytes that may be sent at once at the peak rate */
	uint32_t limit;	    /* bytes that may wait, in its built-in queue */
};

/* A qdisc as the kernel describes it. */
struct cni_qdisc {
	char kind[16]; /* "": none, or the kernel's hidden default */
	uint32_t handle;
	struct cni_tbf tbf;   /* of a tbf, without `burst` and `piece`, which the kernel reports
			       * as times: */
	uint32_t burst_ticks; /* CNI_QDISC_TICK nanoseconds each, at `rate` */
	uint32_t piece_ticks; /* and at `peak_rate` */
	uint32_t target;      /* of a fq_codel: microseconds */
};
#define CNI_QDISC_TICK 64 /* PSCHED_SHIFT, the kernel's net/pkt_sched.h */

/* Reads the qdisc at `parent` of the link `index`: TC_H_ROOT, TC_H_INGRESS, or the class
 * <handle>:1 of a tbf. Fails with CNI_EKERNEL, errnum ENODEV if there is no such link. */
int cni_qdisc_get(struct cni_nl *nl, int index, uint32_t parent, struct cni_qdisc *ret_qdisc,
		  struct cni_error *err);

/* Each adds a qdisc where there is none yet: errnum EEXIST otherwise. The kernel's default
 * qdiscs do not count. */
int cni_qdisc_add_tbf(struct cni_nl *nl, int index, const struct cni_tbf *tbf,
		      struct cni_error *err);
int cni_qdisc_add_ingress(struct cni_nl *nl, int index, struct cni_error *err);

/* Adds a fq_codel under our tbf, instead of its built-in queue: a queue for each flow, and the
 * flow with least to send goes first. `target` is the acceptable standing delay of packets in
 * microseconds. Fails with errnum ENOENT if this kernel has no fq_codel. */
int cni_qdisc_add_fq_codel(struct cni_nl *nl, int index, uint32_t target, struct cni_error *err);

/* Deletes the qdisc at `parent`, if it has this handle. Fails with errnum ENOENT if there is
 * none, EINVAL if there is another. */
int cni_qdisc_del(struct cni_nl *nl, int index, uint32_t parent, uint32_t handle,
		  struct cni_error *err);

/* True if this kernel has qdiscs of `kind`: requests a qdisc that cannot be made, so never call
 * this for a kind that needs no options. Loads the kernel's module. */
int cni_qdisc_is_known(struct cni_nl *nl, const char *kind, bool *ret_known, struct cni_error *err);

CNI_END_DECLS

#endif
