/* SPDX-License-Identifier: Apache-2.0 */
/* Which container of a Kubernetes pod has an attachment. A runtime that is killed while it starts
 * pods may forget a sandbox and never send its DEL; the next sandbox of the same pod then meets its
 * addresses and published ports. K8S_POD_UID in CNI_ARGS tells that both are one pod: the newer one
 * takes over, which means that the older one's DEL is done for it first.
 *
 *	/run/cni/pods/blue/<uid>:portmap:eth0 -> <container>
 *
 * is a link whose target is the container's id: one for each network, plugin and interface. Without
 * K8S_POD_UID there is none. */
#ifndef CNI_POD_H
#define CNI_POD_H

#include "error.h"
#include "verbs.h"

#include <stdbool.h>

/* Before ADD: runs `del` for an older container of the pod, with a call that has neither a namespace
 * nor a prevResult, and notes this one. A failure is told on stderr: ADD shows whether it matters.
 * Returns true if this container is noted and was not before. */
bool cni_pod_take_over(const struct cni_call *call, const char *type,
		       int (*del)(const struct cni_call *call, struct cni_error *err));

/* After DEL, and after an ADD that has noted this container and failed: forgets this container. */
void cni_pod_forget(const struct cni_call *call, const char *type);

/* GC: forgets the containers that are not among call->conf.valid. */
void cni_pod_collect(const struct cni_call *call, const char *type);

#endif
