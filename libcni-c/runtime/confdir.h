/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of network configurations, /etc/cni/net.d. Lists (*.conflist) come first, then
 * the single configurations (*.conf and *.json); both sorted by file name, and of two of the
 * same network the first counts. A skipped file is named in a warning, with the reason: the file
 * is unreadable, or its network's name is missing, invalid or used by an earlier file. */
#ifndef CNI_CONFDIR_H
#define CNI_CONFDIR_H

#include "conflist.h"
#include "decls.h"
#include "error.h"
#include "warnings.h"

#include <stddef.h>

CNI_BEGIN_DECLS

/* Finds the network `network` and reads it; without loadOnlyInlinedPlugins, the *.conf files in
 * <dir>/<network> are appended to a list's plugins, sorted by file name.
 *
 * An unreadable file that may be another network's is skipped with a warning, where libcni
 * refuses everything. An unreadable file of this network fails the search.
 *
 * The caller clears with cni_conflist_clear(). Fails with CNI_EMISSING if there is no such
 * network (naming the existing networks and the skipped files), with CNI_EIO if the directory
 * cannot be read, with CNI_ECONFIG if the network has no plugins, and as cni_conflist_parse(). */
int cni_confdir_find(const char *dir, const char *network, struct cni_conflist *ret_list,
		     struct cni_warnings *warnings, struct cni_error *err);

/* A network of cni_confdir_each(). `list` is the visitor's if it empties it; otherwise it is cleared. A network that
 * cannot be read has the list NULL, and the reason in `why`. */
typedef void cni_confdir_visitor(const char *network, struct cni_conflist *list,
				 const struct cni_error *why, void *data);

/* Calls `visit` for all networks, in the order above, with what cni_confdir_find() finds: each file is read once.
 * Fails with CNI_EIO if the directory is there and cannot be read. */
int cni_confdir_each(const char *dir, cni_confdir_visitor *visit, void *data,
		     struct cni_warnings *warnings, struct cni_error *err);

/* Appends the drop-in files of <dir>/<network> to a list, unless it has loadOnlyInlinedPlugins. `what` names its source
 * in errors. Fails as cni_confdir_find(), also if there are no plugins then. */
int cni_confdir_complete(const char *dir, struct cni_conflist *list, const char *what,
			 struct cni_warnings *warnings, struct cni_error *err);

/* Lists the names of all networks, in the order above. The caller frees with
 * cni_confdir_names_free().
 * Fails with CNI_EIO if the directory is there and cannot be read. */
int cni_confdir_names(const char *dir, char ***ret_names, size_t *ret_count,
		      struct cni_warnings *warnings, struct cni_error *err);

/* Frees the array and the names in it. */
void cni_confdir_names_free(char **names, size_t count);

CNI_END_DECLS

#endif
