/* SPDX-License-Identifier: Apache-2.0 */
/* The D-Bus client, against a scripted bus. */
#include "dbus.h"

#include "cleanup.h"
#include "fake_bus.h"
#include "mem.h"
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct fake fake;
static pid_t server;

static const struct cni_dbus_call call = {.destination = "org.example",
					  .path = "/org/example",
					  .interface = "org.example.one",
					  .member = "Ask",
					  .arguments = {"trusted", "10.1.0.7/32"}};

static struct bus_bytes joined(const struct bus_bytes *one, const struct bus_bytes *other)
{
	struct bus_bytes both = *one;

	bus_put(&both, other->data, other->size);
	return both;
}

/* ---- the bus ---- */

/* The bus's messages: after authentication (NULL: accepts the client), after the greeting, and
 * after the call. An empty message is not sent. */
struct script {
	const char *authentication;
	struct bus_bytes greeting;
	struct bus_bytes answer;
	bool hangs_up; /* then */
};

static void say(int fd, const struct bus_bytes *bytes)
{
	char heard[4096];

	if (!bytes->size)
		return;
	if (read(fd, heard, sizeof(heard)) <= 0)
		_exit(0);
	/* In two pieces, as a stream may come. */
	if (write(fd, bytes->data, bytes->size / 2) < 0)
		_exit(1);
	usleep(1000);
	if (write(fd, bytes->data + bytes->size / 2, bytes->size - bytes->size / 2) < 0)
		_exit(1);
}

static void follow(int listening, void *data)
{
	struct bus_bytes authentication = {.size = 0};
	const struct script *script = data;
	int fd = accept(listening, NULL, NULL);

	if (script->authentication) {
		bus_put(&authentication, script->authentication, strlen(script->authentication));
		say(fd, &authentication);
	} else if (bus_let_in(fd)) {
		say(fd, &script->greeting);
		say(fd, &script->answer);
	}
	while (!script->hangs_up)
		pause();
}

static int setup(void **state)
{
	(void)state;
	fake_open(&fake);
	server = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_bus_stop(server);
	fake_close(&fake);
	return 0;
}

/* ---- what comes of it ---- */

static struct bus_bytes greeting(void)
{
	return bus_message(2, 1, NULL, ":1.5", NULL);
}

