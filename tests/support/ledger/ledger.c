/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define BOOT_ID "/run/boot_id"

static void write_boot_id(void)
{
	static unsigned int number;

	sandbox_must("printf '%08x-1111-4111-8111-111111111111\\n' >" BOOT_ID, ++number);
}

int ledger_setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	write_boot_id();
	return sandbox_run("mount --bind " BOOT_ID " /proc/sys/kernel/random/boot_id");
}

void ledger_reboot(void)
{
	write_boot_id();
}

char *ledger_state(void)
{
	return sandbox_read("cd '%s' && find . -printf '%%p %%y %%m %%s %%T@ %%l\\n' | sort && "
			    "find . -type f | sort | xargs -r -d '\\n' cksum",
			    host_local_data_dir);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

void ledger_assert_state(const char *before)
{
	freeing char *after = ledger_state();

	if (!strcmp(before, after))
		return;
	write_file("/run/before", before);
	write_file("/run/after", after);
	fflush(stdout);
	sandbox_run("diff -u /run/before /run/after >&2");
	fail_msg("the data directory is not as it was before");
}

void ledger_assert_addresses(const char *expected)
{
	freeing char *text =
		sandbox_read("ls '%s/blue' | grep -E '^[0-9]+\\.|:' | tr '\\n' ' ' | sed 's/ $//'",
			     host_local_data_dir);

	assert_string_equal(text, expected);
}

void ledger_assert_adds(const char *container, const char *args, const char *config,
			const char *expected)
{
	struct plugin_call call = host_local_call("ADD", container, config);
	struct plugin_answer answer;
	const char *address;

	call.args = args;
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	address = cni_json_get_string(cJSON_GetArrayItem(cni_json_get(answer.json, "ips"), 0),
				      "address");
	assert_string_equal(address, expected);
	plugin_answer_clear(&answer);
}

void ledger_run(const char *command)
{
	sandbox_must("cd '%s' && { %s; }", host_local_data_dir, command);
}
