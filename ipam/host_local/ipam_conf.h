/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that the configurations of all IPAM plugins have. */
#ifndef IPAM_CONF_H
#define IPAM_CONF_H

#include "error.h"
#include "json.h"
#include "result.h"
#include "version.h"

#include <stddef.h>

/* Before 0.3.0 a result had room for one address of each family. Fails with CNI_ECONFIG. */
int ipam_conf_check_count(size_t v4, size_t v6, enum cni_version version, struct cni_error *err);

/* The routes of the key 'ipam.routes' (NULL: none); a null among them is none. The caller frees them
 * with free(), also after a failure. Fails with CNI_ECONFIG. */
int ipam_conf_routes(const cJSON *list, struct cni_route **ret_routes, size_t *ret_count,
		     struct cni_error *err);

#endif
