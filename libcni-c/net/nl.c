/* SPDX-License-Identifier: Apache-2.0 */
#include "nl.h"

#include "netns.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define DUMP_ATTEMPTS 16

int cni_nl_open(struct cni_nl *ret_nl, int protocol, int netns, struct cni_error *err)
{
	visiting int home = -1;
	struct mnl_socket *socket;
	int on = 1;

	if (netns >= 0 && cni_netns_enter(netns, &home, err) < 0)
		return -1;
	socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
	if (!socket)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "open a netlink socket");
	/* The port id is the kernel's choice: pids are not unique among the sockets of a process.
	 */
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		cni_fail_errno(err, CNI_EKERNEL, errno, "bind a netlink socket");
		mnl_socket_close(socket);
		return -1;
	}
	/* Kernels without them (before 4.12, 4.20) are still understood. */
	mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(socket, NETLINK_CAP_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(socket, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	*ret_nl = (struct cni_nl){.socket = socket};
	return 0;
}

void cni_nl_close(struct cni_nl *nl)
{
	if (nl->socket)
		mnl_socket_close(nl->socket);
	*nl = (struct cni_nl){0};
}

void *cni_nl_init(struct cni_nl_message *m, uint16_t type, uint16_t flags, size_t extra)
{
	m->overflowed = false;
	m->header = mnl_nlmsg_put_header(m->buffer);
	m->header->nlmsg_type = type;
	m->header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	return mnl_nlmsg_put_extra_header(m->header, extra);
}

void cni_nl_put(struct cni_nl_message *m, uint16_t type, const void *data, size_t size)
{
	if (!mnl_attr_put_check(m->header, sizeof(m->buffer), type, size, data))
		m->overflowed = true;
}

void cni_nl_put_u8(struct cni_nl_message *m, uint16_t type, uint8_t value)
{
	cni_nl_put(m, type, &value, sizeof(value));
}

void cni_nl_put_u16(struct cni_nl_message *m, uint16_t type, uint16_t value)
{
	cni_nl_put(m, type, &value, sizeof(value));
}

void cni_nl_put_u32(struct cni_nl_message *m, uint16_t type, uint32_t value)
{
	cni_nl_put(m, type, &value, sizeof(value));
}

void cni_nl_put_string(struct cni_nl_message *m, uint16_t type, const char *text)
{
	cni_nl_put(m, type, text, strlen(text) + 1);
}

void cni_nl_put_ip(struct cni_nl_message *m, uint16_t type, const struct cni_ip *ip)
{
	if (cni_ip_is_set(ip))
		cni_nl_put(m, type, ip->bytes, cni_ip_size(ip));
}

void *cni_nl_put_header(struct cni_nl_message *m, size_t size)
{
	static char nowhere[256];

	if (mnl_nlmsg_get_payload_len(m->header) + size + NLMSG_HDRLEN > sizeof(m->buffer)) {
		m->overflowed = true;
		return nowhere;
	}
	return mnl_nlmsg_put_extra_header(m->header, size);
}

struct nlattr *cni_nl_nest_begin(struct cni_nl_message *m, uint16_t type)
{
	struct nlattr *nest = mnl_attr_nest_start_check(m->header, sizeof(m->buffer), type);

	if (!nest)
		m->overflowed = true;
	return nest;
}

void cni_nl_nest_end(struct cni_nl_message *m, struct nlattr *nest)
{
	if (nest)
		mnl_attr_nest_end(m->header, nest);
}

struct index {
	const struct nlattr **table;
	uint16_t max;
};

static int index_attribute(const struct nlattr *attribute, void *data)
{
	const struct index *index = data;

	if (mnl_attr_get_type(attribute) <= index->max)
		index->table[mnl_attr_get_type(attribute)] = attribute;
	return MNL_CB_OK;
}

static struct index empty_index(const struct nlattr **table, uint16_t max)
{
	for (size_t i = 0; i <= max; i++)
		table[i] = NULL;
	return (struct index){table, max};
}

void cni_nl_parse(const struct nlmsghdr *message, size_t offset, const struct nlattr **table,
		  uint16_t max)
{
	struct index index = empty_index(table, max);

	mnl_attr_parse(message, (unsigned int)offset, index_attribute, &index);
}

void cni_nl_parse_nested(const struct nlattr *nest, const struct nlattr **table, uint16_t max)
{
	struct index index = empty_index(table, max);

	if (nest)
		mnl_attr_parse_nested(nest, index_attribute, &index);
}

/* What the kernel says beside the number, or NULL (linux/netlink.h, enum nlmsgerr_attrs). */
static const char *kernel_words(const struct nlmsghdr *message)
{
	const struct nlmsgerr *report = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[NLMSGERR_ATTR_MAX + 1];
	size_t offset = sizeof(*report);

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		offset += mnl_nlmsg_get_payload_len(&report->msg);
	cni_nl_parse(message, offset, table, NLMSGERR_ATTR_MAX);
	if (!table[NLMSGERR_ATTR_MSG])
		return NULL;
	return mnl_attr_get_str(table[NLMSGERR_ATTR_MSG]);
}

int cni_nl_read_error(const struct nlmsghdr *message, struct cni_error *err)
{
	const struct nlmsgerr *report = mnl_nlmsg_get_payload(message);
	const char *words;

	/* The end of a dump carries an error number as well. */
	if (message->nlmsg_type == NLMSG_DONE) {
		const int *number = mnl_nlmsg_get_payload(message);

		if (mnl_nlmsg_get_payload_len(message) < sizeof(*number) || *number >= 0)
			return 0;
		cni_fail(err, CNI_EKERNEL, "%s", strerror(-*number));
		err->errnum = -*number;
		return -1;
	}
	if (report->error == 0)
		return 0;
	words = kernel_words(message);
	cni_fail(err, CNI_EKERNEL, words ? "%s (%s)" : "%s", strerror(-report->error), words);
	err->errnum = -report->error;
	return -1;
}

struct answer {
	cni_nl_cb *cb; /* may be NULL */
	void *data;
	bool ends_by_itself; /* neither an acknowledgement nor the end of a dump follows it */
	bool interrupted;
	int failed;
};

/* One buffer of answers. 1: more is to come, 0: it was all. A failing callback does not stop the
 * reading: what follows must not be taken for the next answer. */
static int read_answers(const char *buffer, size_t size, uint32_t seq, struct answer *answer,
			struct cni_error *err)
{
	const struct nlmsghdr *message = (const void *)buffer;
	int left = (int)size;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		if (message->nlmsg_seq != seq)
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
		if (message->nlmsg_type < NLMSG_MIN_TYPE)
			continue;
		if (answer->cb && !answer->failed)
			answer->failed = answer->cb(message, answer->data, err);
		if (answer->ends_by_itself)
			return 0;
	}
	return 1;
}

