/* SPDX-License-Identifier: Apache-2.0 */
#include "capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool cni_capability_is_effective(int capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return true;
	return data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

void cni_capability_explain(struct cni_error *err)
{
	size_t used = strlen(err->msg);
	bool has_net;
	bool has_sys;

	if (err->errnum != EPERM)
		return;
	has_net = cni_capability_is_effective(CAP_NET_ADMIN);
	has_sys = cni_capability_is_effective(CAP_SYS_ADMIN);
	if (has_net && has_sys)
		return;
	snprintf(err->msg + used, sizeof(err->msg) - used, " (the process has no %s%s%s)",
		 has_net ? "" : "CAP_NET_ADMIN", has_net || has_sys ? "" : " and no ",
		 has_sys ? "" : "CAP_SYS_ADMIN");
}
