/* SPDX-License-Identifier: Apache-2.0 */
/* A network namespace and directories as text, for comparison: what a plugin could leave there. The
 * witnesses are ip(8), nft(8), tc(8), /proc/sys/net and the files themselves. */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <stddef.h>

/* Links, addresses, routes, permanent neighbours, policy rules, qdiscs, nf_tables and the settings below
 * /proc/sys/net, of the namespace made with sandbox_add_netns() or of ours (NULL). Counters, timers,
 * lifetimes, indices and the link-local addresses of IPv6 are left out; lines of ours are sorted, since
 * the kernel's order there is that of hashing. Waits for addresses that the kernel is still adding.
 * The caller frees. */
char *snapshot_net(const char *netns);

/* The files, directories and links below the directories, sorted, with what the files hold and where the
 * links lead; without the directories ".cni-c". The caller frees. */
char *snapshot_files(const char *const *directories, size_t count);

/* The same, with modes, for the directories below /run/cni in which plugins keep records. The caller frees. */
char *snapshot_records(void);

#endif
