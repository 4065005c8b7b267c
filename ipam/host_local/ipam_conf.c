/* SPDX-License-Identifier: Apache-2.0 */
#include "ipam_conf.h"

int ipam_conf_check_count(size_t v4, size_t v6, enum cni_version version, struct cni_error *err)
{
	if (version < CNI_0_3_0 && (v4 > 1 || v6 > 1))
		return cni_fail(err, CNI_ECONFIG,
				"CNI version %s does not support more than 1 address per family",
				cni_version_text(version));
	return 0;
}