static int round_trip(struct cni_nl *nl, struct cni_nl_message *m, struct answer *answer,
		      struct cni_error *err)
{
	static char buffer[32768] __attribute__((aligned(8)));
	int more = 1;

	answer->interrupted = false;
	answer->failed = 0;
	if (m->overflowed)
		return cni_fail(err, CNI_EKERNEL, "a netlink message would pass %d bytes",
				CNI_NL_MESSAGE_SIZE);
	m->header->nlmsg_seq = ++nl->seq;
	if (mnl_socket_sendto(nl->socket, m->header, m->header->nlmsg_len) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "send a netlink message");
	while (more) {
		ssize_t got = mnl_socket_recvfrom(nl->socket, buffer, sizeof(buffer));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cni_fail_errno(err, CNI_EKERNEL, errno, "read a netlink answer");
		more = read_answers(buffer, (size_t)got, nl->seq, answer, err);
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

static int milliseconds_until(const struct timespec *end)
{
	struct timespec now;
	int64_t left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left = (int64_t)(end->tv_sec - now.tv_sec) * 1000 + (end->tv_nsec - now.tv_nsec) / 1000000;
	return left > 0 ? (int)left : 0;
}

static int wait_on(struct cni_nl *nl, struct cni_nl *news, int group, unsigned int milliseconds,
		   int (*look)(struct cni_nl *nl, void *data, bool *ret_done,
			       struct cni_error *err),
		   void *data, struct cni_error *err)
{
	char buffer[8192];
	struct timespec end;
	bool done = false;

	if (mnl_socket_setsockopt(news->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "listen to the kernel's changes");
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += milliseconds / 1000;
	end.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	/* From here on no announcement can be missed. */
	for (;;) {
		struct pollfd wait = {.fd = mnl_socket_get_fd(news->socket), .events = POLLIN};

		if (look(nl, data, &done, err) < 0)
			return -1;
		if (done)
			return 0;
		if (poll(&wait, 1, milliseconds_until(&end)) == 0)
			break;
		mnl_socket_recvfrom(news->socket, buffer, sizeof(buffer));
	}
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
