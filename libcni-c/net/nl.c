/* SPDX-License-Identifier: Apache-2.0 */
#include "nl.h"

#include "cleanup.h"
#include "deadline.h"
#include "netns.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define DUMP_ATTEMPTS 16

/* A second barrier: another process that forges an answer must guess the number as well. */
static uint32_t random_seq(void)
{
	uint32_t seq = 0;

	if (getrandom(&seq, sizeof(seq), GRND_NONBLOCK) != sizeof(seq))
		seq = (uint32_t)getpid() << 16;
	return seq;
}

int cni_nl_open(struct cni_nl *ret_nl, int protocol, int netns, struct cni_error *err)
{
	static const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	static const struct timeval patience = {.tv_sec = CNI_NL_ANSWER_SECONDS};
	visiting int home = -1;
	struct mnl_socket *socket;
	int on = 1;

	if (netns >= 0 && cni_netns_enter(netns, &home, err) < 0)
		return -1;
	socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
	if (!socket)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "open a netlink socket");
	/* It binds the socket as well, to a port of the kernel's choice: pids are not unique among
	 * the sockets of a process. */
	if (connect(mnl_socket_get_fd(socket), (const void *)&kernel, sizeof(kernel)) < 0) {
		cni_fail_errno(err, CNI_EKERNEL, errno, "connect a netlink socket");
		mnl_socket_close(socket);
		return -1;
	}
	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	/* Kernels without them (before 4.12, 4.20) are still understood. */
	mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(socket, NETLINK_CAP_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(socket, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	*ret_nl = (struct cni_nl){.socket = socket, .seq = random_seq()};
	return 0;
}

void cni_nl_close(struct cni_nl *nl)
{
	if (nl->socket)
		mnl_socket_close(nl->socket);
	*nl = (struct cni_nl){0};
}

/* ---- receiving ---- */

/* A datagram of a dump has at most 32 KiB (netlink_recvmsg()), unless one link alone is longer: its second
 * names fill up to 64 KiB, with what root in a container gives it. */
static char datagram[96 << 10] __attribute__((aligned(8)));

/* The size of the next datagram, 0 if another process has sent it, or -1 with errno. */
static ssize_t receive(struct cni_nl *nl, int flags)
{
	struct sockaddr_nl sender = {.nl_family = AF_UNSPEC};
	struct iovec iov = {datagram, sizeof(datagram)};
	struct msghdr message = {.msg_name = &sender,
				 .msg_namelen = sizeof(sender),
				 .msg_iov = &iov,
				 .msg_iovlen = 1};
	ssize_t got;

	do
		got = recvmsg(mnl_socket_get_fd(nl->socket), &message, flags);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	/* Announcements, and datagrams from before connect(), may be another process's. */
	if (message.msg_namelen != sizeof(sender) || sender.nl_family != AF_NETLINK ||
	    sender.nl_pid != 0)
		return 0;
	if (message.msg_flags & MSG_TRUNC) {
		errno = EMSGSIZE;
		return -1;
	}
	return got;
}

int cni_nl_receive(struct cni_nl *nl, const struct nlmsghdr **ret_messages, struct cni_error *err)
{
	ssize_t got;

	do
		got = receive(nl, 0);
	while (got == 0);
	if (got < 0 && errno == EAGAIN) {
		cni_fail(err, CNI_EKERNEL, "the kernel has not answered within %d seconds",
			 CNI_NL_ANSWER_SECONDS);
		err->errnum = ETIMEDOUT;
		return -1;
	}
	if (got < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "read a netlink answer");
	*ret_messages = (const void *)datagram;
	return (int)got;
}

/* ---- the error of an answer ---- */

/* Returns the kernel's message beside the number, or "" (linux/netlink.h, enum nlmsgerr_attrs). */
static const char *kernel_words(const struct nlmsghdr *message)
{
	static const struct cni_nl_policy policy[NLMSGERR_ATTR_MSG + 1] = {
		[NLMSGERR_ATTR_MSG] = {MNL_TYPE_NUL_STRING},
	};
	const struct nlmsgerr *report = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[NLMSGERR_ATTR_MSG + 1];
	size_t size = mnl_nlmsg_get_payload_len(message);
	size_t offset = sizeof(*report);

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return "";
	/* The words stand behind the question, if the kernel gives that back. */
	if (!(message->nlmsg_flags & NLM_F_CAPPED) && report->msg.nlmsg_len > NLMSG_HDRLEN)
		offset += NLMSG_ALIGN((size_t)report->msg.nlmsg_len - NLMSG_HDRLEN);
	if (offset > size)
		return "";
	cni_nl_parse_bytes((const char *)report + offset, size - offset, policy, table,
			   NLMSGERR_ATTR_MSG);
	return cni_nl_string(table[NLMSGERR_ATTR_MSG]);
}

int cni_nl_read_error(const struct nlmsghdr *message, struct cni_error *err)
{
	const int *number = mnl_nlmsg_get_payload(message);
	const char *words;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*number) || *number == 0)
		return 0;
	words = message->nlmsg_type == NLMSG_ERROR ? kernel_words(message) : "";
	cni_fail(err, CNI_EKERNEL, *words ? "%s (%s)" : "%s", strerror(-*number), words);
	err->errnum = -*number;
	return -1;
}

