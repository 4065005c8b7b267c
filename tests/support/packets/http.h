/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP server that answers each client with the client's address as it sees it, and a client in
 * a namespace of its choice. Failures fail the test. */
#ifndef HTTP_H
#define HTTP_H

#include <sys/types.h>

#define HTTP_PORT 8080

struct http_server {
	pid_t pid; /* 0: none */
};

/* Serves on all addresses, of both families, of the namespace of this path (NULL: our own). It
 * listens when this returns, and dies with us at the latest. */
void http_serve(struct http_server *server, const char *netns);
void http_stop(struct http_server *server);

/* Fetches http://<address>:HTTP_PORT/ from the namespace of this path (NULL: our own): the address
 * the server saw, which the caller frees, or NULL without an answer within that time. */
char *http_get(const char *netns, const char *address, unsigned int milliseconds);

/* Fails the test unless the server saw this address; NULL: unless nothing is answered. */
void http_assert_seen(const char *netns, const char *address, const char *expected);

#endif
