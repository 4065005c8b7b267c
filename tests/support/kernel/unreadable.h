/* SPDX-License-Identifier: Apache-2.0 */
/* Links and rules that root in a container makes so that others cannot read or delete them. `netns` is the name
 * of a namespace. Failures fail the test. */
#ifndef UNREADABLE_H
#define UNREADABLE_H

#include <stdint.h>

/* As many second names as the kernel takes: 64 KiB of them. */
void unreadable_names(const char *netns, const char *link);

/* Turns a macvlan into one of mode source that takes frames from `count` MACs, of which each has 12 bytes in the
 * link's description. */
void unreadable_macs(const char *netns, const char *link, uint32_t count);

/* A rule of sbr for an IPv4 address that the kernel does not delete, in front of other rules. */
void unreadable_rule(const char *netns, const char *from, uint32_t table);

#endif
