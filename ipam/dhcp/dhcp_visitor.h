/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to the daemon: one request, bounded in size and time, and one answer. */
#ifndef DHCP_VISITOR_H
#define DHCP_VISITOR_H

#include "dhcp_loop.h"
#include "dhcp_wire.h"

struct dhcp_tenant;
struct dhcp_visitor;

/* Handles a whole request, and calls dhcp_visitor_answer(), now or later. `body` is terminated. */
typedef void dhcp_visitor_serve(struct dhcp_visitor *visitor, const struct dhcp_request *request,
				char *body);

/* A request that comes slower than this is dropped. */
#define DHCP_REQUEST_MS 5000

struct dhcp_visitor {
	struct dhcp_watch watch;
	dhcp_visitor_serve *serve;
	void *daemon;
	struct dhcp_tenant *tenant; /* whose lease the visitor waits for; NULL: none */
	uint64_t deadline;
	bool is_served; /* the request is whole */
	bool is_done;	/* to be freed by the owner */
	bool has_left;	/* without an answer */
	size_t used;
	char text[DHCP_WIRE_LINE_MAX + DHCP_WIRE_BODY_MAX + 1];
};

/* Takes `fd`. NULL if it cannot be waited for. */
struct dhcp_visitor *dhcp_visitor_new(int loop, int fd, dhcp_visitor_serve *serve, void *daemon);
void dhcp_visitor_free(struct dhcp_visitor *visitor);

/* Sends the answer, of which `code` is 0 or that of an error, and is done. */
void dhcp_visitor_answer(struct dhcp_visitor *visitor, int code, const char *body);

#endif
