/* SPDX-License-Identifier: Apache-2.0 */
/* The cache: a record of each ADD until its DEL, in the format of Go's libcni, and readable by
 * it: <dir>/results/<network>-<container>-<interface>, JSON of the kind "cniCacheV1". The
 * members are those of cachedInfo in libcni's api.go, and "netnsIdentity", which libcni ignores
 * and drops when it rewrites the file. */
#ifndef CNI_CACHE_H
#define CNI_CACHE_H

#include "decls.h"
#include "error.h"
#include "json.h"
#include "owner.h"
#include "warnings.h"

#include <stddef.h>

CNI_BEGIN_DECLS

/* The directory of libcni, for `dir` below. */
#define CNI_CACHE_DIR "/var/lib/cni"

/* An attachment as the cache has it. All zeroes is an empty one. */
struct cni_cached {
	char *network;
	char *container;
	char *ifname;
	char *netns;		/* NULL: not known, as for all that follow */
	char *identity;		/* of the namespace, see namespace.h; libcni does not have it */
	char *args;		/* "KEY=VALUE;KEY=VALUE" */
	cJSON *capability_args; /* an object */
	cJSON *result;		/* of the whole chain, in the version that it says */
	char *config;		/* the bytes of the network's list, NUL-terminated */
	size_t config_size;	/* without the NUL */
};

/* Frees what `cached` holds, not the struct. */
void cni_cached_clear(struct cni_cached *cached);

/* The file of an attachment, which the caller frees. The three names must have been checked
 * (names.h). Fails with CNI_ECONFIG if they are too long for the name of a file. */
int cni_cache_file(const char *dir, const struct cni_owner *owner, char **ret_file,
		   struct cni_error *err);

/* Writes the file atomically; missing directories are made with mode 0700. Fails with CNI_EIO,
 * and as cni_cache_file(). */
int cni_cache_write(const char *dir, const struct cni_cached *cached, struct cni_error *err);

/* Reads the record of `owner`; the caller clears it. A file of a libcni from before "cniCacheV1"
 * holds only a result. `err->errnum` is ENOENT if there is no record. Fails with CNI_EIO and, if
 * the file is empty, cut, of another kind or another attachment's, with CNI_EDECODE. */
int cni_cache_read(const char *dir, const struct cni_owner *owner, struct cni_cached *ret_cached,
		   struct cni_error *err);

/* Removes the file, even if damaged; a missing file is success. Fails with CNI_EIO. */
int cni_cache_remove(const char *dir, const struct cni_owner *owner, struct cni_error *err);

/* Lists the attachments of `network` (NULL: of all) of containers whose id begins with `ids` (NULL:
 * any), sorted by file name; the caller frees with cni_cached_free(). Files that may be of this network
 * and do not say so are ignored with a warning. Fails with CNI_EIO if the directory is there and
 * cannot be read. */
int cni_cache_list(const char *dir, const char *network, const char *ids,
		   struct cni_cached **ret_items, size_t *ret_count, struct cni_warnings *warnings,
		   struct cni_error *err);

/* Lists the files that cni_cache_list() ignores with a warning: `ret_names` gets of each name the part behind
 * "<network>-", "<container>-<interface>" if the file is of this network. The caller frees the array and the names.
 * Fails as cni_cache_list(). */
int cni_cache_list_damaged(const char *dir, const char *network, char ***ret_names,
			   size_t *ret_count, struct cni_error *err);

/* Frees an array of cni_cache_list(). */
void cni_cached_free(struct cni_cached *items, size_t count);

CNI_END_DECLS

#endif
