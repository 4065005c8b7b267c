/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of network configurations, /etc/cni/net.d. Lists (*.conflist) come first, then the
 * single configurations (*.conf and *.json); both sorted by file name, and of two of the same
 * network the first counts. A file that is passed over is named in a warning, with the reason: it cannot
 * be read, its network's name is none or is that of a file before it. */
#ifndef CNI_CONFDIR_H
#define CNI_CONFDIR_H

#include "conflist.h"
#include "decls.h"
#include "error.h"
#include "warnings.h"

#include <stddef.h>

CNI_BEGIN_DECLS

/* Finds the network `network` and reads it; unless it says loadOnlyInlinedPlugins, what is in
 * <dir>/<network>/ and ends in .conf is appended to a list's plugins, sorted by file name.
 *
 * A file that cannot be read and may be another network's is passed over with a warning; libcni
 * refuses everything then. One that is this network's fails the search.
 *
 * The caller clears with cni_conflist_clear(). Fails with CNI_EMISSING if there is no such network
 * (naming those that there are, and what was passed over), with CNI_EIO if the directory cannot be
 * read, with CNI_ECONFIG if the network has no plugins, and as cni_conflist_parse(). */
int cni_confdir_find(const char *dir, const char *network, struct cni_conflist *ret_list,
		     struct cni_warnings *warnings, struct cni_error *err);

/* The names of all networks, in the order above. The caller frees with cni_confdir_names_free().
 * Fails with CNI_EIO if the directory is there and cannot be read. */
int cni_confdir_names(const char *dir, char ***ret_names, size_t *ret_count,
		      struct cni_warnings *warnings, struct cni_error *err);

/* Frees the array and the names in it. */
void cni_confdir_names_free(char **names, size_t count);

CNI_END_DECLS

#endif
