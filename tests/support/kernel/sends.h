/* SPDX-License-Identifier: Apache-2.0 */
/* Counting what is sent and read on sockets, in a test executable that says COUNT_SENDS once: the
 * functions of the C library are replaced by ones that count. The price of an operation is a number
 * of round trips, whatever the machine. */
#ifndef SENDS_H
#define SENDS_H

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT_SENDS                                                                                \
	static unsigned int sends;                                                                 \
	static unsigned int reads;                                                                 \
	ssize_t send(int fd, const void *data, size_t size, int flags)                             \
	{                                                                                          \
		sends++;                                                                           \
		return syscall(SYS_sendto, fd, data, size, flags, NULL, 0);                        \
	}                                                                                          \
	ssize_t sendto(int fd, const void *data, size_t size, int flags,                           \
		       const struct sockaddr *to, socklen_t length)                                \
	{                                                                                          \
		sends++;                                                                           \
		return syscall(SYS_sendto, fd, data, size, flags, to, length);                     \
	}                                                                                          \
	ssize_t sendmsg(int fd, const struct msghdr *message, int flags)                           \
	{                                                                                          \
		sends++;                                                                           \
		return syscall(SYS_sendmsg, fd, message, flags);                                   \
	}                                                                                          \
	int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,              \
		     struct timespec *timeout)                                                     \
	{                                                                                          \
		reads++;                                                                           \
		return (int)syscall(SYS_recvmmsg, fd, messages, count, flags, timeout);            \
	}

#endif