/* ---- round trips ---- */

/* The kernel's types come in fours in rtnetlink (NEW, DEL, GET, SET), and in nfnetlink each GET
 * follows its NEW (linux/rtnetlink.h, linux/netfilter/nf_tables.h,
 * linux/netfilter/nfnetlink_conntrack.h). */
static uint16_t answer_to(uint16_t question)
{
	return question < CNI_NL_NFNL_TYPES ? (uint16_t)(question & ~3) : (uint16_t)(question - 1);
}

struct answer {
	cni_nl_cb *cb; /* may be NULL */
	void *data;
	uint16_t type;
	bool ends_by_itself; /* neither an acknowledgement nor the end of a dump follows it */
	bool ends_if_failed; /* the rest is not read: the socket is closed */
	bool interrupted;
	int failed;
};

/* Reads a datagram. Returns 1 if more follow, 0 after the last. After a failing callback the
 * answer is still read to its end, unless ends_if_failed: the rest must not be mistaken for the
 * next answer. */
static int read_answers(const struct nlmsghdr *message, int left, uint32_t seq,
			struct answer *answer, struct cni_error *err)
{
	for (; cni_nl_is_there(message, left); message = mnl_nlmsg_next(message, &left)) {
		if (message->nlmsg_seq != seq || !cni_nl_is_whole(message))
			continue;
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			answer->interrupted = true;
		if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
			struct cni_error said = {0};

			if (cni_nl_read_error(message, &said) < 0 && !answer->failed) {
				*err = said;
				answer->failed = -1;
			}
			return 0;
		}
		if (message->nlmsg_type != answer->type)
			continue;
		if (answer->cb && !answer->failed)
			answer->failed = answer->cb(message, answer->data, err);
		if (answer->ends_by_itself || (answer->failed && answer->ends_if_failed))
			return 0;
	}
	return 1;
}

static int round_trip(struct cni_nl *nl, struct cni_nl_message *m, struct answer *answer,
		      struct cni_error *err)
{
	const struct nlmsghdr *messages;
	int more = 1;

	answer->interrupted = false;
	answer->failed = 0;
	if (m->overflowed)
		return cni_fail(err, CNI_EKERNEL, "a netlink message would pass %d bytes",
				CNI_NL_MESSAGE_SIZE);
	m->header->nlmsg_seq = ++nl->seq;
	answer->type = answer_to(m->header->nlmsg_type);
	if (send(mnl_socket_get_fd(nl->socket), m->header, m->header->nlmsg_len, 0) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "send a netlink message");
	while (more) {
		int size = cni_nl_receive(nl, &messages, err);

		if (size >= 0) {
			more = read_answers(messages, size, nl->seq, answer, err);
			continue;
		}
		/* The kernel begins no other dump before the end of this one. */
		if (err->errnum != EMSGSIZE || !(m->header->nlmsg_flags & NLM_F_DUMP))
			return -1;
		answer->failed = -1;
	}
	return answer->failed;
}

