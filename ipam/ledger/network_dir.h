/* SPDX-License-Identifier: Apache-2.0 */
/* <dataDir>/<network>, where a network's reservations are, and the lock in it: held with flock(2) by
 * the process that writes, this plugin or the Go one. Nothing in `data_dir` is opened through a link,
 * with one exception: the directory itself may be a link, which the Go plugin follows, to one that
 * belongs to us and in which no other user can write. It is read, and what is in it is released;
 * nothing is reserved there. */
#ifndef HOST_LOCAL_NETWORK_DIR_H
#define HOST_LOCAL_NETWORK_DIR_H

#include "error.h"

#include <stdbool.h>

/* Where the reservations are. Strings belong to the caller and outlive whatever is opened. */
struct place {
	const char *data_dir;
	const char *network;  /* checked by cni_name_check_network() */
	unsigned int lock_ms; /* how long to wait for the lock */
};

struct network_dir {
	struct place place;
	char *path;
	int fd;		/* -1: there is no such directory */
	int lock;	/* -1: not locked */
	bool is_linked; /* reached through a link */
	bool made;	/* by network_dir_make() */
};

/* network_dir_look: to read only. network_dir_open: to release, locked, if it is there.
 * network_dir_make: to reserve, locked, and what is missing is made (mode 0755). In any case
 * network_dir_close() afterwards.
 *
 * They fail with CNI_EIO, naming 'dataDir' and the path (errnum ENOTDIR if that is a file, or a link
 * that is not followed); with CNI_ELOCKED if the lock is not free in time, saying who holds it; with
 * CNI_EAGAIN if another process removed the directory meanwhile.
 *
 * network_dir_open does not let a DEL fail for what is no obstacle to it: a file or a link that is
 * not followed holds no reservation, and counts as no directory; where there can be no lock (`lock`
 * is a link or a directory, flock(2) is refused or not supported) it goes on without. It says so on
 * stderr. */
int network_dir_look(const struct place *place, struct network_dir *ret_dir, struct cni_error *err);
int network_dir_open(const struct place *place, struct network_dir *ret_dir, struct cni_error *err);
int network_dir_make(const struct place *place, struct network_dir *ret_dir, struct cni_error *err);

/* Removes the directory that network_dir_make() made, if empty. */
void network_dir_unmake(struct network_dir *dir);

void network_dir_close(struct network_dir *dir);

/* "'dataDir' '/var/lib/cni/networks': <what> '/var/lib/cni/networks/blue': <errnum>". Returns -1.
 */
int network_dir_fail(const struct network_dir *dir, int errnum, const char *what,
		     struct cni_error *err);

/* True if GC may judge every lease in the directory by the list of one network: the directory is
 * locked, and is not another network's through a link. Otherwise prints a warning on stderr. */
bool network_dir_may_collect(const struct network_dir *dir);

/* Succeeds if network_dir_make() and its caller could write; writes nothing. Fails with CNI_EIO,
 * naming the obstacle. */
int network_dir_check_writable(const struct place *place, struct cni_error *err);

#endif
