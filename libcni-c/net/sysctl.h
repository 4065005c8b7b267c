/* SPDX-License-Identifier: Apache-2.0 */
/* Settings under /proc/sys. The network's are those of the namespace we are in: enter it first. */
#ifndef CNI_SYSCTL_H
#define CNI_SYSCTL_H

#include "decls.h"
#include "error.h"

#include <stddef.h>

CNI_BEGIN_DECLS

/* Keys are written with slashes, "net/ipv4/conf/eth0/arp_notify": an interface name may hold dots.
 */

/* Reads without the newline. Fails with CNI_EIO; errnum ENOENT if the kernel has no such key. */
int cni_sysctl_get(const char *key, char *ret_value, size_t size, struct cni_error *err);

/* Writes `value` unless the key has it already: a correct value needs no writable /proc/sys.
 * Fails with CNI_EIO, naming key and value. */
int cni_sysctl_set(const char *key, const char *value, struct cni_error *err);

/* The same, for a key that is known to have another value, most of the time, and to which it means nothing to be
 * written the value that it has: looks only if writing fails. */
int cni_sysctl_overwrite(const char *key, const char *value, struct cni_error *err);

/* The same as cni_sysctl_set() for a key below `dir`, a descriptor of a directory below /proc/sys, or -1 for
 * /proc/sys. Keys below net/ipv4 and net/ipv6 stay in the namespace in which `dir` was opened,
 * even if the process later enters another: the kernel looks up the namespace at the directories
 * above alone (sysctl_follow_link() in its fs/proc/proc_sysctl.c). */
int cni_sysctl_set_at(int dir, const char *key, const char *value, struct cni_error *err);

CNI_END_DECLS

#endif
