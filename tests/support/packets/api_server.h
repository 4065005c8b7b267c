/* SPDX-License-Identifier: Apache-2.0 */
/* The API server of a cluster with one node, as far as an installer asks for it: HTTPS on 127.0.0.1 by OpenSSL, in
 * a process of its own. It demands a token, and answers with what the test has set. Failures fail the test. */
#ifndef API_SERVER_H
#define API_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define API_SERVER_PORT 6443

/* Behaviour, besides answering. */
enum api_server_mode {
	API_ANSWERS,
	API_IS_SILENT,	/* takes the request and never answers */
	API_IS_ENDLESS, /* answers with 3 MiB of spaces before the end */
	API_CUTS_OFF,	/* closes in the middle of the body */
};

/* Shared with the server's process. The test sets texts by api_server_set(); the server reads them for each
 * request. */
struct api_server {
	pid_t pid;
	pthread_mutex_t lock; /* of the texts */
	_Atomic uint32_t mode;
	_Atomic uint32_t requests; /* that were complete, whatever the answer */
	_Atomic uint32_t refused;  /* of these, with another token */
	char token[128];	   /* the one that it accepts */
	char status[64];	   /* "200 OK" */
	char body[8192];
	char target[256]; /* of the last request: "/api/v1/nodes/n1" */
};

/* Listens when this returns, and dies with us at the latest. `cert` and `key` are paths of PEM files. */
struct api_server *api_server_start(const char *cert, const char *key);
void api_server_stop(struct api_server *server);

/* Sets the answer to come. */
void api_server_set(struct api_server *server, const char *status, const char *body);
void api_server_set_token(struct api_server *server, const char *token);

/* Waits until as many requests are complete as `count`. Fails the test after a minute. */
void api_server_await(const struct api_server *server, uint32_t count);

#endif
