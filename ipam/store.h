/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of reservations, with the very files of the Go plugin, so that either can work on
 * the other's directory, even at the same time:
 *
 *	<dataDir>/<network>/10.1.0.7            "<container id>\r\n<ifname>", mode 0600; files of
 *	                                        old versions hold the id alone
 *	<dataDir>/<network>/last_reserved_ip.N  the last address of range set N, no newline
 *	<dataDir>/<network>/lock                held with flock(2) by whoever writes
 *
 * An address file appears whole or not at all. One that is empty is what a plugin left that was
 * killed between creating and writing it, or what a power cut made of it: it reserves nothing. */
#ifndef HOST_LOCAL_STORE_H
#define HOST_LOCAL_STORE_H

#include "error.h"
#include "ip.h"

#include <stdbool.h>
#include <stddef.h>

/* How long to wait for the lock. It is held for a few system calls, so whoever waits this long
 * waits for a process that is stopped. */
#define STORE_LOCK_MS 10000

struct store;

enum lease_state {
	LEASE_HELD,   /* somebody's */
	LEASE_OPAQUE, /* taken, but by whom cannot be read: see `errnum` */
	LEASE_JUNK,   /* an empty file: free */
};

/* One reservation. Belongs to its store, until that is closed or the lease is released. */
struct lease {
	struct cni_ip ip;
	enum lease_state state;
	const char *container; /* "" unless held */
	const char *ifname;    /* "" unless held, and in files that hold only the id */
	int errnum;	       /* of reading an opaque one: EISDIR if it is a directory */
};

/* Three ways in. `*ret_store` becomes NULL if the network has no directory, which is no failure.
 *
 * store_look: to read only, without the lock.
 * store_open: to release, under the lock. Makes nothing.
 * store_make: to reserve, under the lock. Makes the directories that are missing (mode 0755); the
 * network's own goes again at store_close() if nothing was reserved in it.
 *
 * `network` must be a name checked by cni_name_check_network(). Nothing beneath `data_dir` is
 * opened through a link. They fail with CNI_EIO, naming 'dataDir' and the path, and CNI_ELOCKED. */
int store_look(const char *data_dir, const char *network, struct store **ret_store,
	       struct cni_error *err);
int store_open(const char *data_dir, const char *network, struct store **ret_store,
	       struct cni_error *err);
int store_make(const char *data_dir, const char *network, struct store **ret_store,
	       struct cni_error *err);

/* Unlocks and frees; NULL is allowed. */
void store_close(struct store *store);

static inline void store_closep(struct store **store)
{
	store_close(*store);
}
#define closing_store __attribute__((cleanup(store_closep)))

/* Who holds `ip`: NULL if it is free. `store` may be NULL: then everything is. */
const struct lease *store_find(struct store *store, const struct cni_ip *ip);

/* The lease after `previous` (NULL: the first one), in the order of addresses; NULL at the end.
 * Leases of all states. `store` may be NULL. */
const struct lease *store_next(struct store *store, const struct lease *previous);

/* The leases of a container's interface; if there is none, those that hold only the container's id.
 * The caller frees the array. Returns their number. `store` may be NULL. */
size_t store_find_owner(struct store *store, const char *container, const char *ifname,
			const struct lease ***ret_leases);

/* The last address reserved for range set `set`. False if none is known. `store` may be NULL. */
bool store_last(const struct store *store, size_t set, struct cni_ip *ret_ip);

/* An address to be reserved, and its range set. */
struct store_claim {
	struct cni_ip ip;
	size_t set;
};

/* Reserves all claims for a container's interface, on the disk when this returns, or leaves the
 * directory as it was. Claims are what store_find() said to be free, each address and each set
 * once. Fails with CNI_EIO, and CNI_ETAKEN if somebody who ignores the lock was quicker. */
int store_reserve(struct store *store, const struct store_claim *claims, size_t count,
		  const char *container, const char *ifname, struct cni_error *err);

/* Removes a lease. One that is gone already is success. Fails with CNI_EIO. */
int store_release(struct store *store, const struct lease *lease, struct cni_error *err);

/* Could store_make() and store_reserve() write? Asks without making or writing anything.
 * Fails with CNI_EIO, saying what is in the way. */
int store_check_writable(const char *data_dir, const char *network, struct cni_error *err);

#endif
