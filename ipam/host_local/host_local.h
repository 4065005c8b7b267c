/* SPDX-License-Identifier: Apache-2.0 */
/* host-local: addresses for this host's containers out of configured ranges, round robin, recorded
 * in files. It speaks to no kernel and no server. */
#ifndef HOST_LOCAL_VERBS_H
#define HOST_LOCAL_VERBS_H

#include "delegate.h"
#include "verbs.h"

/* The plugin as five functions: its own executable calls them, and others contain them. */
extern const struct cni_verbs host_local;

/* Makes a plugin run host-local without starting its executable, if that is from the same build. */
extern const struct cni_contained host_local_contained;

#endif
