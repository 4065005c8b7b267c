/* SPDX-License-Identifier: Apache-2.0 */
/* A TCP connection that goes on: a client sends a byte each 20 ms until it is ended. Both sides are
 * processes in namespaces of their own. Failures fail the test. */
#ifndef CONVERSATION_H
#define CONVERSATION_H

#include <netinet/in.h>
#include <sys/types.h>

struct conversation {
	struct in_addr seen; /* the client's address, as the server sees it */
	int report;
	pid_t server;
	pid_t client;
};

/* From the namespace `from` to `ip`, port 7000, of the namespace `to`; returns when it is there. */
void conversation_start(struct conversation *conversation, const char *from, const char *to,
			const char *ip);

/* Waits until the server has read `count` bytes more; a byte is waited for ten seconds. */
void conversation_assert_goes_on(const struct conversation *conversation, int count);

void conversation_end(const struct conversation *conversation);

#endif
