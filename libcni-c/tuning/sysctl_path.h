/* SPDX-License-Identifier: Apache-2.0 */
/* Network settings named by a configuration; sysctl.h is for settings known to us. Untrusted
 * paths only reach files of /proc/sys/net: each component is a name, never a link. The settings
 * are those of the current namespace: enter it first. */
#ifndef CNI_SYSCTL_PATH_H
#define CNI_SYSCTL_PATH_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>

#define CNI_SYSCTL_PATH_SIZE 256

/* "net.ipv4.conf.IFNAME.arp_filter" is "net/ipv4/conf/eth0.5/arp_filter", below /proc/sys. Each '.'
 * separates, as '/' does, but for those of `ifname`, which the first IFNAME stands for. Fails with
 * CNI_ECONFIG: `invalid net sysctl key: "kernel.x"`. */
int cni_sysctl_path(const char *key, const char *ifname, char ret_path[CNI_SYSCTL_PATH_SIZE],
		    struct cni_error *err);

/* True if `path` may come from cni_sysctl_path(). */
bool cni_sysctl_path_is_valid(const char *path);

/* Reads the value without its newline; the caller frees. Fails with CNI_ECONFIG if there is no
 * such setting (errnum ENOENT, ENOTDIR, EISDIR), and with CNI_EIO: errnum EACCES if it cannot be
 * read at all, as net/ipv4/route/flush. */
int cni_sysctl_path_read(const char *path, char **ret_value, struct cni_error *err);

/* Writes a value even if already set: writing "net/ipv6/conf/all/disable_ipv6" changes each
 * interface. A read-only setting that already has the value is success. Fails as above, and with
 * CNI_ECONFIG if the kernel refuses the value (errnum EINVAL, ERANGE). */
int cni_sysctl_path_write(const char *path, const char *value, struct cni_error *err);

/* True if the kernel treats both values alike: it prints "4096\t87380" for "4096 87380" and "16"
 * for "0x10". */
bool cni_sysctl_values_equal(const char *a, const char *b);

#endif
