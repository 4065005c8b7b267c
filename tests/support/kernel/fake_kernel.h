/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink answers out of memory, or written down as the kernel gives them. A program that links
 * this has send(), sendmsg() and recvmmsg() of its own in place of the C library's; they pass
 * everything on until fake_kernel_answer() or fake_kernel_record() is called, and from then on they
 * serve every socket.
 *
 * A script is the datagrams that will be received, each behind its size in two bytes
 * (little-endian). The sequence numbers in it count from 1, the number of the first question. Bytes
 * behind a received datagram in its buffer are poisoned for AddressSanitizer. */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Questions go nowhere, and are answered by the script, which must stay until fake_kernel_end(); at
 * its end, by nothing (EAGAIN). */
void fake_kernel_answer(const uint8_t *script, size_t size);

/* As above, from the port `sender` (0: the kernel's), and marked as cut (MSG_TRUNC). */
void fake_kernel_answer_from(uint32_t sender, bool is_cut, const uint8_t *script, size_t size);

/* The kernel answers; its answers become a script of at most `room` bytes. */
void fake_kernel_record(uint8_t *script, size_t room);

/* Everything is passed on again. Returns the size of the script that was recorded, or how many
 * bytes of the answers were taken. */
size_t fake_kernel_end(void);

#endif
