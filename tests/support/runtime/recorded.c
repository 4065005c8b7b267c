/* SPDX-License-Identifier: Apache-2.0 */
#include "recorded.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"
#include "test.h"

#include <fcntl.h>
#include <string.h>

static char *replace(const char *text, const char *old, const char *new)
{
	char *result = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&result, &size);
	const char *at;

	assert_non_null(out);
	while ((at = strstr(text, old))) {
		fprintf(out, "%.*s%s", (int)(at - text), text, new);
		text = at + strlen(old);
	}
	fputs(text, out);
	fclose(out);
	return result;
}

/* As a runtime's plugin would find it: the interface in a sandbox. */
static void find_prev(struct recorded *recorded)
{
	const cJSON *prev = cni_json_get(recorded->input, "prevResult");
	const cJSON *interface;

	cJSON_ArrayForEach (interface, cni_json_get(prev, "interfaces")) {
		if (!cni_json_get(interface, "sandbox"))
			continue;
		recorded->prev_ifname = cni_json_get_string(interface, "name");
		recorded->prev_mac = cni_json_get_string(interface, "mac");
	}
}

static void run(const cJSON *json, const char *theirs,
		void (*check)(const struct recorded *recorded))
{
	const cJSON *env = cni_json_get(json, "env");
	const cJSON *input = cni_json_get(json, "stdin");
	freeing char *config = cJSON_IsString(input) ? cni_strdup("") : cni_json_print(input);
	struct recorded recorded = {
		.runtime = cni_json_get_string(json, "runtime"),
		.call = {.command = cni_json_get_string(env, "CNI_COMMAND"),
			 .container = cni_json_get_string(env, "CNI_CONTAINERID"),
			 .netns = cni_json_get_string(env, "CNI_NETNS"),
			 .ifname = cni_json_get_string(env, "CNI_IFNAME"),
			 .args = cni_json_get_string(env, "CNI_ARGS"),
			 .path = cni_json_get_string(env, "CNI_PATH"),
			 .config = config},
		.rc = cni_json_get(json, "rc")->valueint,
		.theirs = theirs,
		.input = input,
		.answer = cni_json_get(json, "stdout"),
	};

	find_prev(&recorded);
	check(&recorded);
}

size_t recorded_each(const char *fixture, const char *plugin, const char *netns,
		     void (*check)(const struct recorded *recorded))
{
	freeing char *path = cni_format(CNI_C_SOURCE_DIR "/tests/fixtures/%s", fixture);
	freeing char *text = NULL;
	struct cni_error err;
	size_t count = 0;
	size_t size;
	char *rest;

	if (cni_file_read_at(AT_FDCWD, path, true, 1 << 20, &text, &size, &err) < 0)
		fail_msg("%s", err.msg);
	rest = text;
	for (char *line = strsep(&rest, "\n"); line && *line; line = strsep(&rest, "\n")) {
		freeing_json cJSON *json = cJSON_Parse(line);
		freeing_json cJSON *here = NULL;
		freeing char *moved = NULL;
		const char *theirs;

		assert_non_null(json);
		if (strcmp(cni_json_get_string(json, "plugin"), plugin) != 0)
			continue;
		theirs = cni_json_get_string(cni_json_get(json, "env"), "CNI_NETNS");
		moved = theirs && *theirs == '/' ? replace(line, theirs, netns) : cni_strdup(line);
		here = cJSON_Parse(moved);
		run(here, theirs, check);
		count++;
	}
	assert_true(count > 0);
	return count;
}
