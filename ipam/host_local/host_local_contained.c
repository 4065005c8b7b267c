/* SPDX-License-Identifier: Apache-2.0 */
/* host-local, contained in another plugin: its verbs and the build id of its executable. */
#include "host_local.h"

#include "host_local_build_id.h"

const struct cni_contained host_local_contained = {
	.verbs = &host_local,
	.build_id = HOST_LOCAL_BUILD_ID,
	.build_id_size = sizeof(HOST_LOCAL_BUILD_ID) - 1,
};
