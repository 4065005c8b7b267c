/* SPDX-License-Identifier: Apache-2.0 */
#include "canonical.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

char *cni_canonical_path(const char *path)
{
	freeing char *real = realpath(path, NULL);
	freeing char *dir = NULL;
	const char *name = strrchr(path, '/');

	if (real)
		return take_ptr(real);
	/* The file is gone, or in /proc/PID/ns, where links lead to "net:[4026531840]". */
	if (!name || name == path)
		return cni_strdup(path);
	dir = cni_strndup(path, (size_t)(name - path));
	real = realpath(dir, NULL);
	if (!real)
		real = cni_canonical_path(dir);
	return cni_format("%s%s", strcmp(real, "/") ? real : "", name);
}
