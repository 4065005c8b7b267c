/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_control.h"

#include <string.h>

/* musl's CMSG_NXTHDR() has a mask that is negative. */
#pragma GCC diagnostic ignored "-Wsign-conversion"

bool dhcp_control_read(struct msghdr *message, int level, int type, void *ret_data, size_t size)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != level || c->cmsg_type != type || c->cmsg_len < CMSG_LEN(size))
			continue;
		memcpy(ret_data, CMSG_DATA(c), size);
		return true;
	}
	return false;
}
