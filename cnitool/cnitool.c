/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool: runs the plugins of a network for a network namespace, as a container runtime would. */
#include "commands.h"
#include "options.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name;
	const char *operands;
	size_t min;
	size_t max;
	int (*run)(struct tool *tool, struct cni_error *err);
	bool keeps; /* takes --keep */
	const char *summary;
	const char *help;
} commands[] = {
	{"add", "NETWORK NETNS", 2, 2, command_add, false, "Attach the namespace to the network",
	 "Runs ADD of each plugin and prints the result. If a plugin fails, those that ran are "
	 "sent\n"
	 "a DEL, so that nothing is left, and the failure is reported.\n"},
	{"check", "NETWORK NETNS", 2, 2, command_check, false,
	 "Check that the attachment is as add left it",
	 "Runs CHECK of each plugin with the result of add. Prints nothing if all is well.\n"},
	{"del", "NETWORK NETNS", 2, 2, command_del, false, "Detach the namespace from the network",
	 "Runs DEL of each plugin, last one first, with the result and the arguments of add. The\n"
	 "namespace may be gone, and what is not there is not missed. If the network is no longer\n"
	 "configured, it is done with the configuration of the time of add.\n"},
	{"gc", "NETWORK [NETNS]", 1, 2, command_gc, true, "Remove what no attachment needs",
	 "Deletes every attachment to the network in the cache but those named by --keep; then, "
	 "from\n"
	 "cniVersion 1.1.0, each plugin removes what belongs to none that is kept. WITHOUT --keep\n"
	 "EVERYTHING GOES: all containers lose this network. NETNS is accepted and does not "
	 "matter.\n"
	 "Nothing may be added to or deleted from the network meanwhile.\n"},
	{"status", "NETWORK [NETNS]", 1, 2, command_status, false, "Ask whether add would work",
	 "Runs STATUS of each plugin, from cniVersion 1.1.0. Prints nothing if all are ready. "
	 "NETNS\n"
	 "is accepted and does not matter.\n"},
	{"version", "NETWORK", 1, 1, command_version, false, "Show the versions of the plugins",
	 "For each plugin of the network: its name, what it calls itself, and the versions of the\n"
	 "CNI specification that it speaks.\n"},
	{"list", "", 0, 0, command_list, false, "Show the networks that are configured",
	 "For each network in the configuration directory: its name, the version of the CNI\n"
	 "specification that is spoken with its plugins, and the plugins in order.\n"},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(*commands))

static void print_help(FILE *out)
{
	fputs("Usage: cnitool COMMAND NETWORK NETNS [OPTION]...\n"
	      "\n"
	      "Runs the plugins of a CNI network for a network namespace.\n"
	      "NETNS is the namespace's path, or its name if it was made by 'ip netns add'.\n"
	      "\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-8s %-16s %s\n", commands[i].name, commands[i].operands,
			commands[i].summary);
	fprintf(out, "\n%s", options_help);
}

static void print_command_help(const struct command *command)
{
	printf("Usage: cnitool %s %s%s[OPTION]...\n\n%s.\n\n%s\n%s", command->name,
	       command->operands, *command->operands ? " " : "", command->summary, command->help,
	       options_help);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

static int check_usage(const struct command *command, const struct options *options,
		       struct cni_error *err)
{
	if (options->operand_count < command->min || options->operand_count > command->max)
		return cni_fail(err, CNI_EENV,
				"expected 'cnitool %s%s%s', got %zu operands: see 'cnitool %s "
				"--help'",
				command->name, *command->operands ? " " : "", command->operands,
				options->operand_count, command->name);
	if (options->keep.count && !command->keeps)
		return cni_fail(err, CNI_EENV, "--keep is for gc, not for %s", command->name);
	return 0;
}

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

	if (check_usage(command, options, err) < 0)
		return -1;
	if (command->max && tool_open(options, &tool, err) < 0)
		return -1;
	failed = command->run(&tool, err);
	if (tool.list.name)
		*version = tool.list.version;
	print_warnings(&tool.warnings);
	tool_close(&tool);
	return failed;
}

static int run_line(const struct options *options, enum cni_version *version, struct cni_error *err)
{
	const struct command *command;

	if (options->version) {
		puts("cnitool " CNI_C_VERSION);
		return 0;
	}
	if (!options->command && options->help) {
		print_help(stdout);
		return 0;
	}
	if (!options->command)
		return cni_fail(err, CNI_EENV, "a command is missing: see 'cnitool --help'");
	command = find_command(options->command);
	if (!command)
		return cni_fail(err, CNI_EENV, "unknown command '%s': see 'cnitool --help'",
				options->command);
	if (options->help) {
		print_command_help(command);
		return 0;
	}
	return run(command, options, version, err);
}

int main(int argc, char **argv)
{
	enum cni_version version = CNI_VERSION_LATEST;
	struct options options;
	struct cni_error err;
	int failed = options_read(argc, argv, &options, &err);

	if (!failed)
		failed = run_line(&options, &version, &err);
	if (failed)
		print_error(&err, version, options.json);
	options_clear(&options);
	return failed || fflush(stdout) != 0 || ferror(stdout) ? 1 : 0;
}
