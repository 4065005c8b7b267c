/* SPDX-License-Identifier: Apache-2.0 */
/* A request to a plugin: the configuration derived from the list's (CNI SPEC, section 3,
 * "Deriving request configuration"), the environment, and the run. chain.h runs all plugins. */
#ifndef CNI_REQUEST_H
#define CNI_REQUEST_H

#include "conflist.h"
#include "decls.h"
#include "env.h"
#include "error.h"
#include "exec.h"
#include "json.h"

CNI_BEGIN_DECLS

/* A verb for one plugin. */
struct cni_request {
	enum cni_command command;
	const char *
		type; /* the executable, such as the plugin's `ipam.type`; NULL: the plugin's own */
	const char *path; /* CNI_PATH */
	/* NULL or "" if the command does not need the variable. */
	const char *container;
	const char *netns;
	const char *ifname;
	const char *args;
	/* For ADD, CHECK and DEL; NULL: none. */
	const cJSON *capability_args; /* an object */
	const cJSON *prev_result;
	/* For GC: an array of {"containerID", "ifname"}. */
	const cJSON *valid;
};

/* Makes the stdin of `plugin`, one of `list`: its configuration with
 *
 *	name, cniVersion    the list's
 *	prevResult          that of the request, or none
 *	runtimeConfig       of the capability arguments those that `capabilities` declares; if none
 *	                    is left the key stays as it is written
 *	capabilities        removed for ADD, CHECK and DEL, as the specification asks (libcni leaves it)
 *	cni.dev/valid-attachments, cni.dev/attachments
 *	                    for GC: the specification's key, and the one it had by mistake
 *
 * and all other keys unchanged. The caller frees with cJSON_Delete(). */
cJSON *cni_request_config(const struct cni_request *request, const struct cni_conflist *list,
			  const cJSON *plugin);

/* Runs `plugin`. The plugin inherits our environment, with the six variables of the protocol
 * replaced. Its output goes to `ret_answer` (NULL allowed), which the caller clears. The
 * plugin's type and the command prefix the message of a failure.
 * Fails as cni_exec_find() and cni_exec_run(). */
int cni_request_run(const struct cni_request *request, const struct cni_conflist *list,
		    const cJSON *plugin, struct cni_answer *ret_answer, struct cni_error *err);

/* Asks the plugin `type` for its versions: `ret_versions` gets a list of strings, and the caller
 * frees it with cJSON_Delete(). A plugin from before VERSION speaks 0.1.0.
 * Fails as cni_request_run(), and with CNI_EDECODE if the answer is none. */
int cni_request_versions(const char *type, const char *path, cJSON **ret_versions,
			 struct cni_error *err);

/* Asks the plugin `type` for its keys (describe.h): `ret_description` gets the object, and the caller
 * frees it with cJSON_Delete(). Fails as cni_request_run() (a plugin that does not know DESCRIBE: with its
 * own words), and with CNI_EDECODE if the answer is none. */
int cni_request_describe(const char *type, const char *path, cJSON **ret_description,
			 struct cni_error *err);

CNI_END_DECLS

#endif
