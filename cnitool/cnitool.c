/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool: runs the plugins of a network for a network namespace, as a container runtime would, and
 * shows what they have reserved. */
#include "cleanup.h"
#include "commands.h"
#include "mem.h"
#include "options.h"
#include "tool.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TAKES_NONE    0U
#define TAKES_KEEP    1U
#define TAKES_STALE   2U
#define TAKES_DRY_RUN 4U
#define TAKES_ALL     8U
#define TAKES_GONE    16U
#define TAKES_DOCTOR  32U
#define TAKES_METRICS 64U

static const struct command {
	const char *name; /* "add"; "ipam list" */
	const char *operands;
	size_t min;
	size_t max;
	int (*run)(struct tool *tool, struct cni_error *err); /* NULL: a second word is missing */
	unsigned int takes; /* of TAKES_*, besides what all take */
	const char *summary;
	const char *help;
} commands[] = {
	{"add", "NETWORK NETNS", 2, 2, command_add, TAKES_NONE,
	 "Attach the namespace to the network",
	 "Runs ADD of each plugin and prints the result. If a plugin fails, those that ran are "
	 "sent\n"
	 "a DEL, so that nothing is left, and the failure is reported.\n"},
	{"check", "NETWORK NETNS", 2, 2, command_check, TAKES_NONE,
	 "Check that the attachment is as add left it",
	 "Runs CHECK of each plugin with the result of add. Prints nothing if all is well.\n"},
	{"del", "NETWORK NETNS", 2, 2, command_del, TAKES_NONE,
	 "Detach the namespace from the network",
	 "Runs DEL of each plugin, last one first, with the configuration, the result and the\n"
	 "arguments of add. The namespace may be gone, and what is not there is not missed.\n"},
	{"gc", "NETWORK [NETNS]", 1, 2, command_gc,
	 TAKES_KEEP | TAKES_GONE | TAKES_ALL | TAKES_DRY_RUN, "Remove what no attachment needs",
	 "Deletes every attachment in the cache whose namespace is gone; then, from cniVersion "
	 "1.1.0,\n"
	 "each plugin removes what belongs to no other attachment. What stays are the attachments\n"
	 "in the cache whose namespace lives, those whose link is on this host, and those named "
	 "by\n"
	 "--keep: this is --gone, and the default. With --all EVERYTHING GOES but those named by\n"
	 "--keep: all containers lose this network. NETNS without --gone means --all,\n"
	 "as in Go's cnitool. Prints a line for each attachment and each plugin; with "
	 "--dry-run\n"
	 "nothing is changed. No add and no del of the network runs meanwhile.\n"},
	{"purge", "", 0, 0, command_purge, TAKES_DRY_RUN,
	 "Take everything of these plugins off the node",
	 "For the way back to another suite, once its containers are stopped: for every network\n"
	 "that the cache, the configuration or the host knows, and that has a plugin of this "
	 "suite,\n"
	 "what 'gc --all' does, with all plugins of this suite. ALL CONTAINERS LOSE THEIR "
	 "NETWORK.\n"
	 "Prints what gc prints. See docs/operations.md for what is left.\n"},
	{"status", "NETWORK [NETNS]", 1, 2, command_status, TAKES_NONE,
	 "Ask whether add would work",
	 "Runs STATUS of each plugin, from cniVersion 1.1.0. Prints nothing if all are ready. "
	 "NETNS\n"
	 "is accepted and does not matter.\n"},
	{"reconcile", "NETWORK|--all", 0, 1, command_reconcile, TAKES_DRY_RUN | TAKES_ALL,
	 "Put back what a firewall's reload has taken",
	 "For each attachment in the cache whose namespace is there: CHECK, and if that fails the\n"
	 "plugins put back rules, gateway addresses and forwarding, without the container's\n"
	 "noticing. Prints a line for each (fine, mended, failed, gone), and exits with 1 if one\n"
	 "failed. Then the plugins remove the rules of attachments whose link is gone, of all\n"
	 "networks. With --dry-run nothing is changed, and those that CHECK refuses are "
	 "'wrong'.\n"},
	{"validate", "[FILE|NETWORK]...", 0, SIZE_MAX, command_validate, TAKES_NONE,
	 "Look for mistakes in configurations",
	 "Without operands all files of the configuration directory. Finds broken JSON, keys that "
	 "no\n"
	 "plugin reads, values that a plugin refuses, plugins that are not there or in a wrong "
	 "order,\n"
	 "names that two files have, ranges of two networks that overlap. Asks the plugins for "
	 "their\n"
	 "keys, and changes nothing. Exits with 1 if there is an error or a warning, and with 2 "
	 "if it\n"
	 "could not look.\n"},
	{"schema", "[PLUGIN]...", 0, SIZE_MAX, command_schema, TAKES_NONE,
	 "Print a JSON schema of configurations",
	 "For editors: made of what the plugins of this suite, or those named, say of their "
	 "keys.\n"},
	{"refresh", "NETWORK", 1, 1, command_refresh, TAKES_NONE,
	 "Apply a changed configuration to what pods share",
	 "Each plugin of this suite applies what the network's configuration of today says of all\n"
	 "its attachments: nonMasqueradeCIDRs, without an add. Nothing else of a changed\n"
	 "configuration reaches attachments that are there.\n"},
	{"doctor", "[NETWORK]...", 0, SIZE_MAX, command_doctor, TAKES_DOCTOR,
	 "Look for what is wrong",
	 "Looks at the host, the firewall, the plugins, the configurations, the ledgers and all\n"
	 "attachments, and runs CHECK and STATUS. Changes nothing, takes no lock, sends nothing.\n"
	 "Prints for each finding what is wrong, where, what it means, and a remedy; equal ones\n"
	 "once. Exits with 1 after a failure (with --strict after a warning as well), otherwise\n"
	 "with 2 if something could not be looked at. As JSON, each finding has the keys check,\n"
	 "level, what, where, so, try, because, count and attachments.\n"},
	{"metrics", "", 0, 0, command_metrics, TAKES_METRICS,
	 "Print numbers for a monitoring system",
	 "Prints in OpenMetrics: attachments, the range sets of host-local, and, if the node "
	 "counts\n"
	 "calls (counters = yes in /etc/cni/cni-c.conf), calls, failures and durations of "
	 "plugins.\n"
	 "With --textfile, replaces the file atomically, in the format of Prometheus that node\n"
	 "exporters read.\n"},
	{"version", "NETWORK", 1, 1, command_version, TAKES_NONE,
	 "Show the versions of the plugins",
	 "For each plugin of the network: its name, what it calls itself, and the versions of the\n"
	 "CNI specification that it speaks.\n"},
	{"list", "", 0, 0, command_list, TAKES_NONE, "Show the networks that are configured",
	 "For each network in the configuration directory: its name, the version of the CNI\n"
	 "specification that is spoken with its plugins, and the plugins in order.\n"},
	{"ipam", "COMMAND NETWORK", 0, 0, NULL, TAKES_NONE,
	 "Show and mend what host-local has reserved, and dhcp has leased",
	 "For networks that have a plugin whose 'ipam.type' is host-local or dhcp, also under a "
	 "name\n"
	 "that ends in '-host-local' or '-dhcp'. Ranges and data directory are those that add "
	 "uses; CAP_ARGS says\n"
	 "what a runtime would send besides.\n"},
	{"ipam list", "NETWORK", 1, 1, command_ipam_list, TAKES_NONE, "Show every reservation",
	 "In the order of addresses: container and interface, the age of the file, the boot in\n"
	 "which it was reserved (this, earlier, unknown), and what has become of the network\n"
	 "namespace (alive, gone, unknown). Damaged files are shown with a remark. As JSON each\n"
	 "has the keys address, container, interface, ageSeconds, boot, namespace, remark and\n"
	 "dataDir.\n"},
	{"ipam usage", "NETWORK", 1, 1, command_ipam_usage, TAKES_NONE,
	 "Show how full the range sets are",
	 "For each range set: how many addresses add could give out at all, how many of them are\n"
	 "used, how many of those are stale (reserved in an earlier boot), and how many are free.\n"
	 "As JSON each has the keys plugin, set, ranges, size, used, stale, free; a number above\n"
	 "2^53 is a string.\n"},
	{"ipam explain", "NETWORK ADDRESS|CONTAINER", 2, 2, command_ipam_explain, TAKES_NONE,
	 "Say all about an address or a container",
	 "In which range set an address is, who has it since when, and what add would make of it;\n"
	 "of a container, the same of all its addresses.\n"},
	{"ipam release", "NETWORK", 1, 1, command_ipam_release, TAKES_STALE | TAKES_DRY_RUN,
	 "Release what is stale (--stale)",
	 "With --stale, releases what was reserved in an earlier boot, and prints it; with\n"
	 "--dry-run it prints and releases nothing. What is of this boot is for del and gc. "
	 "Leases\n"
	 "of dhcp are stale when their network namespace is gone.\n"},
	{"ipam verify", "NETWORK", 1, 1, command_ipam_verify, TAKES_NONE,
	 "Look for damage and duplicates",
	 "Compares the files with each other, with the range sets, and with what the sidecar says\n"
	 "of them. Prints a line for each fault and exits with 1, or \"nothing wrong\". Takes no\n"
	 "lock and writes nothing, so add and del may go on meanwhile.\n"},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(*commands))

