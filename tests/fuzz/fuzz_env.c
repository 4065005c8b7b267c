/* SPDX-License-Identifier: Apache-2.0 */
/* The environment: one line for each variable, in the order below. */
#include "fuzz.h"

#include "args.h"
#include "cleanup.h"
#include "env.h"

#include <string.h>

static const char *const names[] = {"CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS",
				    "CNI_IFNAME",  "CNI_ARGS",	      "CNI_PATH"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	freeing char *text = fuzz_text(data, size);
	freeing char *mac = NULL;
	freeing char *ip = NULL;
	const struct cni_arg known[] = {{"MAC", &mac}, {"IP", &ip}, {NULL, NULL}};
	struct cni_error err = {.code = 0};
	struct cni_env env;
	char *rest = text;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *line = strsep(&rest, "\n");

		if (line)
			setenv(names[i], line, 1);
		else
			unsetenv(names[i]);
	}
	if (cni_env_read(&env, &err) < 0) {
		if (err.code != CNI_EENV || !*err.msg)
			abort();
		return 0;
	}
	if (cni_args_parse(env.args, known, &err) < 0 && (err.code != CNI_ECONFIG || !*err.msg))
		abort();
	return 0;
}
