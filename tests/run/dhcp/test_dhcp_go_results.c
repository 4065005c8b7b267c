/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* Beside the Go plugin: the same results from the same server, asked for in the same way. */
#include "dhcp_go.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <signal.h>
#include <string.h>

struct same_case {
	const char *keys;
	const char *args;
	const char *more; /* options of the server's answers, and their size */
	uint8_t more_size;
};

/* On the wire, besides the result: what a server decides by. */
static const uint8_t compared[] = {12, 60, 61, 77};

struct seen {
	cJSON *result;
	uint8_t options[576];
	uint32_t options_size;
	uint32_t broadcast;
};

static struct seen see(const struct same_case *row, bool by_go)
{
	freeing char *more =
		cni_format(ON_UP0
			   "'runtimeConfig':{'mac':'02:00:00:00:00:07'},'ipam':{'type':'dhcp'%s%s}",
			   *row->keys ? "," : "", row->keys);
	freeing char *config = bridge_config("1.0.0", more);
	struct plugin_answer answer;
	struct plugin_call call;
	struct seen seen = {.options_size = 0};
	struct pod red;

	dhcp_pod_open(&red, "red");
	call = pod_call(&red, "ADD", config);
	call.args = row->args;
	if (by_go) {
		call.plugin = GO_DIR "/macvlan";
		call.path = GO_DIR;
	}
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	seen.result = take_ptr(answer.json);
	plugin_answer_clear(&answer);
	call.command = "DEL";
	plugin_succeeds(&call);
	memcpy(seen.options, server->options, sizeof(seen.options));
	seen.options_size = server->options_size;
	seen.broadcast = server->broadcast;
	pod_close(&red);
	return seen;
}

static void assert_same_option(const struct seen *one, const struct seen *other, uint8_t code)
{
	struct dhcp_server first = {.options_size = one->options_size};
	struct dhcp_server second = {.options_size = other->options_size};
	uint8_t sizes[2];
	const uint8_t *mine;
	const uint8_t *theirs;

	memcpy(first.options, one->options, sizeof(first.options));
	memcpy(second.options, other->options, sizeof(second.options));
	mine = dhcp_server_seen(&first, code, &sizes[0]);
	theirs = dhcp_server_seen(&second, code, &sizes[1]);
	if (!mine != !theirs)
		fail_msg("option %u: only one has sent it", code);
	if (mine && (sizes[0] != sizes[1] || memcmp(mine, theirs, sizes[0]) != 0))
		fail_msg("option %u has other bytes", code);
}

static void assert_same(const struct seen *mine, const struct seen *theirs, bool skips_default)
{
	json_text_assert_equal(mine->result, theirs->result);
	assert_int_equal(mine->broadcast, theirs->broadcast);
	for (size_t i = 0; i < sizeof(compared); i++)
		assert_same_option(mine, theirs, compared[i]);
	if (skips_default)
		assert_same_option(mine, theirs, 55);
}

static void go__gets_the_same_results(void **state)
{
	static const struct same_case rows[] = {
		{"", "IgnoreUnknown=1", "", 0},
		{"'priority':77", "IgnoreUnknown=1", "", 0},
		{"'provide':[{'option':'host-name','value':'web'},{'option':'12','value':'api'},"
		 "{'option':'vendor-class-identifier','value':'x','fromArg':'CLASS'},"
		 "{'option':'user-class','fromArg':'ABSENT'},"
		 "{'option':'dhcp-client-identifier','fromArg':'ID'}]",
		 "IgnoreUnknown=1;CLASS=blue;ID=me", "", 0},
		{"'request':[{'skipDefault':true},{'option':'subnet-mask'},{'option':'routers'},"
		 "{'option':'42'}]",
		 "IgnoreUnknown=1", "", 0},
		{"", "IgnoreUnknown=1", "\41\10\12\0\0\0\12\1\0\11", 10},
		{"", "IgnoreUnknown=1", "\171\7\20\12\11\12\1\0\11", 9},
	};
	struct seen theirs[sizeof(rows) / sizeof(*rows)];

	(void)state;
	skip_without_reference();
	go_start("-timeout 2s");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		memcpy(server->more, rows[i].more, rows[i].more_size);
		server->more_size = rows[i].more_size;
		theirs[i] = see(&rows[i], true);
	}
	go_end();
	daemon_start(NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct seen mine;

		memcpy(server->more, rows[i].more, rows[i].more_size);
		server->more_size = rows[i].more_size;
		mine = see(&rows[i], false);
		assert_same(&mine, &theirs[i], strstr(rows[i].keys, "skipDefault"));
		cJSON_Delete(mine.result);
		cJSON_Delete(theirs[i].result);
	}
}

/* The Go daemon takes the flag and sends no other message than without. */
static void daemon__asks_for_broadcasts_where_go_does_not(void **state)
{
	static const struct same_case row = {"", "IgnoreUnknown=1", "", 0};
	struct seen seen;

	(void)state;
	skip_without_reference();
	daemon_start((const char *const[]){"-broadcast", NULL});
	seen = see(&row, false);
	assert_int_equal(seen.broadcast, 1);
	cJSON_Delete(seen.result);
	daemon_end(SIGTERM);
	go_start("-broadcast");
	seen = see(&row, true);
	assert_int_equal(seen.broadcast, 0);
	cJSON_Delete(seen.result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		go_test(go__gets_the_same_results),
		go_test(daemon__asks_for_broadcasts_where_go_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
