/* SPDX-License-Identifier: Apache-2.0 */
/* The sidecar of a network: what makes ADD and DEL cost the same with one reservation and with
 * 60,000, and what the address files do not say. The Go plugin knows nothing of it. Beneath
 * <dataDir>/.cni-c/<network>:
 *
 *	head        which state of the network's directory the rest is about
 *	owners/     record.h
 *	*.bits, *.released    pool.h
 *	*.keys      sticky.h
 *
 * Whenever we have written, we set the directory's modification time to one that nobody else would,
 * and note it in the head. Whoever else adds, removes or renames a file changes it; so does a
 * process of ours that is killed before it has noted it. Then, and in each new boot, the sidecar is
 * not believed but learned anew from the address files. It may be removed at any time; then it is
 * not known any more which boot the reservations are of, and they count as this boot's. */
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

/* The sidecar of `dir`, which must stay open, in this boot. NULL if there is none and, with `make`,
 * none can be made: then one has to do without. */
struct index *index_open(const struct network_dir *dir, const struct boot_id *boot, bool make);

void index_close(struct index *index);

/* Removes the sidecar with all that is in it. */
void index_remove(const struct network_dir *dir);

/* Is it about the directory as it is now? */
bool index_is_current(struct index *index);

/* Is it of this boot, whatever has become of the directory since? Otherwise it does not know what
 * was released when. */
bool index_is_of_this_boot(struct index *index);

/* Descriptors for pool.h and sticky.h, and for record.h. */
int index_dir(const struct index *index);
int index_owners(const struct index *index);

/* What the head says, if it is current. */
struct index_head {
	uint64_t taken;	  /* how many addresses are taken according to the bits */
	uint64_t stale;	  /* how many reservations are of an earlier boot */
	uint32_t counted; /* when all was last compared with the directory: a boot_seconds() */
};
struct index_head *index_head(struct index *index);

/* Notes that the sidecar is about the directory as it is now. Under the lock. */
void index_stamp(struct index *index);

/* Notes the head alone, of a directory that is as it was. */
void index_save_head(struct index *index);

/* Notes that it has to learn anew. */
void index_forget(struct index *index);

/* Fills in what the records say of a lease: its boot and its namespace. `index` may be NULL. */
void index_tell(const struct index *index, struct lease *lease);

/* Puts the records in order: those of no file are removed, and files that have none get one, of
 * this boot. Fills in the leases likewise, sets the head's counts, and forgets what was released
 * when in another boot. Under the lock. Returns 0, or -1 and errno if it cannot be written. */
int index_learn(struct index *index, struct listing *listing);

#endif
