/* SPDX-License-Identifier: Apache-2.0 */
/* An intermediate functional block (ifb): redirecting ingress traffic to this link makes the
 * traffic shapeable as egress. */
#ifndef CNI_IFB_H
#define CNI_IFB_H

#include "decls.h"
#include "error.h"
#include "nl.h"

#include <stdint.h>

CNI_BEGIN_DECLS

/* Gives the link a second name. Fails with errnum EEXIST if that is taken, EOPNOTSUPP on a kernel
 * before 5.5. */
int cni_ifb_add_name(struct cni_nl *nl, int index, const char *name, struct cni_error *err);

CNI_END_DECLS

#endif
