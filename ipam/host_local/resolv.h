/* SPDX-License-Identifier: Apache-2.0 */
/* A resolv.conf(5) as the resolver settings of a result. */
#ifndef HOST_LOCAL_RESOLV_H
#define HOST_LOCAL_RESOLV_H

#include "error.h"
#include "result.h"

/* Adds the settings of the file at `path` to `dns` (the caller clears it): each nameserver, the
 * words of all "search" and "options" lines, and the last "domain". Other lines and comments are
 * ignored. Fails with CNI_EIO if it is not a readable regular file and CNI_ECONFIG if it holds a
 * NUL byte or more than 64 KiB. */
int resolv_read(const char *path, struct cni_dns *dns, struct cni_error *err);

#endif
