/* SPDX-License-Identifier: Apache-2.0 */
#include "nl_receive.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <sys/socket.h>

/* With one system call: an ADD's longest batch has fewer answers. */
#define AT_ONCE 8

/* A datagram of a dump has at most 32 KiB (netlink_recvmsg()), unless one link alone is longer: its second
 * names fill up to 64 KiB, with what root in a container gives it. The pages that no datagram touches cost nothing. */
#define DATAGRAM_SIZE (96U << 10)

static struct {
	const struct mnl_socket *socket; /* whose datagrams these are */
	unsigned int count;
	unsigned int taken;
	unsigned int prepared; /* headers that were written once */
	unsigned int written;  /* headers that the kernel has changed since */
	struct sockaddr_nl senders[AT_ONCE];
	struct mmsghdr headers[AT_ONCE];
} read_last;

static struct iovec iovs[AT_ONCE];
static char datagrams[AT_ONCE][DATAGRAM_SIZE] __attribute__((aligned(8)));

void cni_nl_receive_none(const struct cni_nl *nl)
{
	if (read_last.socket == nl->socket)
		read_last.count = read_last.taken = 0;
}

/* Writes the headers that recvmmsg(2) has changed, and at first all of them. */
static void prepare(unsigned int begin, unsigned int end)
{
	for (unsigned int i = begin; i < end; i++) {
		iovs[i] = (struct iovec){datagrams[i], DATAGRAM_SIZE};
		read_last.senders[i].nl_family = AF_UNSPEC;
		read_last.headers[i].msg_hdr =
			(struct msghdr){.msg_name = &read_last.senders[i],
					.msg_namelen = sizeof(read_last.senders[i]),
					.msg_iov = &iovs[i],
					.msg_iovlen = 1};
	}
}

/* Returns 0, or -1 with errno. */
static int read_more(const struct cni_nl *nl)
{
	unsigned int count = nl->is_frugal ? 1 : AT_ONCE;
	int got;

	prepare(0, read_last.written);
	if (read_last.prepared < count) {
		prepare(read_last.prepared, count);
		read_last.prepared = count;
	}
	read_last.socket = nl->socket;
	read_last.count = read_last.taken = 0;
	do
		got = recvmmsg(mnl_socket_get_fd(nl->socket), read_last.headers, count,
			       MSG_DONTWAIT, NULL);
	while (got < 0 && errno == EINTR);
	read_last.written = got < 0 ? 0 : (unsigned int)got;
	if (got < 0)
		return -1;
	read_last.count = (unsigned int)got;
	return 0;
}

ssize_t cni_nl_receive_one(struct cni_nl *nl, const void **ret_datagram)
{
	const struct mmsghdr *header;
	const struct sockaddr_nl *sender;

	if ((read_last.socket != nl->socket || read_last.taken == read_last.count) &&
	    read_more(nl) < 0)
		return -1;
	*ret_datagram = datagrams[read_last.taken];
	sender = &read_last.senders[read_last.taken];
	header = &read_last.headers[read_last.taken++];
	/* Announcements, and datagrams from before connect(), may be another process's. */
	if (header->msg_hdr.msg_namelen != sizeof(*sender) || sender->nl_family != AF_NETLINK ||
	    sender->nl_pid != 0)
		return 0;
	if (header->msg_hdr.msg_flags & MSG_TRUNC) {
		errno = EMSGSIZE;
		return -1;
	}
	return (ssize_t)header->msg_len;
}

int cni_nl_receive(struct cni_nl *nl, const struct nlmsghdr **ret_messages, struct cni_error *err)
{
	const void *datagram;
	ssize_t got;

	do
		got = cni_nl_receive_one(nl, &datagram);
	while (got == 0);
	if (got < 0 && errno == EAGAIN) {
		cni_fail(err, CNI_EKERNEL, "the kernel has not answered");
		err->errnum = ETIMEDOUT;
		return -1;
	}
	if (got < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "read a netlink answer");
	*ret_messages = datagram;
	return (int)got;
}
