/* SPDX-License-Identifier: Apache-2.0 */
/* Zones, by a firewalld that is none but says what firewalld says. The real one is in
 * run/test_firewall_firewalld.c. */
#include "firewalld.h"

#include "cleanup.h"
#include "fake_bus.h"
#include "mem.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static struct fake fake;
static pid_t server;

/* Shared with the server: "10.1.0.7/32=trusted;". */
static struct {
	bool runs;
	char sources[1024];
} * shared;

/* ---- firewalld ---- */

static struct bus_bytes refuse(const struct bus_call *call, const char *text)
{
	return bus_message(3, call->serial, "org.fedoraproject.FirewallD1.Exception", text, NULL);
}

static struct bus_bytes change_source(const struct bus_call *call, bool remove)
{
	freeing char *entry = cni_format("%s=%s;", call->arguments[1], call->arguments[0]);
	freeing char *anywhere = cni_format("%s=", call->arguments[1]);
	char *found = strstr(shared->sources, entry);

	if (!strcmp(call->arguments[0], "nowhere"))
		return refuse(call, "INVALID_ZONE: nowhere");
	if (!strcmp(call->arguments[0], "broken"))
		return refuse(call, "COMMAND_FAILED: nft");
	if (!remove && found)
		return refuse(call, "ZONE_ALREADY_SET: already bound to 'trusted'");
	if (!found && strstr(shared->sources, anywhere))
		return refuse(call, "ZONE_CONFLICT: already bound to a zone");
	if (remove && !found)
		return refuse(call, "UNKNOWN_SOURCE: not in any zone");
	if (remove)
		memmove(found, found + strlen(entry), strlen(found + strlen(entry)) + 1);
	else
		strcat(shared->sources, entry);
	return bus_message(2, call->serial, NULL, call->arguments[0], NULL);
}

static struct bus_bytes answer(const struct bus_call *call)
{
	freeing char *entry = cni_format("%s=%s;", call->arguments[1], call->arguments[0]);
	uint32_t flag = shared->runs;

	if (!strcmp(call->member, "NameHasOwner"))
		return bus_message(2, call->serial, NULL, NULL, &flag);
	if (!shared->runs)
		return bus_message(3, call->serial, "org.freedesktop.DBus.Error.ServiceUnknown",
				   "The name is not activatable", NULL);
	if (!strcmp(call->member, "addSource"))
		return change_source(call, false);
	if (!strcmp(call->member, "removeSource"))
		return change_source(call, true);
	flag = strstr(shared->sources, entry) != NULL;
	return bus_message(2, call->serial, NULL, NULL, &flag);
}

static struct bus_answerer answerer = {answer};

static int setup(void **state)
{
	(void)state;
	fake_open(&fake);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	assert_true(shared != MAP_FAILED);
	shared->runs = true;
	server = fake_bus_start(&fake, bus_answer_calls, &answerer);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_bus_stop(server);
	munmap(shared, sizeof(*shared));
	fake_close(&fake);
	return 0;
}

/* ---- ours ---- */

static struct cni_ip addresses[2];

static const struct cni_ip *both(void)
{
	assert_int_equal(cni_ip_parse("10.1.0.7", &addresses[0]), 0);
	assert_int_equal(cni_ip_parse("fd00::7", &addresses[1]), 0);
	return addresses;
}

static void must_succeed(int failed, const struct cni_error *err)
{
	if (failed)
		fail_msg("%s", err->msg);
}

static void assert_failed(int failed, const struct cni_error *err, int code, const char *message)
{
	assert_int_equal(failed, -1);
	assert_string_equal(err->msg, message);
	assert_int_equal(err->code, code);
}

