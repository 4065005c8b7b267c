/* SPDX-License-Identifier: Apache-2.0 */
#include "validate_scene.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define PLUGINS CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR "/ipam"

int validate_setup(void **state)
{
	struct fake *fake = cni_alloc(sizeof(*fake));

	fake_open(fake);
	*state = fake;
	return 0;
}

int validate_teardown(void **state)
{
	fake_close(*state);
	free(*state);
	return 0;
}

struct plugin_answer validate_run(const struct fake *fake, const char *line)
{
	freeing char *dir = cni_format("NETCONFPATH=%s/net.d", fake->dir);
	freeing char *bin = fake_path(fake, "bin");
	freeing char *path = cni_format(PLUGINS ":%s", bin);
	freeing char *copy = cni_strdup(line);
	const char *const environment[] = {dir, NULL};
	const char *arguments[8] = {"validate"};
	char *rest = copy;
	size_t count = 1;

	for (char *word = strsep(&rest, " "); word && *word; word = strsep(&rest, " "))
		arguments[count++] = word;
	return plugin_run(&(struct plugin_call){.plugin = CNI_C_BINARY_DIR "/cnitool/cnitool",
						.path = path,
						.environment = environment,
						.arguments = arguments});
}

void validate_write(const struct fake *fake, const char *file, const char *text)
{
	freeing char *path = cni_format("net.d/%s", file);
	freeing char *json = json_text(text);

	fake_write(fake, path, json);
}
