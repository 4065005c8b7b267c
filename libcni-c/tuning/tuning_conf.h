/* SPDX-License-Identifier: Apache-2.0 */
/* tuning's configuration, with the runtime's additions. */
#ifndef CNI_TUNING_CONF_H
#define CNI_TUNING_CONF_H

#include "decls.h"
#include "describe.h"
#include "error.h"
#include "tuning.h"
#include "verbs.h"

CNI_BEGIN_DECLS

struct cni_tuning_conf {
	const char *data_dir; /* belongs to the call's JSON, as do the keys */
	struct cni_tuning wanted;
	const char **keys; /* of the sysctls, in their order, as they stand in the configuration */
};

/* Its keys, for DESCRIBE. */
extern const struct cni_description cni_tuning_description;

/* For ADD, CHECK and STATUS. Fails with CNI_ECONFIG; in any case cni_tuning_conf_clear()
 * afterwards.
 */
int cni_tuning_conf_read(const struct cni_call *call, struct cni_tuning_conf *ret_conf,
			 struct cni_error *err);
void cni_tuning_conf_clear(struct cni_tuning_conf *conf);

/* Reads the data directory alone, for DEL and GC: a value that ADD refuses counts as absent.
 * Belongs to the call's JSON. */
const char *cni_tuning_conf_data_dir(const struct cni_call *call);

/* Succeeds if the administrator's file at `path` (sysctl_allowlist.h) allows all of the sysctls.
 * Fails as cni_sysctl_allowlist_read() and cni_sysctl_allowlist_check(). */
int cni_tuning_conf_check_allowed(const struct cni_tuning_conf *conf, const char *path,
				  struct cni_error *err);

CNI_END_DECLS

#endif
