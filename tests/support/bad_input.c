/* SPDX-License-Identifier: Apache-2.0 */
#include "bad_input.h"

#include "cleanup.h"
#include "mem.h"
#include "sandbox.h"
#include "test.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

/* The host before the test: whole, and what can be looked at after each case. */
static char *whole;
static char *glimpse;

static char *look(void)
{
	/* "ip addr" shows the links as well. */
	return sandbox_read("ip addr; ip -n red addr; find " SANDBOX_DIR " /var/lib/cni");
}

int bad_input_setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	sandbox_add_netns("red");
	return 0;
}

int bad_input_before(void **state)
{
	(void)state;
	whole = sandbox_snapshot();
	glimpse = look();
	return 0;
}

int bad_input_after(void **state)
{
	freeing char *before = take_ptr(whole);

	(void)state;
	free(take_ptr(glimpse));
	sandbox_assert_unchanged(before);
	return 0;
}

struct plugin_call bad_input_call(const char *config)
{
	return (struct plugin_call){.plugin = BAD_INPUT_BRIDGE,
				    .command = "ADD",
				    .container = "c1",
				    .netns = "/run/netns/red",
				    .ifname = "eth0",
				    .path = BAD_INPUT_CNI_PATH,
				    .config = config};
}

char *bad_input_config(const char *members)
{
	return cni_format("{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"type\":\"bridge\","
			  "\"bridge\":\"br0\",\"ipam\":{\"type\":\"host-local\",\"dataDir\":"
			  "\"" SANDBOX_DIR "/leases\",\"subnet\":\"10.1.0.0/24\"}%s%s}",
			  *members ? "," : "", members);
}

char *bad_input_ipam(const char *members)
{
	freeing char *ipam = cni_format("\"ipam\":{\"type\":\"host-local\",\"dataDir\":"
					"\"" SANDBOX_DIR "/leases\"%s%s}",
					*members ? "," : "", members);

	return bad_input_config(ipam);
}

static bool is_utf8(const char *text)
{
	freeing char *copy = cni_strdup(text);
	size_t room = 4 * strlen(text) + 4;
	freeing char *wide = cni_alloc(room);
	iconv_t convert = iconv_open("UCS-4LE", "UTF-8");
	size_t left = strlen(text);
	char *from = copy;
	char *to = wide;
	size_t failed;

	failed = iconv(convert, &from, &left, &to, &room);
	iconv_close(convert);
	return failed == 0;
}

/* One object with the members of an error and nothing after it. */
static bool is_error_object(const char *text)
{
	const char *end = NULL;
	freeing_json cJSON *json = cJSON_ParseWithOpts(text, &end, false);
	const cJSON *member;

	if (!cJSON_IsObject(json) || strcmp(end, "\n") != 0 || !is_utf8(text))
		return false;
	cJSON_ArrayForEach (member, json)
		if (strcmp(member->string, "code") != 0 &&
		    (!cJSON_IsString(member) || (strcmp(member->string, "cniVersion") != 0 &&
						 strcmp(member->string, "msg") != 0 &&
						 strcmp(member->string, "details") != 0)))
			return false;
	return cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(json, "code")) &&
	       cJSON_HasObjectItem(json, "cniVersion") && cJSON_HasObjectItem(json, "msg");
}

static bool is_said(const struct plugin_answer *answer, const char *text)
{
	const char *msg = cni_json_get_string(answer->json, "msg");
	const char *details = cni_json_get_string(answer->json, "details");

	return strstr(msg, text) || (details && strstr(details, text));
}

void bad_input_refused(const struct plugin_call *call, const char *about,
		       const struct refusal *refusal)
{
	struct plugin_answer answer = plugin_run(call);
	freeing char *now = NULL;

	if (answer.exit_code != 1 || *answer.err || !is_error_object(answer.out))
		fail_msg("%.400s: exit %d, expected 1 and an error on stdout\n%s\n%s", about,
			 answer.exit_code, answer.out, answer.err);
	if (cni_json_get(answer.json, "code")->valueint != refusal->code)
		fail_msg("%.400s: expected code %d\n%s", about, refusal->code, answer.out);
	for (const char *const *text = refusal->says; *text; text++)
		if (!is_said(&answer, *text))
			fail_msg("%.400s: expected to read \"%s\"\n%s", about, *text, answer.out);
	now = look();
	if (strcmp(now, glimpse) != 0)
		fail_msg("%.400s: the host was\n%s\nand is now\n%s", about, glimpse, now);
	plugin_answer_clear(&answer);
}

void bad_input_config_refused(const char *config, const struct refusal *refusal)
{
	struct plugin_call call = bad_input_call(config);

	bad_input_refused(&call, config, refusal);
}
