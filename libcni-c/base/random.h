/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes of the kernel, many with one system call. A process that forks has the same bytes in both. */
#ifndef CNI_RANDOM_H
#define CNI_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

#define CNI_RANDOM_MAX 64

/* Fills `ret_bytes` with `size` random bytes, at most CNI_RANDOM_MAX. Waits, shortly after the start of the machine,
 * until the kernel has any. False if it has no such call. */
bool cni_random(void *ret_bytes, size_t size);

/* The same without waiting: false if the kernel has none yet. */
bool cni_random_try(void *ret_bytes, size_t size);

#endif
