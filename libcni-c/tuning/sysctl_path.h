/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of the network that a configuration names, where sysctl.h is for those that we know.
 * What others have written leads to nothing but files of /proc/sys/net: each step of the way is a
 * name, none is a link. They are those of the namespace that we are in: enter it first. */
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

/* Can `path` have come from cni_sysctl_path()? */
bool cni_sysctl_path_is_valid(const char *path);

/* The value without the newline at its end, which the caller frees. Fails with CNI_ECONFIG if there
 * is no such setting (errnum ENOENT, ENOTDIR, EISDIR), and with CNI_EIO: errnum EACCES if it cannot
 * be read at all, as net/ipv4/route/flush. */
int cni_sysctl_path_read(const char *path, char **ret_value, struct cni_error *err);

/* Writes it even if it is that already: "net/ipv6/conf/all/disable_ipv6" is an order to each
 * interface. But one that cannot be written need not be if it is right as it is. Fails as above,
 * and with CNI_ECONFIG if the kernel does not like the value (errnum EINVAL, ERANGE). */
int cni_sysctl_path_write(const char *path, const char *value, struct cni_error *err);

/* Do both say the same to the kernel? It answers "4096\t87380" to "4096 87380" and "16" to "0x10".
 */
bool cni_sysctl_values_equal(const char *a, const char *b);

#endif
