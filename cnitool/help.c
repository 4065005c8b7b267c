/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include "cleanup.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>

static const char environment_help[] =
	"Environment:\n"
	"  NETCONFPATH  the directory of network configurations (else /etc/cni/net.d)\n"
	"  CNI_PATH     the directories of plugins, separated by ':' (else " CNI_C_PLUGIN_DIR ")\n"
	"  CNI_ARGS     arguments for all plugins: KEY=VALUE;KEY=VALUE\n"
	"  CAP_ARGS     arguments for capabilities, a JSON object:\n"
	"               {\"portMappings\": [{\"hostPort\": 8080, \"containerPort\": 80, "
	"\"protocol\": \"tcp\"}]}\n"
	"  NO_COLOR     no colour on a terminal, if set\n"
	"\n"
	"Exit code: 0 if all is well, 1 after an error or if a fault was found, 2 if the command "
	"line "
	"is\n"
	"wrong: then nothing was done. validate and doctor: 2 if something could not be looked "
	"at.\n";

/* True for "ipam list", with the group "ipam"; without a group, for "ipam". */
static bool is_in(const struct command *command, const char *group)
{
	const char *blank = strchr(command->name, ' ');

	if (command->flags & COMMAND_HIDDEN)
		return false;
	return group ? blank && !strncmp(command->name, group, strlen(group)) : !blank;
}

static void print_commands(const char *group)
{
	int names = 0;
	int operands = 0;

	for (const struct command *at = commands; at->name; at++) {
		if (!is_in(at, group))
			continue;
		names = (int)strlen(at->name) > names ? (int)strlen(at->name) : names;
		operands =
			(int)strlen(at->operands) > operands ? (int)strlen(at->operands) : operands;
	}
	puts("Commands:");
	for (const struct command *at = commands; at->name; at++)
		if (is_in(at, group))
			printf("  %-*s  %-*s  %s\n", names, at->name, operands, at->operands,
			       at->summary);
	putchar('\n');
}

/* "-i, --ifname NAME", for the caller to free. */
static char *format_option(const struct tool_option *option)
{
	const char letter[] = {'-', option->short_name, ',', '\0'};

	return cni_format("%3s --%s%s%s", option->short_name ? letter : "", option->name,
			  option->value ? " " : "", option->value ? option->value : "");
}

/* True if the command takes the option; with NULL, if all commands do. */
static bool has_option(const struct tool_option *option, const struct command *command)
{
	return command ? tool_option_is_of(option, command->name) : !option->commands;
}

static void print_options(const struct command *command)
{
	int width = 0;

	for (const struct tool_option *at = tool_options; at->name; at++) {
		freeing char *text = format_option(at);

		if (has_option(at, command) && (int)strlen(text) > width)
			width = (int)strlen(text);
	}
	puts(command ? "Options, anywhere on the line:"
		     : "Options of all commands, anywhere on the line:");
	for (const struct tool_option *at = tool_options; at->name; at++) {
		freeing char *text = format_option(at);

		if (has_option(at, command))
			printf("  %-*s  %s\n", width, text, at->summary);
	}
	putchar('\n');
}

static void print_all(void)
{
	puts("Usage: cnitool COMMAND NETWORK NETNS [OPTION]...\n"
	     "\n"
	     "Runs the plugins of a CNI network for a network namespace.\n"
	     "NETNS is the namespace's path, or its name if it was made by 'ip netns add'.\n");
	print_commands(NULL);
	print_options(NULL);
	puts("'cnitool help COMMAND' prints more about a command, and its own options.\n");
	fputs(environment_help, stdout);
}

static void print_command(const struct command *command)
{
	printf("Usage: cnitool %s %s%s[OPTION]...\n\n%s.\n\n%s\n", command->name, command->operands,
	       *command->operands ? " " : "", command->summary, command->help);
	if (!command->run)
		print_commands(command->name);
	print_options(command);
	fputs(environment_help, stdout);
}

void help_print(const struct options *options, const struct command *command)
{
	if (options->json)
		help_print_json(command);
	else if (command)
		print_command(command);
	else
		print_all();
}

int command_help(struct tool *tool, struct cni_error *err)
{
	const struct options *options = tool->options;
	const struct command *command;
	size_t words;

	if (!options->operand_count) {
		help_print(options, NULL);
		return 0;
	}
	command = command_find(options->operands, options->operand_count, &words);
	if (!command) {
		cni_fail(err, CNI_EENV, "unknown command '%s': see 'cnitool --help'",
			 options->operands[0]);
		return COMMAND_USAGE;
	}
	help_print(options, command);
	return 0;
}
