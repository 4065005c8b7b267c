/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool: runs the plugins of a network for a network namespace, as a container runtime would, and
 * shows what they have reserved. */
#include "cleanup.h"
#include "commands.h"
#include "help.h"
#include "options.h"
#include "tool.h"
#include "usage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void print_warnings(const struct cni_warnings *warnings)
{
	for (size_t i = 0; i < warnings->count; i++)
		fprintf(stderr, "cnitool: warning: %s\n", warnings->items[i]);
}

static void print_error(const struct cni_error *err, enum cni_version version, bool as_json)
{
	freeing_json cJSON *json = NULL;

	if (!as_json) {
		fprintf(stderr, "cnitool: %s%s%s%s\n", err->msg, *err->details ? " (" : "",
			err->details, *err->details ? ")" : "");
		return;
	}
	json = cni_json_object();
	cni_json_add_string(json, "cniVersion", cni_version_text(version));
	cni_json_add_number(json, "code", err->code);
	cni_json_add_string(json, "msg", err->msg);
	cni_json_add_string(json, "details", err->details);
	print_json(json);
}

static int run(const struct command *command, const struct options *options,
	       enum cni_version *version, struct cni_error *err)
{
	struct tool tool = {.options = options};
	int failed;

	if (usage_check(command, options, err) < 0)
		return COMMAND_USAGE;
	if (usage_check_rights(command, err) < 0)
		return -1;
	if (command->flags & COMMAND_NETWORK && options->operand_count &&
	    tool_open(options, command->flags & COMMAND_NETNS, &tool, err) < 0)
		return -1;
	failed = command->run(&tool, err);
	if (tool.list.name)
		*version = tool.list.version;
	print_warnings(&tool.warnings);
	tool_close(&tool);
	return failed;
}

static int run_line(struct options *options, enum cni_version *version, struct cni_error *err)
{
	const struct command *command;

	if (options->version) {
		puts("cnitool " CNI_C_VERSION);
		return 0;
	}
	if (!options->word_count && options->help) {
		help_print();
		return 0;
	}
	if (usage_find_command(options, &command, err) < 0)
		return COMMAND_USAGE;
	if (options->help) {
		help_print_command(command);
		return 0;
	}
	return run(command, options, version, err);
}

int main(int argc, char **argv)
{
	enum cni_version version = CNI_VERSION_LATEST;
	struct options options;
	struct cni_error err;
	int failed = options_read(argc, argv, &options, &err) < 0 ? COMMAND_USAGE : 0;

	if (!failed)
		failed = run_line(&options, &version, &err);
	if (failed < 0)
		print_error(&err, version, options.json);
	options_clear(&options);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return failed == COMMAND_USAGE ? 2 : failed ? 1 : 0;
	fprintf(stderr, "cnitool: write to standard output: %s; what was done stays\n",
		strerror(errno));
	return 1;
}
