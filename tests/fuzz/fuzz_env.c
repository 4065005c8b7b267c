/* SPDX-License-Identifier: Apache-2.0 */
/* The environment: one line for each variable, in the order below. */
#include "fuzz.h"

#include "args.h"
#include "cleanup.h"
#include "env.h"
#include "mem.h"

#include <string.h>
#include <unistd.h>

static const char *const names[] = {"CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS",
				    "CNI_IFNAME",  "CNI_ARGS",	      "CNI_PATH"};

#define COUNT (sizeof(names) / sizeof(*names))

/* An environment of its own for each input: setenv(3) frees no value that it replaces. */
static void make_environment(char *text, char *entries[COUNT + 1])
{
	size_t count = 0;

	for (size_t i = 0; i < COUNT; i++) {
		const char *line = strsep(&text, "\n");

		if (line)
			entries[count++] = cni_format("%s=%s", names[i], line);
	}
	entries[count] = NULL;
}

static void read_environment(void)
{
	freeing char *mac = NULL;
	freeing char *ip = NULL;
	const struct cni_arg known[] = {{"MAC", &mac}, {"IP", &ip}, {NULL, NULL}};
	struct cni_error err = {.code = 0};
	struct cni_env env;

	if (cni_env_read(&env, &err) < 0) {
		if (err.code != CNI_EENV || !*err.msg)
			abort();
		return;
	}
	if (cni_args_parse(env.args, known, &err) < 0 && (err.code != CNI_ECONFIG || !*err.msg))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	freeing char *text = fuzz_text(data, size);
	char **before = environ;
	char *entries[COUNT + 1];

	make_environment(text, entries);
	environ = entries;
	read_environment();
	environ = before;
	for (char **entry = entries; *entry; entry++)
		free(*entry);
	return 0;
}
