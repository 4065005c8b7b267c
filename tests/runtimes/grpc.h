/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC, as far as it is a question and an answer: over HTTP/2 and a socket in the file system. The
 * bytes of a message are the caller's. */
#ifndef GRPC_H
#define GRPC_H

#include <stddef.h>
#include <stdint.h>

struct grpc_bytes {
	uint8_t *data; /* from malloc() */
	size_t size;
};

struct grpc_call {
	const char *method; /* "/runtime.v1.RuntimeService/Version" */
	struct grpc_bytes request;
	struct grpc_bytes answer;
	char *error;	/* NULL: it succeeded; else what the server, or curl, says */
	double seconds; /* that it took */
};

/* Makes all of these calls at once and waits until the last one is answered, or a minute is over.
 */
void grpc_run(const char *socket, struct grpc_call *calls, size_t count);

/* Fails the test if one of them has failed. */
void grpc_assert_success(const struct grpc_call *calls, size_t count);

void grpc_clear(struct grpc_call *calls, size_t count);

#endif
