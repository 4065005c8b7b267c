/* SPDX-License-Identifier: Apache-2.0 */
/* Locks between the processes of this host, by name. All of them are bytes of one file,
 *
 *	/run/cni/locks/held
 *
 * in a directory that only its owner can enter (mode 0700): no other user and no container can
 * hold a lock. The name's SHA-512 chooses the byte; the file stays empty, and nothing has to be
 * removed. A lock is an open file description lock (fcntl(2), F_OFD_SETLK): it goes with its
 * descriptor, so a killed holder blocks no other process. */
#ifndef CNI_LOCK_H
#define CNI_LOCK_H

#include "error.h"

enum cni_lock_kind {
	CNI_LOCK_SHARED,    /* beside other shared ones */
	CNI_LOCK_EXCLUSIVE, /* alone */
};

/* Takes the lock `name`, waiting at most `milliseconds`; 0 tries once. `*ret_lock` gets a descriptor
 * that holds the lock until it is closed; a started program does not inherit it.
 * Fails with CNI_ELOCKED (errnum EWOULDBLOCK) at the deadline, and with CNI_EIO if no lock can
 * be made, for example because /run is read-only. */
int cni_lock_take(const char *name, enum cni_lock_kind kind, unsigned int milliseconds,
		  int *ret_lock, struct cni_error *err);

/* Changes the kind of the lock that `lock` holds. Fails as cni_lock_take(), and leaves the lock
 * as it was. Two holders that both wait for an exclusive lock wait until their deadlines. */
int cni_lock_change(int lock, const char *name, enum cni_lock_kind kind, unsigned int milliseconds,
		    struct cni_error *err);

#endif
