/* SPDX-License-Identifier: Apache-2.0 */
/* Calling methods over the system bus: as much of D-Bus as firewalld needs, that is strings in, and
 * a string or a boolean out (D-Bus Specification, "Message Protocol", "Authentication Protocol").
 *
 * Not with libdbus: the executable would not start where that is missing; loaded at need it costs
 * more than the rest of an ADD, and whoever leaves the backend to us has to ask the bus each time;
 * and it cannot be told how long to wait for a bus that takes the connection and says no more. */
#ifndef CNI_DBUS_H
#define CNI_DBUS_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct cni_dbus {
	int fd; /* -1: none */
	uint32_t serial;
	struct timespec end; /* of all that is done with it */
};

/* Connects to DBUS_SYSTEM_BUS_ADDRESS, or to where the system bus is by default. All that is done
 * with it together takes at most `milliseconds`. Fails with CNI_EMISSING if there is no bus, and
 * with CNI_EDELEGATE otherwise; errnum ETIMEDOUT at the deadline. */
int cni_dbus_open(struct cni_dbus *ret_bus, unsigned int milliseconds, struct cni_error *err);
void cni_dbus_close(struct cni_dbus *bus);
#define closing_dbus __attribute__((cleanup(cni_dbus_close)))

struct cni_dbus_call {
	const char *destination;
	const char *path;
	const char *interface;
	const char *member;
	const char *arguments[3]; /* strings; ends with NULL */
};

struct cni_dbus_answer {
	char error[128]; /* the error's name; "" if it is none */
	char text[512];	 /* the first value if it is a string; of an error, its message */
	bool flag;	 /* the first value if it is a boolean */
};

/* Calls a method of who has the name now: nobody is started for it. That the answer is an error is
 * no failure. Fails with CNI_EDELEGATE. */
int cni_dbus_call(struct cni_dbus *bus, const struct cni_dbus_call *call,
		  struct cni_dbus_answer *ret_answer, struct cni_error *err);

#endif
