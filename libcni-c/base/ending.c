/* SPDX-License-Identifier: Apache-2.0 */
#include "ending.h"

#include <unistd.h>

static bool is_near;

void cni_ending_begin(void)
{
#ifndef __SANITIZE_ADDRESS__
	is_near = true;
#endif
}

bool cni_ending_is_near(void)
{
	return is_near;
}

void cni_ending_close(int fd)
{
	if (fd >= 0 && !is_near)
		close(fd);
}