static void assert_answer(const struct bus_bytes *answer, const char *error, const char *text,
			  bool flag)
{
	struct script script = {.greeting = greeting(), .answer = *answer};
	closing_dbus struct cni_dbus bus = {.connection = NULL};
	struct cni_dbus_answer got;
	struct cni_error err = {.msg = ""};

	server = fake_bus_start(&fake, follow, &script);
	if (cni_dbus_open(&bus, 5000, &err) < 0 || cni_dbus_call(&bus, &call, &got, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(got.error, error);
	assert_string_equal(got.text, text);
	assert_int_equal(got.flag, flag);
}

static void dbus__brings_a_boolean(void **state)
{
	const uint32_t yes = 1;
	struct bus_bytes answer = bus_message(2, 2, NULL, NULL, &yes);

	(void)state;
	assert_answer(&answer, "", "", true);
}

static void dbus__brings_an_error(void **state)
{
	struct bus_bytes answer = bus_message(3, 2, "org.example.Wrong", "it is wrong", NULL);

	(void)state;
	assert_answer(&answer, "org.example.Wrong", "it is wrong", false);
}

static void dbus__brings_an_error_without_a_message(void **state)
{
	struct bus_bytes answer = bus_message(3, 2, "org.example.Wrong", NULL, NULL);

	(void)state;
	assert_answer(&answer, "org.example.Wrong", "org.example.Wrong", false);
}

static void dbus__brings_no_string(void **state)
{
	struct bus_bytes answer = bus_message(2, 2, NULL, "trusted", NULL);

	(void)state;
	assert_answer(&answer, "", "", false);
}

static void dbus__brings_nothing(void **state)
{
	struct bus_bytes answer = bus_message(2, 2, NULL, NULL, NULL);

	(void)state;
	assert_answer(&answer, "", "", false);
}

/* A signal, and an answer to another client's question. */
static void dbus__passes_over_what_is_no_answer(void **state)
{
	struct bus_bytes signal = bus_message(4, 2, NULL, "NameAcquired", NULL);
	struct bus_bytes other = bus_message(3, 9, "org.example.Wrong", "late", NULL);
	const uint32_t yes = 1;
	struct bus_bytes answer = bus_message(2, 2, NULL, NULL, &yes);
	struct bus_bytes before = joined(&signal, &other);
	struct bus_bytes all = joined(&before, &answer);

	(void)state;
	assert_answer(&all, "", "", true);
}

static void dbus__cuts_what_is_too_long(void **state)
{
	char text[2001];
	struct bus_bytes answer;
	char expected[512];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	answer = bus_message(3, 2, "org.example.Wrong", text, NULL);
	snprintf(expected, sizeof(expected), "%.511s", text);
	assert_answer(&answer, "org.example.Wrong", expected, false);
}

/* `script`: NULL for a bus that is there without us, or is not. */
static void assert_failure(const struct script *script, int code, int errnum, const char *text)
{
	closing_dbus struct cni_dbus bus = {.connection = NULL};
	struct cni_dbus_answer got;
	struct cni_error err = {.msg = ""};
	struct timespec begin;
	struct timespec end;
	int failed;

	if (script)
		server = fake_bus_start(&fake, follow, (void *)(uintptr_t)script);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	failed = cni_dbus_open(&bus, errnum == ETIMEDOUT ? 200 : 20000, &err);
	if (!failed)
		failed = cni_dbus_call(&bus, &call, &got, &err);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_int_equal(failed, -1);
	if (!strstr(err.msg, text))
		fail_msg("'%s', expected '%s'", err.msg, text);
	assert_int_equal(err.code, code);
	assert_int_equal(err.errnum, errnum);
	assert_true(end.tv_sec - begin.tv_sec < 10);
}

static void dbus__waits_for_a_silent_bus_so_long(void **state)
{
	struct script script = {.authentication = ""};

	(void)state;
	assert_failure(&script, CNI_EDELEGATE, ETIMEDOUT, "did not answer in time");
}

/* As many wait to be accepted as it has room for: connect(2) does not return. */
static void dbus__waits_for_a_full_bus_so_long(void **state)
{
	freeing char *address = cni_format("unix:path=%s/bus", fake.dir);
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	closing int listening = socket(AF_UNIX, SOCK_STREAM, 0);
	closing int waiting = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/bus", fake.dir);
	assert_int_equal(bind(listening, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listening, 0), 0);
	assert_int_equal(connect(waiting, (struct sockaddr *)&at, sizeof(at)), 0);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
	assert_failure(NULL, CNI_EDELEGATE, ETIMEDOUT, "did not answer in time");
}

static void dbus__waits_for_a_greeting_so_long(void **state)
{
	struct script script = {.authentication = NULL};

	(void)state;
	assert_failure(&script, CNI_EDELEGATE, ETIMEDOUT, "Hello: the system bus did not answer");
}

static void dbus__waits_for_an_answer_so_long(void **state)
{
	struct script script = {.greeting = greeting()};

	(void)state;
	assert_failure(&script, CNI_EDELEGATE, ETIMEDOUT, "Ask: the system bus did not answer");
}

static void dbus__says_that_it_was_refused(void **state)
{
	struct script script = {.authentication = "REJECTED EXTERNAL\r\n"};

	(void)state;
	assert_failure(&script, CNI_EDELEGATE, 0, "the system bus refuses us");
}

static void dbus__says_that_the_bus_hung_up(void **state)
{
	struct script script = {.greeting = greeting(), .hangs_up = true};

	(void)state;
	assert_failure(&script, CNI_EDELEGATE, 0, "Ask: the system bus hung up");
}

/* It is libdbus that does; and it does not wait for the deadline with that. */
static void dbus__bounds_the_greeting(void **state)
{
	static char endless[40000];
	struct script script = {.authentication = endless};

	(void)state;
	memset(endless, 'x', sizeof(endless) - 1);
	assert_failure(&script, CNI_EDELEGATE, 0, "the system bus refuses us");
}

static void dbus__says_that_hello_was_refused(void **state)
{
	struct script script = {.greeting = bus_message(3, 1, "org.example.No", "too many", NULL)};

	(void)state;
	assert_failure(&script, CNI_EDELEGATE, 0, "refuses us: too many");
}

static void dbus__says_that_it_is_no_message(void **state)
{
	struct script script = {.authentication = NULL};

	(void)state;
	bus_put(&script.greeting, "GET / HTTP/1.0\r\n\r\n", 18);
	assert_failure(&script, CNI_EDELEGATE, 0, "no D-Bus message");
}

/* No bus, and addresses of buses that cannot be. */
static void dbus__without_a_bus_says_where_none_is(void **state)
{
	static const struct {
		const char *address;
		const char *text;
	} cases[] = {
		{"unix:path=/nowhere/bus", "/nowhere/bus: No such file or directory"},
		{"unix:abstract=/nowhere/bus", "/nowhere/bus: Connection refused"},
		{"unix:path=/no%20where", "/no where: No such file or directory"},
		{"unix:path=/nowhere,guid=" BUS_GUID, "/nowhere: No such file or directory"},
		{"unix:guid=" BUS_GUID, "no system bus at 'unix:guid="},
		{"unix:path=", "no system bus at 'unix:path='"},
		{"unix:path=/nowhere,", "no system bus at 'unix:path=/nowhere,'"},
		{"tcp:host=localhost", "expected unix:"},
		{"nonsense", "expected unix:"},
	};
	freeing char *long_path = cni_format("unix:path=/%0200d", 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		setenv("DBUS_SYSTEM_BUS_ADDRESS", cases[i].address, 1);
		assert_failure(NULL, CNI_EMISSING, 0, cases[i].text);
	}
	setenv("DBUS_SYSTEM_BUS_ADDRESS", long_path, 1);
	assert_failure(NULL, CNI_EMISSING, 0, "Socket name too long");
}

/* The environment is no way to have a program run. */
static void dbus__starts_no_process(void **state)
{
	freeing char *address = cni_format("unixexec:path=touch,argv1=%s/started", fake.dir);

	(void)state;
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
	assert_failure(NULL, CNI_EMISSING, 0, "expected unix:");
	assert_false(fake_has(&fake, "started"));
}

/* The first of several addresses that works. Child processes still end at SIGPIPE. */
static void dbus__tries_all_addresses(void **state)
{
	struct script script = {.greeting = greeting()};
	closing_dbus struct cni_dbus bus = {.connection = NULL};
	freeing char *all = cni_format(
		"unix:path=/nowhere;tcp:host=x;unix:guid=" BUS_GUID ",path=%s%%2fbus", fake.dir);
	struct cni_error err = {.msg = ""};
	struct sigaction at_sigpipe;

	(void)state;
	server = fake_bus_start(&fake, follow, &script);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", all, 1);
	if (cni_dbus_open(&bus, 5000, &err) < 0)
		fail_msg("%s", err.msg);
	sigaction(SIGPIPE, NULL, &at_sigpipe);
	assert_true(at_sigpipe.sa_handler == SIG_DFL);
}

#define dbus_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		dbus_test(dbus__brings_a_boolean),
		dbus_test(dbus__brings_an_error),
		dbus_test(dbus__brings_an_error_without_a_message),
		dbus_test(dbus__brings_no_string),
		dbus_test(dbus__brings_nothing),
		dbus_test(dbus__passes_over_what_is_no_answer),
		dbus_test(dbus__cuts_what_is_too_long),
		dbus_test(dbus__waits_for_a_silent_bus_so_long),
		dbus_test(dbus__waits_for_a_full_bus_so_long),
		dbus_test(dbus__waits_for_a_greeting_so_long),
		dbus_test(dbus__waits_for_an_answer_so_long),
		dbus_test(dbus__says_that_it_was_refused),
		dbus_test(dbus__says_that_the_bus_hung_up),
		dbus_test(dbus__bounds_the_greeting),
		dbus_test(dbus__says_that_hello_was_refused),
		dbus_test(dbus__says_that_it_is_no_message),
		dbus_test(dbus__without_a_bus_says_where_none_is),
		dbus_test(dbus__starts_no_process),
		dbus_test(dbus__tries_all_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