static void firewalld__has_sources_by_their_whole_length(void **state)
{
	struct cni_error err = {.msg = ""};

	(void)state;
	for (int i = 0; i < 2; i++) {
		must_succeed(cni_firewalld_add("trusted", both(), 2, &err), &err);
		assert_string_equal(shared->sources, "10.1.0.7/32=trusted;fd00::7/128=trusted;");
		must_succeed(cni_firewalld_check("trusted", both(), 2, &err), &err);
	}
	assert_failed(cni_firewalld_check("internal", both(), 2, &err), &err, CNI_EMISMATCH,
		      "firewall: 10.1.0.7/32 is not a source of the zone 'internal' of firewalld, "
		      "expected it there");
	for (int i = 0; i < 2; i++) {
		must_succeed(cni_firewalld_del("trusted", both(), 2, &err), &err);
		assert_string_equal(shared->sources, "");
	}
}

static void firewalld__says_what_it_refuses(void **state)
{
	struct cni_error err = {.msg = ""};

	(void)state;
	assert_failed(cni_firewalld_add("nowhere", both(), 2, &err), &err, CNI_EDELEGATE,
		      "firewalld: addSource nowhere 10.1.0.7/32: INVALID_ZONE: nowhere");
	strcpy(shared->sources, "fd00::7/128=drop;");
	assert_failed(cni_firewalld_add("trusted", both(), 2, &err), &err, CNI_EDELEGATE,
		      "firewalld: addSource trusted fd00::7/128: ZONE_CONFLICT: already bound to a "
		      "zone");
}

/* A zone or source that is already gone is no failure; a failed removal is one. */
static void firewalld__removes_what_is_there(void **state)
{
	struct cni_error err = {.msg = ""};

	(void)state;
	must_succeed(cni_firewalld_del("nowhere", both(), 2, &err), &err);
	strcpy(shared->sources, "10.1.0.7/32=drop;fd00::7/128=trusted;");
	must_succeed(cni_firewalld_del("trusted", both(), 2, &err), &err);
	assert_string_equal(shared->sources, "10.1.0.7/32=drop;");
	assert_failed(cni_firewalld_del("broken", both(), 2, &err), &err, CNI_EDELEGATE,
		      "firewalld: removeSource broken 10.1.0.7/32: COMMAND_FAILED: nft");
}

static void firewalld__that_does_not_run_has_nothing(void **state)
{
	struct cni_error err = {.msg = ""};

	(void)state;
	must_succeed(cni_firewalld_status(&err), &err);
	shared->runs = false;
	assert_failed(cni_firewalld_status(&err), &err, CNI_EMISSING, "firewalld is not running");
	assert_failed(cni_firewalld_add("trusted", both(), 2, &err), &err, CNI_EMISSING,
		      "firewalld is not running");
	assert_failed(cni_firewalld_check("trusted", both(), 2, &err), &err, CNI_EMISMATCH,
		      "firewall: 10.1.0.7/32 is not a source of the zone 'trusted' of firewalld, "
		      "expected it there: The name is not activatable");
	must_succeed(cni_firewalld_del("trusted", both(), 2, &err), &err);
}

static void firewalld__without_a_bus_does_not_run(void **state)
{
	static const char text[] =
		"firewalld is not running: no system bus at 'unix:path=/nowhere/bus': Failed to "
		"connect to socket /nowhere/bus: No such file or directory";
	struct cni_error err = {.msg = ""};

	(void)state;
	setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus", 1);
	assert_failed(cni_firewalld_status(&err), &err, CNI_EMISSING, text);
	assert_failed(cni_firewalld_add("trusted", both(), 2, &err), &err, CNI_EMISSING, text);
	must_succeed(cni_firewalld_del("trusted", both(), 2, &err), &err);
}

#define firewalld_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		firewalld_test(firewalld__has_sources_by_their_whole_length),
		firewalld_test(firewalld__says_what_it_refuses),
		firewalld_test(firewalld__removes_what_is_there),
		firewalld_test(firewalld__that_does_not_run_has_nothing),
		firewalld_test(firewalld__without_a_bus_does_not_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
