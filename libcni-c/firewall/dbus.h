/* SPDX-License-Identifier: Apache-2.0 */
/* Method calls over the system bus, with libdbus: strings in, a boolean or an error out. */
#ifndef CNI_DBUS_H
#define CNI_DBUS_H

#include "error.h"

#include <stdbool.h>
#include <time.h>

struct DBusConnection; /* libdbus's */

struct cni_dbus {
	struct DBusConnection *connection; /* NULL: none */
	struct timespec end;		   /* the deadline of all calls */
};

/* Connects to DBUS_SYSTEM_BUS_ADDRESS, or to the system bus's default address. Tries only addresses
 * that begin with "unix:": through others, the environment could start a program or ask the bus of
 * another machine.
 *
 * Connecting and all calls together take at most `milliseconds`. Fails with CNI_EMISSING if there
 * is no bus, and with CNI_EDELEGATE otherwise, errnum ETIMEDOUT at the deadline. */
int cni_dbus_open(struct cni_dbus *ret_bus, unsigned int milliseconds, struct cni_error *err);
void cni_dbus_close(struct cni_dbus *bus);
#define closing_dbus __attribute__((cleanup(cni_dbus_close)))

/* libdbus ends a process that sends invalid names or UTF-8. */
struct cni_dbus_call {
	const char *destination;
	const char *path;
	const char *interface;
	const char *member;
	const char *arguments[3]; /* strings; ends with NULL */
};

struct cni_dbus_answer {
	char error[128]; /* the error's name; "": no error */
	char text[512];	 /* the error's message */
	bool flag;	 /* the first value, if a boolean */
};

/* Calls a method of the name's owner, and starts no owner. An error as an answer is no failure.
 * Fails with CNI_EDELEGATE. */
int cni_dbus_call(struct cni_dbus *bus, const struct cni_dbus_call *call,
		  struct cni_dbus_answer *ret_answer, struct cni_error *err);

#endif
