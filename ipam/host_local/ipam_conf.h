/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that the configurations of host-local and static share. */
#ifndef IPAM_CONF_H
#define IPAM_CONF_H

#include "error.h"
#include "version.h"

#include <stddef.h>

/* Before 0.3.0 a result had room for one address of each family. Fails with CNI_ECONFIG. */
int ipam_conf_check_count(size_t v4, size_t v6, enum cni_version version, struct cni_error *err);

#endif
