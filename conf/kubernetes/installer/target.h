/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of the node that files are put into: readers see the earlier file or the new one, and nothing else. */
#ifndef TARGET_H
#define TARGET_H

#include "error.h"

#include <sys/types.h>

struct target {
	const char *path; /* for errors; the caller's */
	int fd;		  /* -1: closed */
};

/* Opens the directory and locks it (flock(2)) until target_close(), against the installer of a pod that this one
 * replaces, and scripts/install; removes what a killed installer has left unfinished there.
 * Fails with CNI_EIO, and with CNI_ELOCKED after a minute. */
int target_open(const char *path, struct target *ret_target, struct cni_error *err);

/* Does nothing for a closed one. For the cleanup attribute, too. */
void target_close(struct target *target);
#define closing_target __attribute__((cleanup(target_close)))

/* Makes `name` a file with this mode and with what `source` holds from its offset on, or leaves it as it was: a
 * temporary name in the directory, fsync(2), rename(2). Fails with CNI_EIO. */
int target_put(const struct target *target, int source, const char *name, mode_t mode,
	       struct cni_error *err);

/* fsync(2) of the directory. Fails with CNI_EIO. */
int target_sync(const struct target *target, struct cni_error *err);

#endif
