/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_kernel.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

static struct {
	enum { PASSING, ANSWERING, RECORDING } mode;
	const uint8_t *script;
	uint8_t *record;
	size_t size; /* of either */
	size_t at;
	uint32_t sender;
	bool is_cut;
	bool is_asked;
	uint32_t before; /* the number before the first question's */
	void *poisoned;
	size_t poisoned_size;
} fake;

static void start(const uint8_t *script, uint8_t *record, size_t size)
{
	fake_kernel_end();
	fake.mode = record ? RECORDING : ANSWERING;
	fake.script = script;
	fake.record = record;
	fake.size = size;
	fake.at = 0;
	fake.sender = 0;
	fake.is_cut = false;
	fake.is_asked = false;
}

void fake_kernel_answer(const uint8_t *script, size_t size)
{
	start(script, NULL, size);
}

void fake_kernel_answer_from(uint32_t sender, bool is_cut, const uint8_t *script, size_t size)
{
	start(script, NULL, size);
	fake.sender = sender;
	fake.is_cut = is_cut;
}

void fake_kernel_record(uint8_t *script, size_t room)
{
	start(NULL, script, room);
}

static void unpoison(void)
{
	if (fake.poisoned)
		ASAN_UNPOISON_MEMORY_REGION(fake.poisoned, fake.poisoned_size);
	fake.poisoned = NULL;
}

size_t fake_kernel_end(void)
{
	unpoison();
	fake.mode = PASSING;
	return fake.at;
}

/* ---- numbers ---- */

static void note_question(const void *data, size_t size)
{
	struct nlmsghdr header;

	if (fake.is_asked || size < sizeof(header))
		return;
	memcpy(&header, data, sizeof(header));
	fake.is_asked = true;
	fake.before = header.nlmsg_seq - 1;
}

/* Adds `by` to the number of each message, found as a reader finds them. */
static void shift(uint8_t *datagram, size_t size, uint32_t by)
{
	struct nlmsghdr header;

	for (size_t at = 0; at <= size && size - at >= sizeof(header);) {
		memcpy(&header, datagram + at, sizeof(header));
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > size - at)
			return;
		header.nlmsg_seq += by;
		memcpy(datagram + at, &header, sizeof(header));
		at += NLMSG_ALIGN((size_t)header.nlmsg_len);
	}
}

/* ---- in place of the C library's ---- */

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	note_question(data, size);
	if (fake.mode == ANSWERING)
		return (ssize_t)size;
	return syscall(SYS_sendto, fd, data, size, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (message->msg_iovlen)
		note_question(message->msg_iov[0].iov_base, message->msg_iov[0].iov_len);
	if (fake.mode == ANSWERING)
		return 1;
	return syscall(SYS_sendmsg, fd, message, flags);
}

static ssize_t answer(struct msghdr *message)
{
	const struct sockaddr_nl sender = {.nl_family = AF_NETLINK, .nl_pid = fake.sender};
	struct iovec *iov = &message->msg_iov[0];
	size_t size;

	unpoison();
	if (fake.size - fake.at < 2) {
		errno = EAGAIN;
		return -1;
	}
	size = fake.script[fake.at] | (size_t)fake.script[fake.at + 1] << 8;
	fake.at += 2;
	if (size > fake.size - fake.at)
		size = fake.size - fake.at;
	message->msg_flags = fake.is_cut || size > iov->iov_len ? MSG_TRUNC : 0;
	if (size > iov->iov_len)
		size = iov->iov_len;
	memcpy(iov->iov_base, fake.script + fake.at, size);
	shift(iov->iov_base, size, fake.before);
	fake.at += size;
	memcpy(message->msg_name, &sender, sizeof(sender));
	message->msg_namelen = sizeof(sender);
	fake.poisoned = (char *)iov->iov_base + size;
	fake.poisoned_size = iov->iov_len - size;
	ASAN_POISON_MEMORY_REGION(fake.poisoned, fake.poisoned_size);
	return (ssize_t)size;
}

static void record(const struct msghdr *message, size_t size)
{
	if (size > UINT16_MAX || fake.size - fake.at < size + 2)
		return;
	fake.record[fake.at++] = (uint8_t)size;
	fake.record[fake.at++] = (uint8_t)(size >> 8);
	memcpy(fake.record + fake.at, message->msg_iov[0].iov_base, size);
	shift(fake.record + fake.at, size, -fake.before);
	fake.at += size;
}

/* As the C library declares it. */
#ifdef __GLIBC__
typedef int message_flags;
#else
typedef unsigned int message_flags;
#endif

int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, message_flags flags,
	     struct timespec *timeout)
{
	ssize_t size;
	int got;

	if (fake.mode == ANSWERING) {
		size = answer(&messages->msg_hdr);
		messages->msg_len = size < 0 ? 0 : (unsigned int)size;
		return size < 0 ? -1 : 1;
	}
	got = (int)syscall(SYS_recvmmsg, fd, messages, count, flags, timeout);
	for (int i = 0; i < got && fake.mode == RECORDING; i++)
		record(&messages[i].msg_hdr, messages[i].msg_len);
	return got;
}
