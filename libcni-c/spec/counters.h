/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of the calls of a plugin since the node was started: how many, how long, and the codes of failures.
 *
 *	/run/cni/counters/<type>
 *
 * is mapped by each call that counts, and changed by atomic additions: no lock, nothing to wait for, and a killed
 * call is one that is not counted. Off unless a setting turns them on (settings.h). */
#ifndef CNI_COUNTERS_H
#define CNI_COUNTERS_H

#include "decls.h"
#include "env.h"
#include "error.h"

#include <stdatomic.h>
#include <stdint.h>

CNI_BEGIN_DECLS

#define CNI_COUNTERS_DIRECTORY "/run/cni/counters"

/* Room for more commands than there are: the size of a file never changes. */
#define CNI_COUNTERS_COMMANDS 16
#define CNI_COUNTERS_CODES    128 /* 0: codes of other programs */
#define CNI_COUNTERS_BUCKETS  14  /* the last one has no bound */

struct cni_command_counters {
	atomic_uint_least64_t calls;
	atomic_uint_least64_t nanoseconds;
	atomic_uint_least64_t buckets[CNI_COUNTERS_BUCKETS]; /* each call is in one */
	atomic_uint_least64_t failures[CNI_COUNTERS_CODES];
};

struct cni_counters {
	uint64_t magic;
	struct cni_command_counters commands[CNI_COUNTERS_COMMANDS];
};

/* The upper bounds of the buckets, in nanoseconds. */
extern const uint64_t cni_counters_bounds[CNI_COUNTERS_BUCKETS - 1];

/* Counts a call of `type`; `code` 0: it succeeded. A full or read-only file system, a link or a directory in the place
 * of the file: the call is not counted, and nothing is printed. errno is kept. */
void cni_counters_add(const char *type, enum cni_command command, int code, uint64_t nanoseconds);

/* Reads the counters of `type`. Fails with CNI_EIO, errnum ENOENT if there are none, and with CNI_EDECODE if the file
 * is not one of this layout. */
int cni_counters_read(const char *type, struct cni_counters *ret_counters, struct cni_error *err);

CNI_END_DECLS

#endif
