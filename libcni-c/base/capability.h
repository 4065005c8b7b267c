/* SPDX-License-Identifier: Apache-2.0 */
/* The process's capabilities(7). */
#ifndef CNI_CAPABILITY_H
#define CNI_CAPABILITY_H

#include "error.h"

#include <stdbool.h>

/* True if the capability (CAP_NET_ADMIN, linux/capability.h) is effective, or if the kernel does not
 * tell. */
bool cni_capability_is_effective(int capability);

/* Adds to the message of an error that the kernel refused something (errnum EPERM), which of the
 * capabilities that a plugin needs the process does not have. Any other error stays as it is. */
void cni_capability_explain(struct cni_error *err);

#endif
