/* SPDX-License-Identifier: Apache-2.0 */
/* The identity of a path's network namespace, to detect a replaced one: paths and inode numbers
 * are reused. */
#ifndef CNI_NAMESPACE_H
#define CNI_NAMESPACE_H

#include "decls.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* The state of a namespace that an attachment had. */
enum cni_namespace_state {
	CNI_NAMESPACE_LIVES,
	CNI_NAMESPACE_GONE,
	CNI_NAMESPACE_UNKNOWN, /* the path is "", or may not be opened */
};

/* Returns a text that no other namespace has: boot id, cookie (SO_NETNS_COOKIE, socket(7), Linux
 * 5.14; 0 before) and inode; "none" if `path` does not lead to a network namespace. The caller
 * frees. */
char *cni_namespace_identify(const char *path);

/* Tells whether the namespace that was at `path` and had the text `identity` lives. With NULL or
 * "none", any network namespace at `path` matches. */
enum cni_namespace_state cni_namespace_ask(const char *path, const char *identity);

/* The same before an ADD of the interface `ifname`. Kernels without cookies give an inode number to the next
 * namespace at once: one that lacks the interface is not that of the attachment, which is gone. GC does not ask like
 * this, because a container that lives may have renamed its interface. */
enum cni_namespace_state cni_namespace_ask_for(const char *path, const char *identity,
					       const char *ifname);

/* True if both paths lead to one network namespace now. */
bool cni_namespace_is_same(const char *path, const char *other);

CNI_END_DECLS

#endif
