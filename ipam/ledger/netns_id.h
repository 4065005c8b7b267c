/* SPDX-License-Identifier: Apache-2.0 */
/* The network namespace for which a reservation was made. */
#ifndef HOST_LOCAL_NETNS_ID_H
#define HOST_LOCAL_NETNS_ID_H

#include "env.h"

#include <stdbool.h>
#include <stdint.h>

/* Device and inode number, as stat(2) shows them (namespaces(7)), tell namespaces apart that live at
 * the same time; those of one that is gone are used again at once. The cookie (netns_cookie.h) is
 * used once in a boot; 0: not known, as of a kernel before 5.14 or a record of an older version. All
 * zeroes: the namespace is not known. */
struct netns_id {
	uint64_t dev;
	uint64_t ino;
	uint64_t cookie;
};

/* Returns the id of the namespace at `path`; not known if there is none. The process goes there for
 * the cookie and comes back; without the right to do so the cookie is not known. */
struct netns_id netns_id_read(const char *path);

/* Returns the id of CNI_NETNS, without going there if a containing plugin has told the cookie. */
struct netns_id netns_id_of(const struct cni_env *env);

bool netns_id_is_known(const struct netns_id *netns);

/* How two ids, both known, compare. */
enum netns_id_order {
	NETNS_SAME,
	NETNS_SAME_NUMBERS, /* and one has no cookie: the same one, or the next with its numbers */
	NETNS_OTHER,
};
enum netns_id_order netns_id_compare(const struct netns_id *a, const struct netns_id *b);

/* True if there is no CNI_IFNAME in the namespace, but for one that this very ADD has made. False
 * where the process cannot look. For ids without a cookie: a reservation for an interface that is not
 * there is one for an earlier namespace with the same numbers. */
bool netns_lacks_interface(const struct cni_env *env);

#endif
