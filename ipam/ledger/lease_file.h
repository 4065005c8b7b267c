/* SPDX-License-Identifier: Apache-2.0 */
/* A reservation is a file in the network's directory, with the same name and text as the Go
 * plugin's:
 *
 *	10.1.0.7             "<container id>\r\n<ifname>", mode 0600; files of old versions hold
 *	                     the id alone
 *	last_reserved_ip.N   the last address of range set N, no newline
 *
 * An address file appears atomically. A file without a container id comes from a plugin killed
 * between creating and writing the file, or from a power cut: such a file reserves nothing. A
 * writer holds the directory's lock. */
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
	LEASE_JUNK,   /* no file, or a file without an owner: free */
	LEASE_HELD,   /* by a container */
	LEASE_OPAQUE, /* taken, but the owner cannot be read: see `errnum` */
};

/* 8 digits that tell a file from a later one of the same name. */
#define LEASE_MARK_SIZE 9

/* A reservation. The members after `boot` come from the sidecar (index.h), not from the file. */
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

/* Reads the file of `ip` in `dir`; a missing file is junk. lease_clear() afterwards. */
void lease_file_read(int dir, const struct cni_ip *ip, struct lease *ret_lease);

void lease_clear(struct lease *lease);

/* True if the owner cannot be read. A directory has no owner; another unreadable file may belong
 * to any container. */
bool lease_may_be_anybodys(const struct lease *lease);

/* True if the lease is known to be of another boot than `boot`: its holder is then gone. */
bool lease_is_stale(const struct lease *lease, const struct boot_id *boot);

/* Writes `text` into a temporary file, the `number`-th of this process, and says its mark. With
 * `lasting` it is on the disk when this returns. Fails with CNI_EIO and leaves nothing. */
int lease_file_prepare(int dir, size_t number, const char *text, bool lasting,
		       char ret_mark[LEASE_MARK_SIZE], struct cni_error *err);

/* Gives the temporary file the name of `ip`, atomically. An existing file that is not junk fails
 * with CNI_ETAKEN; with `replace` the two files are exchanged, so lease_file_retract() can undo
 * the exchange. Otherwise fails with CNI_EIO. A failure changes nothing. */
int lease_file_publish(int dir, size_t number, const struct cni_ip *ip, bool replace,
		       struct cni_error *err);

/* Undoes lease_file_publish(). */
void lease_file_retract(int dir, size_t number, const struct cni_ip *ip, bool replaced);

/* Removes the temporary file, with what was replaced, if there is one. Returns 0, or -1 and errno.
 */
int lease_file_discard(int dir, size_t number);

/* True if the name is a stale temporary file of a killed process. */
bool lease_file_is_temporary(const char *name);

/* The text of last_reserved_ip.N, for the caller to free; NULL if there is none. */
char *lease_file_read_last(int dir, size_t set);

/* Replaces last_reserved_ip.N. Not synced: losing it costs one round of the round robin. Fails with
 * CNI_EIO and leaves it as it was. */
int lease_file_write_last(int dir, size_t set, const char *text, struct cni_error *err);

/* A last_reserved_ip.N that is open between its reading and its writing; zeroes: none. */
struct lease_last {
	int file; /* 0: not open */
	size_t size;
};

/* As lease_file_read_last(), and leaves the file open for lease_last_rewrite(). */
char *lease_last_open(struct lease_last *last, int dir, size_t set);

/* Writes `text` over what the open file holds, if that is no longer: then one system call replaces all of it, and a
 * process that is killed leaves the one or the other. False without a change otherwise: see lease_file_write_last(). */
bool lease_last_rewrite(struct lease_last *last, const char *text);

void lease_last_close(struct lease_last *last);

/* Restores the text from lease_file_read_last(), as far as the disk allows. */
void lease_file_restore_last(int dir, size_t set, const char *text);

#endif
