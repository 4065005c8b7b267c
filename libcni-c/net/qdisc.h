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

/* A qdisc cannot bear an owner, but its handle can say that it is ours ("c41:"). */
#define CNI_QDISC_HANDLE TC_H_MAKE(0xc41U << 16, 0)

/* A token bucket (tc-tbf(8)). */
struct cni_tbf {
	uint64_t rate;	    /* bytes a second */
	uint64_t peak_rate; /* the same, at which what is saved up may go; 0: any */
	uint32_t burst;	    /* bytes that may be saved up */
	uint32_t piece;	    /* with a peak rate: bytes that may go at once */
	uint32_t limit;	    /* bytes that may wait, in the queue that it brings along */
};

/* A qdisc as the kernel describes it. */
struct cni_qdisc {
	char kind[16]; /* "": there is none but what the kernel keeps to itself */
	uint32_t handle;
	struct cni_tbf tbf;   /* of a tbf, without `burst` and `piece`, which it tells as times: */
	uint32_t burst_ticks; /* CNI_QDISC_TICK nanoseconds each, at `rate` */
	uint32_t piece_ticks; /* and at `peak_rate` */
	uint32_t target;      /* of a fq_codel: microseconds */
};
#define CNI_QDISC_TICK 64 /* PSCHED_SHIFT, the kernel's net/pkt_sched.h */

/* What is in the place `parent` of the link `index`: TC_H_ROOT, TC_H_INGRESS (for what comes in
 * through it), or the class <handle>:1 of a tbf. Fails with CNI_EKERNEL, errnum ENODEV if there is
 * no such link. */
int cni_qdisc_get(struct cni_nl *nl, int index, uint32_t parent, struct cni_qdisc *ret_qdisc,
		  struct cni_error *err);

/* Each takes a place that nobody has taken: errnum EEXIST otherwise. The defaults that the kernel
 * puts there by itself don't count. */
int cni_qdisc_add_tbf(struct cni_nl *nl, int index, const struct cni_tbf *tbf,
		      struct cni_error *err);
int cni_qdisc_add_ingress(struct cni_nl *nl, int index, struct cni_error *err);

/* Beneath our tbf, in the place of its own queue: one queue for each flow, and the one that has
 * least to send goes first. `target` in microseconds is what a packet may wait for long. Fails with
 * errnum ENOENT if this kernel has no fq_codel. */
int cni_qdisc_add_fq_codel(struct cni_nl *nl, int index, uint32_t target, struct cni_error *err);

/* Deletes what is in the place `parent`, if it has this handle. Fails with errnum ENOENT if there
 * is nothing, EINVAL if it is another one. */
int cni_qdisc_del(struct cni_nl *nl, int index, uint32_t parent, uint32_t handle,
		  struct cni_error *err);

/* Has this kernel qdiscs of `kind`? Asks for one that cannot be made; of kinds that need no options
 * it must not be asked. Loads the kernel's module, if that is where it is. */
int cni_qdisc_is_known(struct cni_nl *nl, const char *kind, bool *ret_known, struct cni_error *err);

CNI_END_DECLS

#endif
