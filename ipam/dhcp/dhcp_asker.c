/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_asker.h"

#include "cleanup.h"
#include "deadline.h"
#include "dhcp_flags.h"
#include "mem.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define ANSWER_MAX (DHCP_WIRE_LINE_MAX + DHCP_WIRE_BODY_MAX)

/* ---- sentences ---- */

/* "/opt/cni/bin/dhcp daemon", as it has to be started for the socket. The caller frees. */
static char *command_for(const char *path)
{
	char self[4096] = "dhcp";
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (size > 0)
		self[size] = '\0';
	if (!strcmp(path, DHCP_SOCKET))
		return cni_format("%s daemon", self);
	return cni_format("%s daemon -socketpath %s", self, path);
}

static int fail_without_daemon(const char *path, int errnum, struct cni_error *err)
{
	freeing char *command = command_for(path);

	cni_fail(err, CNI_EMISSING,
		 "no DHCP daemon answers on '%s' (%s): start it with '%s', or by 'systemctl start "
		 "cni-dhcp.socket'",
		 path, strerror(errnum), command);
	err->errnum = ECONNREFUSED;
	return -1;
}

static int fail_for_go(const char *path, struct cni_error *err)
{
	freeing char *command = command_for(path);

	return cni_fail(err, CNI_EMISSING,
			"the daemon on '%s' is that of containernetworking/plugins, which this "
			"plugin cannot speak to: stop it and start '%s'",
			path, command);
}

/* ---- the exchange ---- */

/* Waits, up to the deadline, where the listener's queue is full: a node that starts has more containers than its
 * daemon takes requests of in an instant. */
static int connect_to(const char *path, const struct timespec *end, int *ret_fd,
		      struct cni_error *err)
{
	closing int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	unsigned int left = cni_deadline_left(end);
	const struct timeval patience = {left / 1000, left % 1000 * 1000L};

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "make a socket");
	if (strlen(path) >= sizeof(address.sun_path))
		return cni_fail(err, CNI_ECONFIG,
				"'ipam.daemonSocketPath' has %zu bytes, expected at most %zu",
				strlen(path), sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (const void *)&address, sizeof(address)) == 0) {
		*ret_fd = take_fd(&fd);
		return 0;
	}
	if (errno == EAGAIN)
		return cni_fail(err, CNI_EAGAIN, "the DHCP daemon on '%s' takes no request in time",
				path);
	return fail_without_daemon(path, errno, err);
}

/* Reads up to the end of the stream. */
static int read_answer(int fd, char text[ANSWER_MAX + 1], const struct timespec *end,
		       struct cni_error *err)
{
	size_t used = 0;

	for (;;) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		unsigned int left = cni_deadline_left(end);
		ssize_t got;

		if (!left || poll(&wait, 1, (int)left) == 0)
			return cni_fail(err, CNI_EAGAIN, "the DHCP daemon does not answer in time");
		got = recv(fd, text + used, ANSWER_MAX - used, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	text[used] = '\0';
	if (used)
		return 0;
	return cni_fail(err, CNI_EAGAIN, "the DHCP daemon has ended before it answered");
}

static int take_answer(const char *path, char *text, char **ret_body, struct cni_error *err)
{
	char *end = strchr(text, '\n');
	size_t size = 0;
	int code = 0;

	if (!strncmp(text, "HTTP/", 5))
		return fail_for_go(path, err);
	if (end)
		*end++ = '\0';
	if (!end || !dhcp_wire_parse_answer(text, &code, &size) || strlen(end) != size)
		return cni_fail(err, CNI_EDECODE,
				"what listens on '%s' is no daemon of this plugin: it answers "
				"\"%.64s\"",
				path, text);
	if (code)
		return cni_fail(err, code, "%s", end);
	*ret_body = cni_strdup(end);
	return 0;
}

void dhcp_ask_drop(struct dhcp_question *question)
{
	if (question->fd >= 0)
		close(question->fd);
	question->fd = -1;
}

int dhcp_ask_begin(const char *path, const struct dhcp_request *request, const char *body,
		   unsigned int milliseconds, struct dhcp_question *ret_question,
		   struct cni_error *err)
{
	struct dhcp_request sized = *request;
	freeing char *line = NULL;
	freeing char *text = NULL;

	*ret_question = (struct dhcp_question){path, -1, cni_deadline_in(milliseconds)};
	sized.size = body ? strlen(body) : 0;
	if (sized.size > DHCP_WIRE_BODY_MAX)
		return cni_fail(err, CNI_ECONFIG, "the request has %zu bytes, expected at most %d",
				sized.size, DHCP_WIRE_BODY_MAX);
	line = dhcp_wire_format_request(&sized);
	text = cni_format("%s%s", line, body ? body : "");
	if (connect_to(path, &ret_question->end, &ret_question->fd, err) < 0)
		return -1;
	/* Another daemon may have answered, and closed, before all of it was sent. */
	if (send(ret_question->fd, text, strlen(text), MSG_NOSIGNAL) < 0 && errno != EPIPE &&
	    errno != ECONNRESET)
		return cni_fail_errno(err, CNI_EIO, errno, "ask the DHCP daemon on '%s'", path);
	return 0;
}

struct dhcp_question *dhcp_ask_first(struct dhcp_question *one, struct dhcp_question *other)
{
	struct pollfd waits[] = {{.fd = one->fd, .events = POLLIN},
				 {.fd = other->fd, .events = POLLIN}};
	int ready;

	if (one->fd < 0 || other->fd < 0)
		return one->fd < 0 ? other : one;
	do
		ready = poll(waits, 2, (int)cni_deadline_left(&one->end));
	while (ready < 0 && errno == EINTR);
	return ready > 0 && waits[1].revents ? other : one;
}

int dhcp_ask_end(struct dhcp_question *question, char **ret_body, struct cni_error *err)
{
	freeing char *answer = cni_alloc(ANSWER_MAX + 1);
	int failed = read_answer(question->fd, answer, &question->end, err);

	*ret_body = NULL;
	dhcp_ask_drop(question);
	return failed ? -1 : take_answer(question->socket, answer, ret_body, err);
}

int dhcp_ask(const char *path, const struct dhcp_request *request, const char *body,
	     unsigned int milliseconds, char **ret_body, struct cni_error *err)
{
	struct dhcp_question question;

	*ret_body = NULL;
	if (dhcp_ask_begin(path, request, body, milliseconds, &question, err) < 0) {
		dhcp_ask_drop(&question);
		return -1;
	}
	return dhcp_ask_end(&question, ret_body, err);
}
