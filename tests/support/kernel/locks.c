/* SPDX-License-Identifier: Apache-2.0 */
#include "locks.h"

#include "sandbox.h"
#include "test.h"

#include <fcntl.h>

int locks_hold(short type)
{
	struct flock all = {.l_type = type, .l_whence = SEEK_SET};
	int fd;

	sandbox_must("mkdir -p -m 700 /run/cni /run/cni/locks");
	fd = open("/run/cni/locks/held", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &all), 0);
	return fd;
}
