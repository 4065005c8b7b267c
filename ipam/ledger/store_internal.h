/* SPDX-License-Identifier: Apache-2.0 */
/* The struct and functions that store.c (open, read, search) and store_write.c share. */
#ifndef HOST_LOCAL_STORE_INTERNAL_H
#define HOST_LOCAL_STORE_INTERNAL_H

#include "index.h"
#include "store.h"

/* The files last_reserved_ip of the first sets stay open from reading to writing. */
#define LASTS_OPEN 4

struct store {
	struct network_dir dir;
	struct boot_id boot;
	struct index *index; /* NULL: we do without */
	struct pool *pool;
	bool is_current; /* the pool is what the sidecar says, not what was read just now */
	bool reserved;	 /* something of ours is in the directory now */
	bool changed;	 /* the sidecar has something to note */
	bool unread;	 /* not all files could be read: what was learned is not to be noted */
	uint32_t medium; /* as in the head; 0: not known yet */
	struct lease_last lasts[LASTS_OPEN];
	bool mistaken; /* the sidecar was wrong, or could not be written: it has to learn anew */
};

#endif
