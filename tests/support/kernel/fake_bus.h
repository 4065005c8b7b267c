/* SPDX-License-Identifier: Apache-2.0 */
/* A system bus for a test: a child with a socket, to which DBUS_SYSTEM_BUS_ADDRESS leads, and the
 * messages it sends. Failures fail the test. */
#ifndef FAKE_BUS_H
#define FAKE_BUS_H

#include "fake.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bus_bytes {
	uint8_t data[70000];
	size_t size;
};

void bus_put(struct bus_bytes *bytes, const void *data, size_t size);

/* A message; of `type` 2 it is an answer, 3 an error, 4 a signal. NULL arguments are left out. */
struct bus_bytes bus_message(uint8_t type, uint32_t reply_to, const char *error, const char *text,
			     const uint32_t *flag);

/* The bus's side of a conversation: `listening` is its socket. */
typedef void bus_server(int listening, void *data);

/* Starts it in <dir>/bus. fake_bus_stop() must follow. */
pid_t fake_bus_start(const struct fake *fake, bus_server *serve, void *data);
void fake_bus_stop(pid_t pid);

/* Lets any client in; false if it went away. */
bool bus_let_in(int fd);
#define BUS_GUID "0123456789abcdef0123456789abcdef"
#define BUS_OK	 "OK " BUS_GUID "\r\n"

/* A server for fake_bus_start() that greets every client, one after the other, and answers each
 * call as the function, which is its data, says. The members of a call that there are not are "".
 */
struct bus_call {
	uint32_t serial;
	char member[64];
	char arguments[2][64];
};
struct bus_answerer {
	struct bus_bytes (*answer)(const struct bus_call *call);
};
bus_server bus_answer_calls;

#endif
