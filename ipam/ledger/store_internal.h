/* SPDX-License-Identifier: Apache-2.0 */
/* The struct and functions that store.c (open, read, search) and store_write.c share. */
#ifndef HOST_LOCAL_STORE_INTERNAL_H
#define HOST_LOCAL_STORE_INTERNAL_H

#include "index.h"
#include "store.h"

struct store {
	struct network_dir dir;
	struct boot_id boot;
	struct index *index; /* NULL: we do without */
	struct pool *pool;
	bool is_current; /* the pool is what the sidecar says, not what was read just now */
	bool reserved;	 /* something of ours is in the directory now */
	bool changed;	 /* the sidecar has something to note */
	bool unread;	 /* not all files could be read: what was learned is not to be noted */
	bool is_judged;	 /* is_lasting is known */
	bool is_lasting; /* files outlast a power cut */
	bool mistaken;	 /* the sidecar was wrong, or could not be written: it has to learn anew */
};

#endif
