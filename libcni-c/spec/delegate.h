/* SPDX-License-Identifier: Apache-2.0 */
/* Delegation to an IPAM plugin (CNI SPEC, section 4): found on CNI_PATH, and run with our
 * environment and the unchanged bytes of our stdin. */
#ifndef CNI_DELEGATE_H
#define CNI_DELEGATE_H

#include "decls.h"
#include "error.h"
#include "result.h"
#include "verbs.h"

#include <stdbool.h>
#include <stddef.h>

CNI_BEGIN_DECLS

/* A plugin that an executable contains besides its own. If the executable on CNI_PATH has the
 * same NT_GNU_BUILD_ID as the contained plugin (under any name), this process runs the contained
 * one: starting a process is a large part of the cost of an ADD. Any other executable is run. A
 * contained plugin's ADD must be atomic. */
struct cni_contained {
	const struct cni_verbs *verbs;
	const char *build_id; /* bytes */
	size_t build_id_size;
};

/* The IPAM plugin of a call; zeroes: not found yet. */
struct cni_delegate {
	char *file;
	bool is_contained;
};

void cni_delegate_clear(struct cni_delegate *delegate);

/* Finds it. Refuses, with CNI_ECONFIG, an `ipam.type` that cannot be found on CNI_PATH or that leads back
 * to the plugin itself: by its name, by its executable, or because the plugin was started as
 * this same IPAM plugin (CNI_C_IPAM in the environment lists the running types, "a:b"). For ADD,
 * before anything is changed: cni_delegate_run() may then be given what was found. */
int cni_delegate_find(const struct cni_call *call, enum cni_command command,
		      struct cni_delegate *ret_delegate, struct cni_error *err);

/* Runs the configuration's `ipam.type` with `command`. For CNI_ADD, `ret_result` gets the result
 * (the caller clears it), and after a failure or an invalid result the plugin is sent a DEL, as
 * the specification requires; otherwise `ret_result` may be NULL.
 * Fails as cni_delegate_find() (for CNI_STATUS with CNI_EUNAVAILABLE if there is no such
 * plugin), with the plugin's own code, or as cni_exec_run() does; the plugin's name prefixes the
 * message. */
int cni_delegate_ipam(const struct cni_call *call, enum cni_command command,
		      struct cni_result *ret_result, struct cni_error *err);

/* The same with the plugin that was found; not found: it is looked for. */
int cni_delegate_run(const struct cni_call *call, const struct cni_delegate *delegate,
		     enum cni_command command, struct cni_result *ret_result,
		     struct cni_error *err);

CNI_END_DECLS

#endif
