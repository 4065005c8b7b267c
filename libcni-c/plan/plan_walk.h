/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over the parts of a plan: ADD and CHECK walk it down, DEL and rollback walk it up. CNI_C_TRACE in the
 * environment has each step printed to stderr. */
#ifndef CNI_PLAN_WALK_H
#define CNI_PLAN_WALK_H

#include "plan.h"

/* Calls the parts' verbs for the command of the call. A failed ADD undoes what it has made, and notes in the details
 * of `err` what could not be undone. Returns 0, or -1 with `err` of the first part that failed. */
int cni_plan_walk(const struct cni_plan *plan, struct cni_attachment *at, struct cni_error *err);

/* Calls the parts' visit(), in the container's namespace: see struct cni_visit. `data` is the plan. */
int cni_plan_visit(struct cni_attachment *at, const void *data, struct cni_error *err);

#endif
