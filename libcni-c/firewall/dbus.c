/* SPDX-License-Identifier: Apache-2.0 */
#include "dbus.h"

#include "cleanup.h"
#include "mem.h"

#include <dbus/dbus.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PATH "/var/run/dbus/system_bus_socket"

/* ---- with a deadline ---- */

static int milliseconds_left(const struct cni_dbus *bus)
{
	struct timespec now;
	int64_t left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left = (int64_t)(bus->end.tv_sec - now.tv_sec) * 1000 +
	       (bus->end.tv_nsec - now.tv_nsec) / 1000000;
	return left > 0 ? (int)left : 0;
}

static int fail_late(struct cni_error *err)
{
	cni_fail(err, CNI_EDELEGATE, "the system bus did not answer in time");
	err->errnum = ETIMEDOUT;
	return -1;
}

static void interrupt(int signal)
{
	(void)signal;
}

/* libdbus leaves the time to connect(2), which waits for ever while the bus's queue is full. */
static int connect_to(struct cni_dbus *bus, const char *address, struct cni_error *err)
{
	/* No SA_RESTART: connect() must return. */
	struct sigaction ours = {.sa_handler = interrupt};
	int left = milliseconds_left(bus);
	struct itimerspec in = {.it_value = {.tv_sec = left / 1000,
					     .tv_nsec = (long)(left % 1000) * 1000000},
				/* repeatedly: it may fire just before connect() sleeps */
				.it_interval = {.tv_nsec = 20000000}};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	DBusError error = DBUS_ERROR_INIT;
	struct sigaction before;
	timer_t timer;

	if (!left)
		return fail_late(err);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0)
		return cni_fail_errno(err, CNI_EDELEGATE, errno, "make a timer for the system bus");
	sigaction(SIGALRM, &ours, &before);
	timer_settime(timer, 0, &in, NULL);
	bus->connection = dbus_connection_open_private(address, &error);
	timer_delete(timer);
	sigaction(SIGALRM, &before, NULL);
	if (bus->connection)
		return 0;
	if (!milliseconds_left(bus))
		fail_late(err);
	else
		cni_fail(err, CNI_EMISSING, "no system bus at '%.200s': %s", address,
			 error.message);
	dbus_error_free(&error);
	return -1;
}

/* ---- addresses of the bus ---- */

static int connect_to_any(struct cni_dbus *bus, struct cni_error *err)
{
	const char *configured = getenv("DBUS_SYSTEM_BUS_ADDRESS");
	bool is_default = !configured || !*configured;
	freeing char *all = cni_strdup(is_default ? "unix:path=" DEFAULT_PATH : configured);
	char *rest = all;

	if (is_default && access(DEFAULT_PATH, F_OK) < 0)
		return cni_fail_errno(err, CNI_EMISSING, errno, "no system bus at '%s'",
				      DEFAULT_PATH);
	for (char *one = strsep(&rest, ";"); one; one = strsep(&rest, ";"))
		if (strncmp(one, "unix:", strlen("unix:")) != 0)
			cni_fail(err, CNI_EMISSING,
				 "the system bus is at '%.200s', expected unix:", one);
		else if (connect_to(bus, one, err) == 0)
			return 0;
		else if (err->code != CNI_EMISSING)
			break;
	return -1;
}

static const struct cni_dbus_call hello = {
	.destination = DBUS_SERVICE_DBUS,
	.path = DBUS_PATH_DBUS,
	.interface = DBUS_INTERFACE_DBUS,
	.member = "Hello",
};

int cni_dbus_open(struct cni_dbus *ret_bus, unsigned int milliseconds, struct cni_error *err)
{
	struct cni_dbus_answer answer = {.flag = false};

	*ret_bus = (struct cni_dbus){.connection = NULL};
	clock_gettime(CLOCK_MONOTONIC, &ret_bus->end);
	ret_bus->end.tv_sec += milliseconds / 1000;
	ret_bus->end.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (connect_to_any(ret_bus, err) == 0 &&
	    cni_dbus_call(ret_bus, &hello, &answer, err) == 0) {
		if (!*answer.error)
			return 0;
		cni_fail(err, CNI_EDELEGATE, "the system bus refuses us: %s", answer.text);
	}
	cni_dbus_close(ret_bus);
	return -1;
}

void cni_dbus_close(struct cni_dbus *bus)
{
	if (!bus->connection)
		return;
	dbus_connection_close(bus->connection);
	dbus_connection_unref(bus->connection);
	bus->connection = NULL;
}

/* ---- calls ---- */

static DBusMessage *make_message(const struct cni_dbus_call *call)
{
	DBusMessage *message = cni_need(dbus_message_new_method_call(
		call->destination, call->path, call->interface, call->member));

	dbus_message_set_auto_start(message, false);
	for (size_t i = 0; call->arguments[i]; i++)
		if (!dbus_message_append_args(message, DBUS_TYPE_STRING, &call->arguments[i],
					      DBUS_TYPE_INVALID))
			cni_out_of_memory();
	return message;
}

/* Skips other messages: signals may come first. */
static DBusMessage *pop_answer(const struct cni_dbus *bus, dbus_uint32_t serial)
{
	DBusMessage *message;

	while ((message = dbus_connection_pop_message(bus->connection))) {
		int type = dbus_message_get_type(message);

		if ((type == DBUS_MESSAGE_TYPE_METHOD_RETURN || type == DBUS_MESSAGE_TYPE_ERROR) &&
		    dbus_message_get_reply_serial(message) == serial)
			break;
		dbus_message_unref(message);
	}
	return message;
}

/* dbus_connection_send_with_reply_and_block() counts the time only after the bus has accepted us
 * and taken the message. NULL: failed. */
static DBusMessage *wait_for_answer(const struct cni_dbus *bus, dbus_uint32_t serial,
				    struct cni_error *err)
{
	DBusMessage *answer = NULL;
	bool is_open = true;

	while (!answer && is_open) {
		int left = milliseconds_left(bus);

		if (!left) {
			fail_late(err);
			return NULL;
		}
		is_open = dbus_connection_read_write(bus->connection, left);
		answer = pop_answer(bus, serial);
	}
	if (!answer)
		cni_fail(err, CNI_EDELEGATE,
			 dbus_connection_get_is_authenticated(bus->connection)
				 ? "the system bus hung up, or sent no D-Bus message"
				 : "the system bus refuses us");
	return answer;
}

static struct cni_dbus_answer read_answer(DBusMessage *message)
{
	struct cni_dbus_answer answer = {.flag = false};
	DBusError error = DBUS_ERROR_INIT;
	dbus_bool_t flag;

	if (dbus_set_error_from_message(&error, message)) {
		snprintf(answer.error, sizeof(answer.error), "%s", error.name);
		snprintf(answer.text, sizeof(answer.text), "%s", error.message);
		dbus_error_free(&error);
	} else if (dbus_message_get_args(message, NULL, DBUS_TYPE_BOOLEAN, &flag,
					 DBUS_TYPE_INVALID))
		answer.flag = flag;
	return answer;
}

int cni_dbus_call(struct cni_dbus *bus, const struct cni_dbus_call *call,
		  struct cni_dbus_answer *ret_answer, struct cni_error *err)
{
	DBusMessage *message = make_message(call);
	dbus_uint32_t serial;

	if (!dbus_connection_send(bus->connection, message, &serial))
		cni_out_of_memory();
	dbus_message_unref(message);
	message = wait_for_answer(bus, serial, err);
	if (!message)
		return cni_fail_within(err, "%s", call->member);
	*ret_answer = read_answer(message);
	dbus_message_unref(message);
	return 0;
}
