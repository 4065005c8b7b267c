/* SPDX-License-Identifier: Apache-2.0 */
/* Names the holder of a lock that we could not take, for the error. */
#ifndef HOST_LOCAL_LOCK_HOLDER_H
#define HOST_LOCAL_LOCK_HOLDER_H

#define LOCK_HOLDER_SIZE 200

/* "process 4711 (host-local), for at least 10.0 s; that process has run for 12.5 s": the holder of
 * the flock(2) on `fd`'s file, as /proc/locks (proc(5)) names it, after `waited_ms` in vain. The
 * kernel does not say since when a lock is held: not longer than its process runs. Returns `text`.
 */
const char *lock_holder_describe(int fd, unsigned int waited_ms, char text[LOCK_HOLDER_SIZE]);

#endif
