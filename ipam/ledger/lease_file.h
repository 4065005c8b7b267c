/* SPDX-License-Identifier: Apache-2.0 */
/* One reservation, as one file in the network's directory, with the very name and text that the Go
 * plugin gives it:
 *
 *	10.1.0.7             "<container id>\r\n<ifname>", mode 0600; files of old versions hold
 *	                     the id alone
 *	last_reserved_ip.N   the last address of range set N, no newline
 *
 * An address file appears whole or not at all. One that holds no container id is what a plugin left
 * that was killed between creating and writing it, or what a power cut made of it: it reserves
 * nothing. Whoever writes holds the directory's lock. */
#ifndef HOST_LOCAL_LEASE_FILE_H
#define HOST_LOCAL_LEASE_FILE_H

#include "boot.h"
#include "error.h"
#include "ip.h"
#include "netns_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum lease_state {
	LEASE_JUNK,   /* nothing, or nothing that could be anybody's: free */
	LEASE_HELD,   /* somebody's */
	LEASE_OPAQUE, /* taken, but by whom cannot be read: see `errnum` */
};

/* 8 digits that tell a file from one made later under the same name. */
#define LEASE_MARK_SIZE 9

/* One reservation. What stands behind `boot` the sidecar knows (index.h), not the file. */
struct lease {
	struct cni_ip ip;
	enum lease_state state;
	const char *container; /* "" unless held */
	const char *ifname;    /* "" unless held, and in files that hold only the id */
	int errnum;	       /* of reading an opaque one: EISDIR if it is a directory */
	char mark[LEASE_MARK_SIZE];
	time_t since;	     /* when the file was written, by the wall clock: only to be shown */
	struct boot_id boot; /* of the boot it was made in; "" if not known */
	struct netns_id netns;
	char *text; /* what container and ifname point into */
};

/* Reads the file of `ip` beneath `dir`; one that is not there is junk. lease_clear() afterwards. */
void lease_file_read(int dir, const struct cni_ip *ip, struct lease *ret_lease);

void lease_clear(struct lease *lease);

/* Can it not be read whose it is? A directory is nobody's; what else cannot be read may be
 * anybody's.
 */
bool lease_may_be_anybodys(const struct lease *lease);

/* Is it known to be of another boot than `boot`? Then whoever held it is gone. */
bool lease_is_stale(const struct lease *lease, const struct boot_id *boot);

/* Writes `text` into a temporary file, the `number`-th of this process, and says its mark. With
 * `lasting` it is on the disk when this returns. Fails with CNI_EIO and leaves nothing. */
int lease_file_prepare(int dir, size_t number, const char *text, bool lasting,
		       char ret_mark[LEASE_MARK_SIZE], struct cni_error *err);

/* Gives the temporary file the name of `ip`, in one step. What has that name counts as taken unless
 * it is junk, and fails with CNI_ETAKEN; with `replace` the two change places, so that
 * lease_file_retract() can have them back. Fails with CNI_EIO otherwise. Then all is as it was. */
int lease_file_publish(int dir, size_t number, const struct cni_ip *ip, bool replace,
		       struct cni_error *err);

/* Undoes lease_file_publish(). */
void lease_file_retract(int dir, size_t number, const struct cni_ip *ip, bool replaced);

/* Removes the temporary file, with what was replaced, if there is one. Returns 0, or -1 and errno.
 */
int lease_file_discard(int dir, size_t number);

/* Is it what a process left that was killed? */
bool lease_file_is_temporary(const char *name);

/* The text of last_reserved_ip.N, for the caller to free; NULL if there is none. */
char *lease_file_read_last(int dir, size_t set);

/* Replaces last_reserved_ip.N. Not synced: losing it costs one round of the round robin. Fails with
 * CNI_EIO and leaves it as it was. */
int lease_file_write_last(int dir, size_t set, const char *text, struct cni_error *err);

/* Back to what lease_file_read_last() said, as far as the disk lets us. */
void lease_file_restore_last(int dir, size_t set, const char *text);

#endif
