/* SPDX-License-Identifier: Apache-2.0 */
/* When to sweep: work whose cost grows with the number of attachments is done by one ADD in so many,
 * as many as attachments were left by the last time. So its cost for each ADD is constant on average,
 * and on a node with few attachments each ADD sweeps.
 *
 *	/run/cni/sweep/portmap    "<ADDs since> <attachments left>"
 *
 * The two numbers are written without a lock: a count that is lost makes a sweep one ADD later. */
#ifndef CNI_SWEEP_H
#define CNI_SWEEP_H

#include "decls.h"

#include <stdbool.h>
#include <stddef.h>

CNI_BEGIN_DECLS

/* Counts this ADD. True if it should sweep, also after a boot; false if /run cannot be written. */
bool cni_sweep_is_due(const char *what);

/* A sweep has been done, and so many attachments are left. */
void cni_sweep_is_done(const char *what, size_t left);

CNI_END_DECLS

#endif
