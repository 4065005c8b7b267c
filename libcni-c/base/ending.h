/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors that the end of a process closes. A plugin's process ends with its command: closing what it holds to the
 * end is work that exit(2) does anyway. */
#ifndef CNI_ENDING_H
#define CNI_ENDING_H

#include <stdbool.h>

/* From now on this process ends soon: main() says so. Without effect in builds with AddressSanitizer, which looks
 * for memory that belongs to a descriptor. */
void cni_ending_begin(void);

/* True after that. */
bool cni_ending_is_near(void);

/* Closes `fd` (-1: none), unless the end is near. Not for a descriptor whose closing does something, as one that
 * holds a lock. */
void cni_ending_close(int fd);

#endif
