/* SPDX-License-Identifier: Apache-2.0 */
#include "dbus.h"
#include "dbus_message.h"

#include "cleanup.h"
#include "fake_bus.h"
#include "mem.h"
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

/* What it says: when it was told who comes, when it was greeted, and when it was called. Where it
 * has nothing to say, it says no more. */
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

	if (script->authentication)
		bus_put(&authentication, script->authentication, strlen(script->authentication));
	say(fd, &authentication);
	say(fd, &script->greeting);
	say(fd, &script->answer);
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
	struct script script = {
		.authentication = BUS_OK, .greeting = greeting(), .answer = *answer};
	closing_dbus struct cni_dbus bus = {.fd = -1};
	struct cni_dbus_answer got;
	struct cni_error err = {.msg = ""};

	server = fake_bus_start(&fake, follow, &script);
	if (cni_dbus_open(&bus, 5000, &err) < 0 || cni_dbus_call(&bus, &call, &got, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(got.error, error);
	assert_string_equal(got.text, text);
	assert_int_equal(got.flag, flag);
}

static void dbus__brings_a_string(void **state)
{
	struct bus_bytes answer = bus_message(2, 2, NULL, "trusted", NULL);

	(void)state;
	assert_answer(&answer, "", "trusted", false);
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

static void dbus__brings_nothing(void **state)
{
	struct bus_bytes answer = bus_message(2, 2, NULL, NULL, NULL);

	(void)state;
	assert_answer(&answer, "", "", false);
}

/* A signal, and an answer to somebody else's question. */
static void dbus__passes_over_what_is_no_answer(void **state)
{
	struct bus_bytes signal = bus_message(4, 2, NULL, "NameAcquired", NULL);
	struct bus_bytes other = bus_message(2, 9, NULL, "late", NULL);
	struct bus_bytes answer = bus_message(2, 2, NULL, "trusted", NULL);
	struct bus_bytes before = joined(&signal, &other);
	struct bus_bytes all = joined(&before, &answer);

	(void)state;
	assert_answer(&all, "", "trusted", false);
}

static void dbus__cuts_what_is_too_long(void **state)
{
	char text[2001];
	struct bus_bytes answer;
	char expected[512];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	answer = bus_message(2, 2, NULL, text, NULL);
	snprintf(expected, sizeof(expected), "%.511s", text);
	assert_answer(&answer, "", expected, false);
}

static void assert_failure(const struct script *script, int code, int errnum, const char *text)
{
	closing_dbus struct cni_dbus bus = {.fd = -1};
	struct cni_dbus_answer got;
	struct cni_error err = {.msg = ""};
	struct timespec begin;
	struct timespec end;
	int failed;

	if (script)
		server = fake_bus_start(&fake, follow, (void *)(uintptr_t)script);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	failed = cni_dbus_open(&bus, 200, &err);
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
	struct script script = {.authentication = NULL};

	(void)state;
	assert_failure(&script, CNI_EDELEGATE, ETIMEDOUT, "did not answer in time");
}

static void dbus__waits_for_a_greeting_so_long(void **state)
{
	struct script script = {.authentication = BUS_OK};

	(void)state;
	assert_failure(&script, CNI_EDELEGATE, ETIMEDOUT, "Hello: the system bus did not answer");
}

static void dbus__waits_for_an_answer_so_long(void **state)
{
	struct script script = {.authentication = BUS_OK, .greeting = greeting()};

	(void)state;
	assert_failure(&script, CNI_EDELEGATE, ETIMEDOUT, "Ask: the system bus did not answer");
}

static void dbus__says_that_it_was_refused(void **state)
{
	struct script script = {.authentication = "REJECTED EXTERNAL\r\n"};

	(void)state;
	assert_failure(&script, CNI_EDELEGATE, 0, "refuses us: REJECTED EXTERNAL");
}

static void dbus__says_that_the_bus_hung_up(void **state)
{
	struct script script = {.authentication = BUS_OK, .greeting = greeting(), .hangs_up = true};

	(void)state;
	assert_failure(&script, CNI_EDELEGATE, 0, "the system bus hung up");
}

static void dbus__bounds_the_greeting(void **state)
{
	char endless[400];
	struct script script = {.authentication = endless};

	(void)state;
	memset(endless, 'x', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	assert_failure(&script, CNI_EDELEGATE, 0, "greets us at length");
}

static void dbus__says_that_hello_was_refused(void **state)
{
	struct script script = {.authentication = BUS_OK,
				.greeting = bus_message(3, 1, "org.example.No", "too many", NULL)};

	(void)state;
	assert_failure(&script, CNI_EDELEGATE, 0, "refuses us: too many");
}

static void dbus__says_that_it_is_no_message(void **state)
{
	struct script script = {.authentication = BUS_OK};

	(void)state;
	bus_put(&script.greeting, "GET / HTTP/1.0\r\n\r\n", 18);
	assert_failure(&script, CNI_EDELEGATE, 0, "no D-Bus message");
}

/* No bus, and addresses of buses that cannot be. */
static void dbus__without_a_bus_says_where_none_is(void **state)
{
	static const struct {
		const char *address;
		int errnum;
		const char *text;
	} cases[] = {
		{"unix:path=/nowhere/bus", ENOENT, "at '/nowhere/bus'"},
		{"unix:abstract=/nowhere/bus", ECONNREFUSED, "at '@/nowhere/bus'"},
		{"unix:path=/no%20where", ENOENT, "at '/no where'"},
		{"unix:path=/nowhere,guid=12", ENOENT, "at '/nowhere'"},
		{"unix:guid=12", 0, "which is no path"},
		{"unix:path=", 0, "which is no path"},
		{"tcp:host=localhost", 0, "expected unix:"},
		{"nonsense", 0, "expected unix:"},
	};
	freeing char *long_path = cni_format("unix:path=/%0200d", 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		setenv("DBUS_SYSTEM_BUS_ADDRESS", cases[i].address, 1);
		assert_failure(NULL, CNI_EMISSING, cases[i].errnum, cases[i].text);
	}
	setenv("DBUS_SYSTEM_BUS_ADDRESS", long_path, 1);
	assert_failure(NULL, CNI_EMISSING, 0, "which is no path");
}

/* The first of several that is there. */
static void dbus__tries_all_addresses(void **state)
{
	struct script script = {.authentication = BUS_OK, .greeting = greeting()};
	closing_dbus struct cni_dbus bus = {.fd = -1};
	freeing char *all =
		cni_format("unix:path=/nowhere;tcp:host=x;unix:guid=1,path=%s%%2fbus", fake.dir);
	struct cni_error err = {.msg = ""};

	(void)state;
	server = fake_bus_start(&fake, follow, &script);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", all, 1);
	if (cni_dbus_open(&bus, 5000, &err) < 0)
		fail_msg("%s", err.msg);
}

/* ---- messages ---- */

static void message__is_what_the_specification_says(void **state)
{
	/* By hand, after its "Message Format". */
	static const char expected[] = "l\1\2\1"
				       "\x0f\0\0\0" /* of the body */
				       "\7\0\0\0"
				       "\x48\0\0\0" /* of the fields */
				       "\1\1o\0\2\0\0\0/a\0\0\0\0\0\0"
				       "\2\1s\0\3\0\0\0b.c\0\0\0\0\0"
				       "\3\1s\0\1\0\0\0d\0\0\0\0\0\0\0"
				       "\6\1s\0\3\0\0\0e.f\0\0\0\0\0"
				       "\x8\1g\0\2ss\0"
				       "\2\0\0\0gh\0\0\2\0\0\0ij";
	const struct cni_dbus_call asked = {.destination = "e.f",
					    .path = "/a",
					    .interface = "b.c",
					    .member = "d",
					    .arguments = {"gh", "ij"}};
	uint8_t bytes[256];

	(void)state;
	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		skip_because("the expected bytes are those of a little-endian machine");
	assert_int_equal(cni_dbus_encode(&asked, 7, bytes, sizeof(bytes)), sizeof(expected));
	assert_memory_equal(bytes, expected, sizeof(expected));
	assert_int_equal(cni_dbus_size(bytes), sizeof(expected));
}

static void message__with_what_no_bus_takes_is_not_sent(void **state)
{
	static const char *const texts[] = {"\xff", "a\nb", "\xc3\xbc", "\x7f"};
	uint8_t bytes[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct cni_dbus_call asked = call;

		asked.arguments[0] = texts[i];
		assert_int_equal(cni_dbus_encode(&asked, 1, bytes, sizeof(bytes)), 0);
	}
	assert_true(cni_dbus_encode(&call, 1, bytes, sizeof(bytes)) > 0);
	assert_int_equal(cni_dbus_encode(&call, 1, bytes, 100), 0);
}

/* Each byte changed to each of some values, and cut at each length: nothing is read that is not
 * there (AddressSanitizer), and nothing ends it. */
static void message__that_is_damaged_is_survived(void **state)
{
	static const uint8_t values[] = {0, 1, 's', 'g', 'v', 0x7f, 0xff};
	struct bus_bytes good = bus_message(3, 2, "org.example.Wrong", "it is wrong", NULL);
	struct cni_dbus_answer answer;

	(void)state;
	for (size_t at = 0; at < good.size; at++)
		for (size_t i = 0; i < sizeof(values); i++) {
			freeing uint8_t *copy = cni_alloc(good.size);
			size_t size;

			memcpy(copy, good.data, good.size);
			copy[at] = values[i];
			size = cni_dbus_size(copy);
			if (size && size <= good.size)
				cni_dbus_decode(copy, size, 2, &answer);
		}
	for (size_t size = CNI_DBUS_PRELUDE; size < good.size; size++) {
		freeing uint8_t *copy = cni_alloc(size);

		memcpy(copy, good.data, size);
		assert_int_not_equal(cni_dbus_decode(copy, size, 2, &answer), 1);
	}
}

#define dbus_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		dbus_test(dbus__brings_a_string),
		dbus_test(dbus__brings_a_boolean),
		dbus_test(dbus__brings_an_error),
		dbus_test(dbus__brings_nothing),
		dbus_test(dbus__passes_over_what_is_no_answer),
		dbus_test(dbus__cuts_what_is_too_long),
		dbus_test(dbus__waits_for_a_silent_bus_so_long),
		dbus_test(dbus__waits_for_a_greeting_so_long),
		dbus_test(dbus__waits_for_an_answer_so_long),
		dbus_test(dbus__says_that_it_was_refused),
		dbus_test(dbus__says_that_the_bus_hung_up),
		dbus_test(dbus__bounds_the_greeting),
		dbus_test(dbus__says_that_hello_was_refused),
		dbus_test(dbus__says_that_it_is_no_message),
		dbus_test(dbus__without_a_bus_says_where_none_is),
		dbus_test(dbus__tries_all_addresses),
		cmocka_unit_test(message__is_what_the_specification_says),
		cmocka_unit_test(message__with_what_no_bus_takes_is_not_sent),
		cmocka_unit_test(message__that_is_damaged_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
