/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool: runs the plugins of a network for a network namespace, as a container runtime would, and
 * shows what they have reserved. */
#include "commands.h"
#include "help.h"
#include "options.h"
#include "report.h"
#include "tool.h"
#include "usage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The cause first: warnings of what was taken back after a failure are below it. */
static int run(const struct command *command, struct tool *tool, struct cni_error *err)
{
	const struct options *options = tool->options;
	struct hint_context context = {.options = options, .command = command->name};
	int result = -1;

	if (usage_check_rights(command, err) == 0 &&
	    (!(command->flags & COMMAND_NETWORK) || !options->operand_count ||
	     tool_open(options, command->flags & COMMAND_NETNS, tool, err) == 0))
		result = command->run(tool, err);
	if (command->flags & COMMAND_NETWORK && options->operand_count)
		context.network = options->operands[0];
	context.file = tool->list.file;
	if (result < 0)
		report_error(&context, err,
			     tool->list.name ? tool->list.version : CNI_VERSION_LATEST,
			     result == COMMAND_USAGE);
	report_warnings(options, &tool->warnings);
	tool_close(tool);
	return result;
}

static int refuse(const struct options *options, const struct cni_error *err)
{
	const struct hint_context context = {.options = options};

	report_error(&context, err, CNI_VERSION_LATEST, true);
	return COMMAND_USAGE;
}

static int run_line(struct options *options)
{
	struct tool tool = {.options = options};
	const struct command *command;
	struct cni_error err;

	if (options->version) {
		puts("cnitool " CNI_C_VERSION);
		return 0;
	}
	if (!options->word_count && options->help) {
		help_print(options, NULL);
		return 0;
	}
	if (usage_find_command(options, &command, &err) < 0)
		return refuse(options, &err);
	if (options->help) {
		help_print(options, command);
		return 0;
	}
	if (usage_check(command, options, &err) < 0)
		return refuse(options, &err);
	return run(command, &tool, &err);
}

int main(int argc, char **argv)
{
	struct options options;
	struct cni_error err;
	int result = options_read(argc, argv, &options, &err) < 0 ? refuse(&options, &err)
								  : run_line(&options);

	options_clear(&options);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return result == COMMAND_USAGE || result == COMMAND_COULD_NOT_LOOK ? 2
		       : result < 0						   ? 1
										   : result;
	fprintf(stderr, "cnitool: write to standard output: %s; what was done stays\n",
		strerror(errno));
	return 1;
}
