/* SPDX-License-Identifier: Apache-2.0 */
/* The sidecar's record of each reservation, found by its owner. Records are symbolic links: each
 * is made, read and removed atomically by a single system call, and the file system's journal
 * keeps them in order with the address files.
 *
 *	<owner>.<k>  ->  "10.1.0.7 <boot id> <netns dev>:<netns ino>:<netns cookie> <mark> <digest>"
 *
 * A namespace without a cookie has the first two numbers only (netns_id.h). The mark is the
 * address file's (lease_file.h). The digest is of the text before it: a record that is damaged
 * cannot make a lease look as if it were of an earlier boot. `owner` is a digest of container
 * and interface name. Its records are numbered from 0 without gaps. A record without its file's
 * mark belongs to an earlier file and is ignored. */
#ifndef HOST_LOCAL_RECORD_H
#define HOST_LOCAL_RECORD_H

#include "boot.h"
#include "ip.h"
#include "lease_file.h"

#include <stdbool.h>
#include <stddef.h>

#define RECORD_OWNER_SIZE 33
struct record_owner {
	char digits[RECORD_OWNER_SIZE];
};

struct record {
	struct cni_ip ip;
	struct boot_id boot;
	struct netns_id netns;
	char mark[LEASE_MARK_SIZE];
};

struct record_owner record_owner(const char *container, const char *ifname);

/* Reads the k-th record of an owner in `dir`. Returns 1; 0 if there is none; -1 and errno if the
 * record cannot be read, EINVAL if it is malformed. */
int record_get(int dir, const struct record_owner *owner, size_t k, struct record *ret_record);

/* Reads the record of an owner's address. False if there is none, or an earlier record cannot be
 * read. */
bool record_find(int dir, const struct record_owner *owner, const struct cni_ip *ip,
		 struct record *ret_record);

/* Fills in the boot and the namespace of a lease that is held, if the record is of its file. */
void record_tell(const struct record *record, struct lease *lease);

/* Adds a record, or replaces the one of the same address. Returns 0, or -1 and errno. */
int record_put(int dir, const struct record_owner *owner, const struct record *record);

/* Removes the record of an owner's address, if there is one. Returns 0, or -1 and errno. */
int record_remove(int dir, const struct record_owner *owner, const struct cni_ip *ip);

/* A record in the directory. `owner` and `record` are NULL if the record is malformed, or cannot
 * be found because an earlier one is missing. */
typedef void record_visitor(const char *name, const struct record_owner *owner,
			    const struct record *record, void *data);

/* Shows all entries of `dir`, in the order of names. Reads only. Returns 0, or -1 and errno. */
int record_walk(int dir, record_visitor *visit, void *data);

typedef bool record_keeper(const struct record_owner *owner, const struct record *record,
			   void *data);

/* Removes all records for which `keep` returns false, and all other entries of `dir`.
 * Returns 0, or -1 and errno. */
int record_sweep(int dir, record_keeper *keep, void *data);

#endif
