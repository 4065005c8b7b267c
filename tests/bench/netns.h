/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_NETNS_H
#define BENCH_NETNS_H

/* Makes a network namespace and mounts it on the file `path`, which is made. The caller stays where
 * it was. A failure ends the driver. */
void netns_make(const char *path);

#endif