int cni_nl_transact(struct cni_nl *nl, struct cni_nl_message *m, cni_nl_cb *cb, void *data,
		    struct cni_error *err)
{
	struct answer answer = {.cb = cb, .data = data};

	m->header->nlmsg_flags |= NLM_F_ACK;
	return round_trip(nl, m, &answer, err);
}

int cni_nl_get(struct cni_nl *nl, struct cni_nl_message *m, cni_nl_cb *cb, void *data,
	       struct cni_error *err)
{
	struct answer answer = {.cb = cb, .data = data, .ends_by_itself = true};

	return round_trip(nl, m, &answer, err);
}

int cni_nl_dump(struct cni_nl *nl, struct cni_nl_message *m, cni_nl_cb *cb,
		void (*restart)(void *data), void *data, struct cni_error *err)
{
	struct answer answer = {.cb = cb, .data = data, .interrupted = true};

	m->header->nlmsg_flags |= NLM_F_DUMP;
	for (int i = 0; i < DUMP_ATTEMPTS && answer.interrupted; i++) {
		if (i && restart)
			restart(data);
		if (round_trip(nl, m, &answer, err) < 0 && !answer.interrupted)
			return -1;
	}
	if (!answer.interrupted)
		return 0;
	cni_fail(err, CNI_EKERNEL, "the kernel's list changed during each of %d readings",
		 DUMP_ATTEMPTS);
	err->errnum = EAGAIN;
	return -1;
}

int cni_nl_dump_until(struct cni_nl *nl, struct cni_nl_message *m, cni_nl_cb *cb, void *data,
		      struct cni_error *err)
{
	struct answer answer = {.cb = cb, .data = data, .ends_if_failed = true};

	m->header->nlmsg_flags |= NLM_F_DUMP;
	return round_trip(nl, m, &answer, err);
}

/* ---- announcements ---- */

/* Waits for the kernel's next announcement; false if `end` comes first. An overrun (ENOBUFS) has
 * lost announcements, and counts as one. Other processes may announce as well, without a pause, and
 * must not hold up the end. */
static bool is_announced(struct cni_nl *news, const struct timespec *end)
{
	struct pollfd wait = {.fd = mnl_socket_get_fd(news->socket), .events = POLLIN};
	ssize_t got;

	for (;;) {
		unsigned int left = cni_deadline_left(end);

		if (left == 0 || poll(&wait, 1, (int)left) == 0)
			return false;
		got = receive(news, MSG_DONTWAIT);
		if (got > 0 || (got < 0 && errno != EAGAIN))
			return true;
	}
}

static int wait_on(struct cni_nl *nl, struct cni_nl *news, int group, unsigned int milliseconds,
		   int (*look)(struct cni_nl *nl, void *data, bool *ret_done,
			       struct cni_error *err),
		   void *data, struct cni_error *err)
{
	struct timespec end = cni_deadline_in(milliseconds);
	bool done = false;

	if (mnl_socket_setsockopt(news->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "listen to the kernel's changes");
	/* From here on no announcement is missed. */
	do {
		if (look(nl, data, &done, err) < 0)
			return -1;
		if (done)
			return 0;
	} while (is_announced(news, &end));
	cni_fail(err, CNI_EKERNEL, "not done after %u ms", milliseconds);
	err->errnum = ETIMEDOUT;
	return -1;
}

int cni_nl_wait(struct cni_nl *nl, struct cni_nl *news, int group, unsigned int milliseconds,
		int (*look)(struct cni_nl *nl, void *data, bool *ret_done, struct cni_error *err),
		void *data, struct cni_error *err)
{
	closing_nl struct cni_nl own = {0};
	bool done = false;

	if (look(nl, data, &done, err) < 0)
		return -1;
	if (done)
		return 0;
	if (!news && cni_nl_open(&own, NETLINK_ROUTE, -1, err) < 0)
		return -1;
	return wait_on(nl, news ? news : &own, group, milliseconds, look, data, err);
}
