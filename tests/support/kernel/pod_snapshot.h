/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin's possible traces inside a container, as ip(8), tc(8) and sysctl(8) show them. */
#ifndef POD_SNAPSHOT_H
#define POD_SNAPSHOT_H

/* Links with flags, MTU, MAC and queue length, addresses, routes, qdiscs, sysctls of net, of the
 * namespace made with sandbox_add_netns(). Without what changes by itself. The caller frees. */
char *pod_snapshot(const char *netns);

/* Fails the test, showing what differs, unless the namespace is as in `before`. `about` names the
 * case. */
void pod_assert_unchanged(const char *netns, const char *before, const char *about);

#endif
