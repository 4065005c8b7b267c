/* SPDX-License-Identifier: Apache-2.0 */
/* The sidecar of a network: an index that makes ADD and DEL cost the same with one reservation
 * and with 60,000, and has facts that the address files lack. The Go plugin does not know the
 * sidecar. In <dataDir>/.cni-c/<network>:
 *
 *	head        which state of the network's directory the rest is about
 *	owners/     record.h
 *	*.bits, *.released    pool.h
 *	*.keys      sticky.h
 *
 * After each write, we set the directory's modification time to a value that no other process
 * would, and note this time in the head. Another process that adds, removes or renames a file
 * changes the time; so does our own process if killed before the note. Then, and in each new
 * boot, the sidecar is rebuilt from the address files. An operator may remove the sidecar at any
 * time: the boot of the reservations is then unknown, and they count as this boot's. */
#ifndef HOST_LOCAL_INDEX_H
#define HOST_LOCAL_INDEX_H

#include "boot.h"
#include "listing.h"
#include "network_dir.h"
#include "pool.h"
#include "record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct index;

/* Opens the sidecar of `dir`, which must stay open, in this boot. NULL if there is none and,
 * with `make`, none can be made: the caller then works without a sidecar. */
struct index *index_open(const struct network_dir *dir, const struct boot_id *boot, bool make);

void index_close(struct index *index);

/* Removes the sidecar with all that is in it. */
void index_remove(const struct network_dir *dir);

/* True if the sidecar describes the current state of the directory. */
bool index_is_current(struct index *index);

/* True if the sidecar is of this boot, even if the directory has changed since. Otherwise the
 * sidecar does not know release times. */
bool index_is_of_this_boot(struct index *index);

/* Descriptors for pool.h and sticky.h, and for record.h. */
int index_dir(const struct index *index);
int index_owners(const struct index *index);

/* The counts in the head, if the sidecar is current. */
struct index_head {
	uint64_t taken;	  /* how many addresses are taken according to the bits */
	uint64_t stale;	  /* how many reservations are of an earlier boot */
	uint32_t counted; /* when all was last compared with the directory: a boot_seconds() */
	uint32_t
		medium; /* of the network's directory: INDEX_LASTING, INDEX_FLEETING, or not known */
};
/* No value that older versions leave there. */
#define INDEX_LASTING  0x1a571776U
#define INDEX_FLEETING 0xf1ee7176U
struct index_head *index_head(struct index *index);

/* Notes that the sidecar describes the current state of the directory. Under the lock. */
void index_stamp(struct index *index);

/* Writes the head alone, if the directory is unchanged. */
void index_save_head(struct index *index);

/* Marks the sidecar to be rebuilt. */
void index_forget(struct index *index);

/* Fills in a lease's boot and namespace from the records. `index` may be NULL. */
void index_tell(const struct index *index, struct lease *lease);

/* Repairs the records: removes records without a file, and adds a record of this boot for files
 * without one. Fills in the leases likewise, sets the head's counts, and forgets release times
 * of another boot. Under the lock. Returns 0, or -1 and errno if it cannot be written. */
int index_learn(struct index *index, struct listing *listing);

#endif