/* Prints the commands of `group`: "ipam"; NULL: commands of one word. */
static void print_commands(const char *group)
{
	size_t length = group ? strlen(group) : 0;

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const char *blank = strchr(commands[i].name, ' ');

		if (group ? blank && !strncmp(commands[i].name, group, length) : !blank)
			printf("  %-*s %-*s %s\n", group ? 12 : 8, commands[i].name,
			       group ? 25 : 16, commands[i].operands, commands[i].summary);
	}
}

static void print_help(void)
{
	puts("Usage: cnitool COMMAND NETWORK NETNS [OPTION]...\n"
	     "\n"
	     "Runs the plugins of a CNI network for a network namespace.\n"
	     "NETNS is the namespace's path, or its name if it was made by 'ip netns add'.\n"
	     "\n"
	     "Commands:");
	print_commands(NULL);
	printf("\n%s", options_help);
}

static void print_command_help(const struct command *command)
{
	printf("Usage: cnitool %s %s%s[OPTION]...\n\n%s.\n\n%s\n", command->name, command->operands,
	       *command->operands ? " " : "", command->summary, command->help);
	if (!command->run) {
		puts("Commands:");
		print_commands(command->name);
		putchar('\n');
	}
	fputs(options_help, stdout);
}

/* The second word of a command is not an operand. */
static const struct command *find_command(struct options *options)
{
	freeing char *both = cni_format("%s %s", options->command,
					options->operand_count ? options->operands[0] : "");

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(both, commands[i].name)) {
			options->operands++;
			options->operand_count--;
			return &commands[i];
		}
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(options->command, commands[i].name))
			return &commands[i];
	return NULL;
}

