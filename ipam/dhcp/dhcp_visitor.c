/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_visitor.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The Go plugin shows the status line. */
static const char for_http[] =
	"HTTP/1.0 505 this is cni-c's dhcp daemon: expected cni-c's dhcp plugin "
	"on CNI_PATH, not the one of containernetworking/plugins\r\n\r\n";

/* An answer is smaller than a socket's buffer. False if the visitor has gone. */
static bool say(const struct dhcp_visitor *visitor, const char *text)
{
	return send(visitor->watch.fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) ==
	       (ssize_t)strlen(text);
}

void dhcp_visitor_answer(struct dhcp_visitor *visitor, int code, const char *body)
{
	freeing char *line = dhcp_wire_format_answer(code, strlen(body));
	freeing char *answer = cni_format("%s%s", line, body);

	if (visitor->is_done)
		return;
	visitor->has_left = !say(visitor, answer);
	visitor->is_done = true;
}

static void leave(struct dhcp_visitor *visitor)
{
	visitor->has_left = visitor->is_done = true;
}

/* Looks at what has arrived: a whole request is served. */
static void consider(struct dhcp_visitor *visitor)
{
	char *end = memchr(visitor->text, '\n', visitor->used);
	struct dhcp_request request;
	size_t line;

	if (!end && visitor->used < DHCP_WIRE_LINE_MAX)
		return;
	if (!end) {
		leave(visitor);
		return;
	}
	*end = '\0';
	line = (size_t)(end - visitor->text) + 1;
	if (strstr(visitor->text, " HTTP/1.")) {
		say(visitor, for_http);
		leave(visitor);
		return;
	}
	freeing char *copy = cni_strdup(visitor->text);
	if (line > DHCP_WIRE_LINE_MAX || !dhcp_wire_parse_request(visitor->text, &request)) {
		dhcp_visitor_answer(visitor, CNI_EDECODE, "the request is none of '" DHCP_WIRE "'");
		return;
	}
	if (visitor->used - line < request.size) {
		/* Not yet: the line is read again with the next bytes. */
		memcpy(visitor->text, copy, line - 1);
		visitor->text[line - 1] = '\n';
		return;
	}
	visitor->is_served = true;
	visitor->text[line + request.size] = '\0';
	visitor->serve(visitor, &request, visitor->text + line);
}

static void read_more(struct dhcp_watch *watch)
{
	struct dhcp_visitor *visitor = watch->owner;
	size_t room = sizeof(visitor->text) - 1 - visitor->used;
	ssize_t got = recv(watch->fd, visitor->text + visitor->used, room, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* The end, or more than a request while the answer is awaited. */
	if (got <= 0 || visitor->is_served) {
		leave(visitor);
		return;
	}
	visitor->used += (size_t)got;
	consider(visitor);
}

struct dhcp_visitor *dhcp_visitor_new(int loop, int fd, dhcp_visitor_serve *serve, void *daemon)
{
	struct dhcp_visitor *visitor = cni_alloc(sizeof(*visitor));
	struct cni_error err;

	visitor->watch = (struct dhcp_watch){.fd = -1, .ready = read_more, .owner = visitor};
	visitor->serve = serve;
	visitor->daemon = daemon;
	visitor->deadline = dhcp_now() + DHCP_REQUEST_MS;
	if (dhcp_watch_open(loop, &visitor->watch, fd, &err) == 0)
		return visitor;
	dhcp_log("%s", err.msg);
	free(visitor);
	return NULL;
}

void dhcp_visitor_free(struct dhcp_visitor *visitor)
{
	dhcp_watch_close(&visitor->watch);
	free(visitor);
}
