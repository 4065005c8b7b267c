/* SPDX-License-Identifier: Apache-2.0 */
/* Delegation to an IPAM plugin (CNI SPEC, section 4): found on CNI_PATH, with our environment and
 * the very bytes that we were given. */
#ifndef CNI_DELEGATE_H
#define CNI_DELEGATE_H

#include "decls.h"
#include "error.h"
#include "result.h"
#include "verbs.h"

CNI_BEGIN_DECLS

/* A plugin that an executable contains besides its own. If the executable that CNI_PATH leads to is
 * this very one of the same build (its NT_GNU_BUILD_ID says so, whatever its name), starting it
 * would only repeat what can be done in this process; starting a process is a good part of what an
 * ADD costs. Any other executable is run. Such a plugin's ADD must be all or nothing. */
struct cni_contained {
	const struct cni_verbs *verbs;
	const char *build_id; /* bytes */
	size_t build_id_size;
};

/* Refuses, with CNI_ECONFIG, an `ipam.type` that cannot be found on CNI_PATH or that leads back to the
 * plugin itself: by its name, by its executable, or because the plugin was started as this very
 * IPAM plugin, for which CNI_C_IPAM in the environment has the types that are under way ("a:b").
 * For ADD, before anything is changed; cni_delegate_ipam() asks it as well. */
int cni_delegate_check(const struct cni_call *call, struct cni_error *err);

/* Runs the configuration's `ipam.type` with `command`. For CNI_ADD, `ret_result` gets what it
 * answers (the caller clears it), and if it fails or answers nonsense it is sent a DEL, as the
 * specification asks; otherwise `ret_result` may be NULL.
 * Fails as cni_delegate_check() (for CNI_STATUS with CNI_EUNAVAILABLE if there is no such plugin),
 * with the plugin's own code, or as cni_exec_run() does; the plugin's name stands before the
 * message. */
int cni_delegate_ipam(const struct cni_call *call, enum cni_command command,
		      struct cni_result *ret_result, struct cni_error *err);

CNI_END_DECLS

#endif