static int check_usage(const struct command *command, const struct options *options,
		       struct cni_error *err)
{
	const struct {
		const char *name;
		bool given;
		unsigned int takes;
		const char *commands;
	} special[] = {
		{"--keep", options->keep.count > 0, TAKES_KEEP, "gc"},
		{"--gone", options->gone, TAKES_GONE, "gc"},
		{"--stale", options->stale, TAKES_STALE, "ipam release"},
		{"--dry-run", options->dry_run, TAKES_DRY_RUN,
		 "gc, purge, reconcile and ipam release"},
		{"--all", options->all, TAKES_ALL, "gc and reconcile"},
		{"--only", options->only != NULL, TAKES_DOCTOR, "doctor"},
		{"--strict", options->strict, TAKES_DOCTOR, "doctor"},
		{"--list", options->list, TAKES_DOCTOR, "doctor"},
		{"--textfile", options->textfile != NULL, TAKES_METRICS, "metrics"},
		{"--report", options->report, TAKES_DOCTOR, "doctor"},
	};

	if (!command->run && !options->operand_count)
		return cni_fail(err, CNI_EENV, "a command is missing: see 'cnitool %s --help'",
				command->name);
	if (!command->run)
		return cni_fail(err, CNI_EENV, "unknown command '%s %s': see 'cnitool %s --help'",
				command->name, options->operands[0], command->name);
	if (options->operand_count < command->min || options->operand_count > command->max)
		return cni_fail(err, CNI_EENV,
				"expected 'cnitool %s%s%s', got %zu operands: see 'cnitool %s "
				"--help'",
				command->name, *command->operands ? " " : "", command->operands,
				options->operand_count, command->name);
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (special[i].given && !(command->takes & special[i].takes))
			return cni_fail(err, CNI_EENV, "%s is for %s, not for %s", special[i].name,
					special[i].commands, command->name);
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
	if (command->min && tool_open(options, !strchr(command->name, ' '), &tool, err) < 0)
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
	if (!options->command && options->help) {
		print_help();
		return 0;
	}
	if (!options->command)
		return cni_fail(err, CNI_EENV, "a command is missing: see 'cnitool --help'");
	command = find_command(options);
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
	if (failed < 0)
		print_error(&err, version, options.json);
	options_clear(&options);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return failed == COMMAND_COULD_NOT_LOOK ? 2 : failed < 0 ? 1 : failed;
	fprintf(stderr, "cnitool: write to standard output: %s; what was done stays\n",
		strerror(errno));
	return 1;
}
