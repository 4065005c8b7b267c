/* SPDX-License-Identifier: Apache-2.0 */
/* Many bytes over one TCP connection, in either family. Failures fail the test. */
#ifndef TRANSFER_H
#define TRANSFER_H

#include <stddef.h>

/* Sends `size` bytes from the namespace of the one path to `address` of the other; fails the test unless all have
 * arrived within half a minute. Returns the largest segment that the sender may send (TCP_MAXSEG) at the end. */
int transfer(const char *from, const char *to, const char *address, size_t size);

#endif
