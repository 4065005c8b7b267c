/* SPDX-License-Identifier: Apache-2.0 */
/* Delegation to an IPAM plugin (CNI SPEC, section 4): found on CNI_PATH, with our environment and
 * the very bytes that we were given. */
#ifndef CNI_DELEGATE_H
#define CNI_DELEGATE_H

#include "error.h"
#include "result.h"
#include "verbs.h"

/* Runs the configuration's `ipam.type` with `command`. For CNI_ADD, `ret_result` gets what it
 * answers (the caller clears it), and if it fails or answers nonsense it is sent a DEL, as the
 * specification asks; otherwise `ret_result` may be NULL.
 * Fails with CNI_ECONFIG if there is no such plugin, with the plugin's own code, or as
 * cni_exec_run() does; the plugin's name stands before the message. */
int cni_delegate_ipam(const struct cni_call *call, enum cni_command command,
		      struct cni_result *ret_result, struct cni_error *err);

#endif
