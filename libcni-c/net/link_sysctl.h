/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of a link under /proc/sys/net that safety needs. A setting that cannot be written, because
 * /proc/sys is mounted read-only, say, is a failure only if the kernel does what the setting forbids:
 * people run runtimes in containers. Settings that are merely nice are for cni_sysctl_set() and a
 * caller that ignores its failure. All are those of the namespace that the process is in. */
#ifndef CNI_LINK_SYSCTL_H
#define CNI_LINK_SYSCTL_H

#include "decls.h"
#include "error.h"

CNI_BEGIN_DECLS

/* Makes the link ignore router advertisements (CVE-2020-10749): accept_ra is 0. As good is a link
 * without IPv6 (no such file, or disable_ipv6), and one that forwards while accept_ra is 1: see
 * accept_ra in the kernel's Documentation/networking/ip-sysctl.rst. Fails with CNI_EIO. */
int cni_link_sysctl_refuse_ra(const char *ifname, struct cni_error *err);

/* For STATUS: succeeds if the above would for a link that is made now, which begins with the values of
 * conf/default. Writes nothing. Fails with CNI_EUNAVAILABLE. */
int cni_link_sysctl_refuse_ra_status(struct cni_error *err);

/* Makes the link drop packets for this host that come in a frame to many (RFC 1122, section 3.3.6):
 * drop_unicast_in_l2_multicast is 1 for both families. As good is IPv4 with `all` set, and a link
 * without IPv6. Fails with CNI_EIO. */
int cni_link_sysctl_drop_unicast(const char *ifname, struct cni_error *err);

/* Sets net/ipv4/conf/<ifname>/route_localnet to `value` ("0", "1"). The kernel takes the OR of it and
 * of `all` (IN_DEV_ROUTE_LOCALNET in linux/inetdevice.h), so a value that cannot be written is no
 * failure while `all` is 1. Fails with CNI_EIO; errnum ENOENT if there is no such link. */
int cni_link_sysctl_set_localnet(const char *ifname, const char *value, struct cni_error *err);

/* 1 if packets to 127.0.0.0/8 may be routed through the link, by its own value or that of `all`, 0 if
 * not. Fails with CNI_EIO; errnum ENOENT if there is no such link. */
int cni_link_sysctl_has_localnet(const char *ifname, struct cni_error *err);

CNI_END_DECLS

#endif
