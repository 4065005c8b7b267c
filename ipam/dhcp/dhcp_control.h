/* SPDX-License-Identifier: Apache-2.0 */
/* Control messages, cmsg(3), of a datagram that was received. */
#ifndef DHCP_CONTROL_H
#define DHCP_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Copies the first `size` bytes of the first control message of this level and type that has as many.
 * Returns false, and copies nothing, if there is none. */
bool dhcp_control_read(struct msghdr *message, int level, int type, void *ret_data, size_t size);

#endif
