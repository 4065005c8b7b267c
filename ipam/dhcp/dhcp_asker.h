/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin's side of the daemon's socket. */
#ifndef DHCP_ASKER_H
#define DHCP_ASKER_H

#include "dhcp_wire.h"
#include "error.h"

#include <time.h>

/* A request that has been sent. */
struct dhcp_question {
	const char *socket;
	int fd; /* -1: none */
	struct timespec end;
};

/* Sends the request; several may be asked at once. The answer is to come in `milliseconds`. `ret_question` is closed by
 * dhcp_ask_end() or dhcp_ask_drop(), also after a failure. Both fail as dhcp_ask(). */
int dhcp_ask_begin(const char *path, const struct dhcp_request *request, const char *body,
		   unsigned int milliseconds, struct dhcp_question *ret_question,
		   struct cni_error *err);
int dhcp_ask_end(struct dhcp_question *question, char **ret_body, struct cni_error *err);
/* Waits for the first answer to two requests, of which at most one has none (-1), and returns the request. */
struct dhcp_question *dhcp_ask_first(struct dhcp_question *one, struct dhcp_question *other);
/* Leaves without the answer: a lease that comes later is released. */
void dhcp_ask_drop(struct dhcp_question *question);

/* Both in one: sends the request with `body` (NULL: none) to the daemon on `path` and returns the body of its
 * answer, which the caller frees. Fails with the daemon's own code; with CNI_EMISSING, errnum ECONNREFUSED, if no
 * daemon listens; with CNI_EMISSING if it is the Go plugin's; with CNI_EAGAIN if it ends or does not answer in
 * `milliseconds`. */
int dhcp_ask(const char *path, const struct dhcp_request *request, const char *body,
	     unsigned int milliseconds, char **ret_body, struct cni_error *err);

#endif
