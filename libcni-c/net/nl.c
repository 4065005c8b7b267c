/* SPDX-License-Identifier: Apache-2.0 */
#include "nl.h"

#include "cleanup.h"
#include "netns.h"
#include "nl_receive.h"
#include "random.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define DUMP_ATTEMPTS 16

/* A second barrier: another process that forges an answer must guess the number as well. */
static uint32_t random_seq(void)
{
	uint32_t seq = 0;

	if (!cni_random_try(&seq, sizeof(seq)))
		seq = (uint32_t)getpid() << 16;
	return seq;
}

int cni_nl_open(struct cni_nl *ret_nl, int protocol, int netns, struct cni_error *err)
{
	static const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
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
	/* A kernel without it (before 4.12) is still understood. */
	mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &on, sizeof(on));
	/* rtnetlink alone knows strict checking. */
	*ret_nl = (struct cni_nl){
		.socket = socket, .seq = random_seq(), .is_strict = protocol != NETLINK_ROUTE};
	return 0;
}

void cni_nl_close(struct cni_nl *nl)
{
	if (nl->socket) {
		cni_nl_receive_none(nl);
		mnl_socket_close(nl->socket);
	}
	*nl = (struct cni_nl){0};
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
	uint32_t seq; /* of the question */
	uint16_t type;
	bool ends_by_itself; /* neither an acknowledgement nor the end of a dump follows it */
	bool ends_if_failed; /* the rest is not read: the socket is closed */
	bool interrupted;
	bool is_read; /* to its end */
	int failed;
	struct cni_error *err; /* the first failure */
};

/* After a failing callback the answer is still read to its end, unless ends_if_failed: the rest must not be mistaken
 * for the next answer. */
static void take(const struct nlmsghdr *message, struct answer *answer)
{
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		answer->interrupted = true;
	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
		struct cni_error said = {0};

		if (cni_nl_read_error(message, &said) < 0 && !answer->failed) {
			*answer->err = said;
			answer->failed = -1;
		}
		answer->is_read = true;
		return;
	}
	if (message->nlmsg_type != answer->type)
		return;
	if (answer->cb && !answer->failed)
		answer->failed = answer->cb(message, answer->data, answer->err);
	answer->is_read = answer->ends_by_itself || (answer->failed && answer->ends_if_failed);
}

/* Reads a datagram with messages of some of the answers, whose questions have consecutive numbers. */
static void read_answers(const struct nlmsghdr *message, int left, struct answer *answers,
			 size_t count)
{
	for (; cni_nl_is_there(message, left); message = mnl_nlmsg_next(message, &left)) {
		uint32_t number = message->nlmsg_seq - answers[0].seq;

		if (number < count && !answers[number].is_read && cni_nl_is_whole(message))
			take(message, &answers[number]);
	}
}

static bool are_read(const struct answer *answers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!answers[i].is_read)
			return false;
	return true;
}

static void number(struct cni_nl *nl, struct cni_nl_message *m, struct answer *answer)
{
	m->header->nlmsg_seq = answer->seq = ++nl->seq;
	answer->type = answer_to(m->header->nlmsg_type);
	answer->interrupted = answer->is_read = false;
	answer->failed = 0;
}

static int refuse_overflowed(const struct cni_nl_message *m, struct cni_error *err)
{
	if (!m->overflowed)
		return 0;
	return cni_fail(err, CNI_EKERNEL, "a netlink message would pass %d bytes",
			CNI_NL_MESSAGE_SIZE);
}

static int round_trip(struct cni_nl *nl, struct cni_nl_message *m, struct answer *answer,
		      struct cni_error *err)
{
	const struct nlmsghdr *messages;

	if (refuse_overflowed(m, err) < 0)
		return -1;
	answer->err = err;
	number(nl, m, answer);
	if (send(mnl_socket_get_fd(nl->socket), m->header, m->header->nlmsg_len, 0) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "send a netlink message");
	while (!answer->is_read) {
		int size = cni_nl_receive(nl, &messages, err);

		if (size >= 0) {
			read_answers(messages, size, answer, 1);
			continue;
		}
		/* The kernel begins no other dump before the end of this one. */
		if (err->errnum != EMSGSIZE || !(m->header->nlmsg_flags & NLM_F_DUMP))
			return -1;
		answer->failed = -1;
	}
	return answer->failed;
}

static int send_together(const struct cni_nl *nl, const struct cni_nl_request *requests,
			 size_t count, struct cni_error *err)
{
	struct iovec iov[CNI_NL_TOGETHER_MAX];
	struct msghdr datagram = {.msg_iov = iov};

	/* A message's length is a multiple of 4 already (NLMSG_ALIGNTO): so are its attributes'. */
	for (size_t i = 0; i < count; i++)
		iov[i] = (struct iovec){requests[i].message->header,
					requests[i].message->header->nlmsg_len};
	datagram.msg_iovlen = (__typeof__(datagram.msg_iovlen))count;
	if (sendmsg(mnl_socket_get_fd(nl->socket), &datagram, 0) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "send a netlink message");
	return 0;
}

int cni_nl_together(struct cni_nl *nl, struct cni_nl_request *requests, size_t count,
		    struct cni_error *err)
{
	struct answer answers[CNI_NL_TOGETHER_MAX];
	const struct nlmsghdr *messages;

	if (!count || count > CNI_NL_TOGETHER_MAX)
		abort();
	for (size_t i = 0; i < count; i++) {
		struct cni_nl_request *request = &requests[i];

		if (refuse_overflowed(request->message, err) < 0)
			return -1;
		answers[i] = (struct answer){.cb = request->cb,
					     .data = request->data,
					     .ends_by_itself = request->is_get,
					     .err = &request->err};
		if (!request->is_get)
			request->message->header->nlmsg_flags |= NLM_F_ACK;
		number(nl, request->message, &answers[i]);
	}
	if (send_together(nl, requests, count, err) < 0)
		return -1;
	while (!are_read(answers, count)) {
		int size = cni_nl_receive(nl, &messages, err);

		if (size < 0)
			return -1;
		read_answers(messages, size, answers, count);
	}
	for (size_t i = 0; i < count; i++)
		requests[i].failed = answers[i].failed;
	return 0;
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

/* With strict checking the kernel (since 4.20) heeds a dump's filters. */
static void begin_dump(struct cni_nl *nl, struct cni_nl_message *m)
{
	int on = 1;

	m->header->nlmsg_flags |= NLM_F_DUMP;
	if (!nl->is_strict)
		mnl_socket_setsockopt(nl->socket, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	nl->is_strict = true;
}

int cni_nl_dump(struct cni_nl *nl, struct cni_nl_message *m, cni_nl_cb *cb,
		void (*restart)(void *data), void *data, struct cni_error *err)
{
	struct answer answer = {.cb = cb, .data = data, .interrupted = true};

	begin_dump(nl, m);
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

	nl->is_frugal = true;
	begin_dump(nl, m);
	return round_trip(nl, m, &answer, err);
}
