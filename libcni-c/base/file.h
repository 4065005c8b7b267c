/* SPDX-License-Identifier: Apache-2.0 */
/* Files: read up to a limit, replace atomically, lock with a deadline. */
#ifndef CNI_FILE_H
#define CNI_FILE_H

#include "decls.h"
#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

CNI_BEGIN_DECLS

/* Reads all of `fd` into memory that the caller frees; a NUL follows the last byte and is not
 * counted. `what` names the source in errors ("stdin").
 * Fails with CNI_EIO, and with CNI_EDECODE if there are more than `max` bytes. */
int cni_file_read_fd(int fd, size_t max, const char *what, char **ret_data, size_t *ret_size,
		     struct cni_error *err);

/* As above for `path`, relative to the directory `dir` (AT_FDCWD allowed). `err->errnum` is ENOENT
 * if there is no such file. A path that is not a regular file is refused; the last component may
 * be a link only if `follow`. */
int cni_file_read_at(int dir, const char *path, bool follow, size_t max, char **ret_data,
		     size_t *ret_size, struct cni_error *err);

/* Opens the directory `path`, relative to the directory `dir`, without following a link in any component: with one
 * system call (openat2(2)), or step by step where there is none (before Linux 5.6). Returns a descriptor, or -1 and
 * errno. */
int cni_file_open_directory_at(int dir, const char *path);

/* Writes all of `data`, also if write(2) takes it in pieces or is interrupted. Returns -1 and errno; a part may
 * have been written. */
int cni_file_write_all(int fd, const void *data, size_t size);

/* Makes `path` hold exactly `size` bytes, or leaves it as it was: a temporary file beside it,
 * fsync(2), rename(2), fsync of the directory. Mode 0600. Fails with CNI_EIO. */
int cni_file_replace_at(int dir, const char *path, const void *data, size_t size,
			struct cni_error *err);

/* mkdir -p; directories that are made get `mode`. Fails with CNI_EIO, naming the part that failed.
 */
int cni_file_make_directories(const char *path, mode_t mode, struct cni_error *err);

/* True if a file could not be written because the place is not for us to write: a read-only file system, or
 * another user's directory. */
bool cni_file_is_refused(const struct cni_error *err);

/* For STATUS: succeeds if a file could be made in the directory `path`; missing directories
 * could be made. The first existing part must be a writable directory, and its file system must
 * not be read-only and must have a block and an inode left. Writes nothing.
 * Fails with CNI_EIO, naming that part; errnum ENOSPC, EROFS, … */
int cni_file_check_writable(const char *path, struct cni_error *err);

/* flock(2) `fd` for `operation` (LOCK_SH, LOCK_EX), waiting at most `milliseconds`; 0 tries
 * once. Nothing is polled: a timer interrupts the wait. The lock goes with the descriptor, so a
 * killed holder blocks no process.
 * Fails with CNI_ELOCKED (errnum EWOULDBLOCK) at the deadline and CNI_EIO otherwise. */
int cni_file_lock(int fd, int operation, unsigned int milliseconds, struct cni_error *err);

CNI_END_DECLS

#endif
