/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel.h"

#include <stdlib.h>
#include <sys/utsname.h>

bool cni_kernel_is_at_least(unsigned int major, unsigned int minor, bool otherwise)
{
	struct utsname system;
	unsigned long second;
	unsigned long first;
	char *dot;
	char *end;

	if (uname(&system) < 0)
		return otherwise;
	first = strtoul(system.release, &dot, 10);
	if (dot == system.release || *dot != '.')
		return otherwise;
	second = strtoul(dot + 1, &end, 10);
	if (end == dot + 1)
		return otherwise;
	return first > major || (first == major && second >= minor);
}
