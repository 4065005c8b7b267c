/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "cleanup.h"
#include "mem.h"

#include <stdint.h>
#include <string.h>

#define ATTACHMENT (COMMAND_NETWORK | COMMAND_NETNS | COMMAND_ROOT)

/* A line of text for each line of help. */
/* clang-format off */
const struct command commands[] = {
	COMMAND("add", "NETWORK NETNS", command_add, ATTACHMENT, "cnitool-add", "Attach the namespace to the network",
	 "Runs ADD of each plugin and prints the result. If a plugin fails, those that ran are "
	 "sent\n"
	 "a DEL, so that nothing is left, and the failure is reported.\n"),
	COMMAND("check", "[NETWORK] [NETNS|--container]", command_check, ATTACHMENT, "cnitool-add",
	 "Check that the attachment is as add left it",
	 "Runs CHECK of each plugin with the result of add. Prints nothing if all is well.\n"
	 "Without NETNS or --container: of all attachments of the network, or of all networks, in\n"
	 "the cache, with a line for each; this is 'reconcile --dry-run'.\n"),
	COMMAND("del", "NETWORK NETNS|--container", command_del, ATTACHMENT, "cnitool-add",
	 "Detach the namespace from the network",
	 "Runs DEL of each plugin, last one first, with the configuration, the result and the\n"
	 "arguments of add. The namespace may be gone, and what is not there is not missed.\n"),
	COMMAND("gc", "NETWORK [NETNS]", command_gc, ATTACHMENT, "cnitool-gc", "Remove what no attachment needs",
	 "Deletes every attachment in the cache whose namespace is gone; then, from cniVersion "
	 "1.1.0,\n"
	 "each plugin removes what belongs to no other attachment. What stays are the attachments\n"
	 "in the cache whose namespace lives, or whose record is damaged, those whose link is on\n"
	 "this host, and those named by --keep: this is --gone, and the default. With --all\n"
	 "EVERYTHING GOES but those named by --keep: all containers lose this network. NETNS\n"
	 "without --gone means --all, as in Go's cnitool. Prints a line for each attachment and\n"
	 "each plugin; with --dry-run nothing is changed. No add and no del of the network runs\n"
	 "meanwhile.\n"),
	COMMAND("purge", "", command_purge, COMMAND_ROOT, "cnitool-gc", "Take everything of these plugins off the node",
	 "For the way back to another suite, once its containers are stopped: for every network\n"
	 "that the cache, the configuration or the host knows, and that has a plugin of this "
	 "suite,\n"
	 "what 'gc --all' does, with all plugins of this suite. ALL CONTAINERS LOSE THEIR "
	 "NETWORK.\n"
	 "Prints what gc prints. See docs/operations.md for what is left.\n"),
	COMMAND("status", "[NETWORK] [NETNS]", command_status, ATTACHMENT, "cnitool-add", "Ask whether add would work",
	 "Runs STATUS of each plugin, from cniVersion 1.1.0. Prints nothing if all are ready. "
	 "NETNS\n"
	 "is accepted and does not matter. Without a network: a line for each network.\n"),
	COMMAND("reconcile", "NETWORK|--all", command_reconcile, COMMAND_NETWORK | COMMAND_ROOT, "cnitool-reconcile",
	 "Put back what a firewall's reload has taken",
	 "For each attachment in the cache whose namespace is there: CHECK, and if that fails the\n"
	 "plugins put back rules, gateway addresses and forwarding, without the container's\n"
	 "noticing. Prints a line for each (fine, mended, failed, gone; skipped, if its\n"
	 "configuration has no CHECK, or it is deleted meanwhile), and exits with 1 if one failed.\n"
	 "Then the plugins remove the rules of attachments whose link is gone, of all networks.\n"
	 "With --dry-run nothing is changed, and those that CHECK refuses are 'wrong'.\n"),
	COMMAND("validate", "[FILE|NETWORK...]", command_validate, 0, "cnitool-validate",
	 "Look for mistakes in configurations",
	 "Without operands all files of the configuration directory. Finds broken JSON, keys that "
	 "no\n"
	 "plugin reads, values that a plugin refuses, plugins that are not there or in a wrong "
	 "order,\n"
	 "names that two files have, ranges of two networks that overlap. Asks the plugins for "
	 "their\n"
	 "keys, and changes nothing. Exits with 1 if there is an error or a warning, and with 2 "
	 "if it\n"
	 "could not look.\n"),
	COMMAND("schema", "[PLUGIN...]", command_schema, 0, "cnitool-validate", "Print a JSON schema of configurations",
	 "For editors: made of what the plugins of this suite, or those named, say of their "
	 "keys.\n"),
	COMMAND("refresh", "NETWORK", command_refresh, COMMAND_NETWORK | COMMAND_ROOT, "cnitool-reconcile",
	 "Apply a changed configuration to what pods share",
	 "Each plugin of this suite applies what the network's configuration of today says of all\n"
	 "its attachments: nonMasqueradeCIDRs, without an add. Nothing else of a changed\n"
	 "configuration reaches attachments that are there.\n"),
	COMMAND("doctor", "[NETWORK...]", command_doctor, 0, "cnitool-doctor", "Look for what is wrong",
	 "Looks at the host, the firewall, the plugins, the configurations, the ledgers and all\n"
	 "attachments, and runs CHECK and STATUS. Changes nothing, takes no lock, sends nothing.\n"
	 "Prints for each finding what is wrong, where, what it means, and a remedy; equal ones\n"
	 "once. Exits with 1 after a failure (with --strict after a warning as well), otherwise\n"
	 "with 2 if something could not be looked at. As JSON, each finding has the keys check,\n"
	 "level, what, where, so, try, because, count and attachments.\n"),
	COMMAND("metrics", "", command_metrics, 0, "cnitool-metrics", "Print numbers for a monitoring system",
	 "Prints in OpenMetrics: attachments, the range sets of host-local, and, if the node "
	 "counts\n"
	 "calls (counters = yes in /etc/cni/cni-c.conf), calls, failures and durations of "
	 "plugins.\n"
	 "With --textfile, replaces the file atomically, in the format of Prometheus that node\n"
	 "exporters read.\n"),
	COMMAND("version", "[NETWORK]", command_version, COMMAND_NETWORK, "cnitool-show",
	 "Show which executables run, and their versions",
	 "The directories of CNI_PATH, with links followed. For each plugin of the network, or of "
	 "all\n"
	 "networks and of this suite: the file that runs, what it calls itself, and the versions "
	 "of\n"
	 "the CNI specification that it speaks. A line for files of the same name in later\n"
	 "directories, which do not run. As JSON: directories (path, and resolved or reason) and\n"
	 "plugins (type, file, about, supportedVersions, hidden).\n"),
	COMMAND("list", "", command_list, 0, "cnitool-show", "Show the networks that are configured",
	 "For each network in the configuration directory: its name, the version of the CNI\n"
	 "specification that is spoken with its plugins, and the plugins in order.\n"),
	COMMAND("show", "[NETWORK]", command_show, 0, "cnitool-show", "Show what is attached",
	 "For each network: its plugins and its file; each bridge, or other link that attachments\n"
	 "share; and for each attachment in the cache, of all runtimes, the link on this host, "
	 "the\n"
	 "interface and its addresses, the container (a pod's name, if the runtime gave one), the\n"
	 "namespace and its state (alive, gone, unknown), limits and published ports. Networks\n"
	 "without a file are shown from the cache, and links whose name is in no cache from the\n"
	 "link. Ids are shortened; every command takes the short form after --container.\n"),
	COMMAND("ipam", "COMMAND NETWORK", NULL, 0, "cnitool-ipam",
	 "Show and mend reservations and leases of addresses",
	 "For networks that have a plugin whose 'ipam.type' is host-local or dhcp, also under a "
	 "name\n"
	 "that ends in '-host-local' or '-dhcp'. Ranges and data directory are those that add "
	 "uses;\n"
	 "CAP_ARGS has the runtime's capability arguments.\n"),
	COMMAND("ipam list", "NETWORK", command_ipam_list, COMMAND_NETWORK, "cnitool-ipam",
	 "Show every reservation and lease",
	 "In the order of addresses: container and interface, the age of the file, the boot in\n"
	 "which it was reserved (this, earlier, unknown), and what has become of the network\n"
	 "namespace (alive, gone, unknown). Damaged files are shown with a remark. As JSON each\n"
	 "has the keys address, container, interface, ageSeconds, boot, namespace, remark and\n"
	 "dataDir.\n"),
	COMMAND("ipam usage", "[NETWORK]", command_ipam_usage, COMMAND_NETWORK, "cnitool-ipam",
	 "Show how full the range sets are",
	 "For each range set: how many addresses add could give out at all, how many of them are\n"
	 "used, how many of those are stale (reserved in an earlier boot) or gone (reserved in "
	 "this\n"
	 "boot for a namespace that is gone), and how many are free. Without a network: of all.\n"
	 "Of dhcp the number of leases, and how many are of a namespace that is gone.\n"
	 "As JSON each has the keys network, plugin, set, ranges, size, used, stale, gone, free; "
	 "a\n"
	 "number above 2^53 is a string.\n"),
	COMMAND("ipam explain", "NETWORK ADDRESS|CONTAINER|--container", command_ipam_explain,
	 COMMAND_NETWORK, "cnitool-ipam", "Say all about an address or a container",
	 "In which range set an address is, who has it since when, and what add would make of it;\n"
	 "of a container, the same of all its addresses.\n"),
	COMMAND("ipam release", "NETWORK [ADDRESS...]", command_ipam_release, COMMAND_NETWORK, "cnitool-ipam",
	 "Release reservations and leases without a container",
	 "Releases the addresses, or with --gone all that are reserved in this boot for a "
	 "namespace\n"
	 "that is gone, or with --stale all of an earlier boot, and prints each. An address whose\n"
	 "namespace lives, or of which no more is known, is refused without --force. With "
	 "--dry-run\n"
	 "nothing is released. Leases of dhcp are of this boot: --stale is the same as --gone for\n"
	 "them, and all leases of an interface are released together. What else the container had\n"
	 "is for del and gc.\n"),
	COMMAND("ipam verify", "NETWORK", command_ipam_verify, COMMAND_NETWORK, "cnitool-ipam",
	 "Look for damage, duplicates and dead holders",
	 "Compares the files with each other, with the range sets, and with what the sidecar says\n"
	 "of them, and the holders with the namespaces that live. Prints a line for each fault "
	 "and\n"
	 "exits with 1, or \"nothing wrong\". Takes no lock and writes nothing, so add and del "
	 "may\n"
	 "go on meanwhile. As JSON each fault has the keys network, dataDir, fault and address.\n"),
	COMMAND("help", "[COMMAND...]", command_help, 0, NULL, "Print this text, or more about a command",
	 "The same as --help.\n"),
	COMMAND("completion", "bash|zsh|fish", command_completion, 0, NULL, "Print the completion of a shell",
	 "Prints a script for the shell, which asks cnitool for the words that may come next:\n"
	 "commands, options, networks, namespaces, addresses and containers.\n"
	 "    bash: source <(cnitool completion bash)\n"
	 "    zsh:  source <(cnitool completion zsh)\n"
	 "    fish: cnitool completion fish | source\n"),
	COMMAND("complete", "[WORD...]", command_complete, COMMAND_HIDDEN, NULL,
	 "Print the words that may come next",
	 "For the scripts of 'completion': the words of a command line, the last one to be "
	 "completed.\n"
	 "Prints a word to a line.\n"),
	{.name = NULL},
};
/* clang-format on */

const struct command *command_find(char *const *words, size_t count, size_t *ret_words)
{
	freeing char *both = count > 1 ? cni_format("%s %s", words[0], words[1]) : NULL;

	for (size_t length = both ? 2 : 1; length && count; length--)
		for (const struct command *at = commands; at->name; at++)
			if (!strcmp(length == 2 ? both : words[0], at->name)) {
				*ret_words = length;
				return at;
			}
	return NULL;
}

void command_count_operands(const struct command *command, size_t *ret_min, size_t *ret_max)
{
	freeing char *copy = cni_strdup(command->operands);
	char *rest = copy;

	*ret_min = *ret_max = 0;
	for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " ")) {
		if (!*word)
			continue;
		if (*word != '[' && !strstr(word, "|--"))
			++*ret_min;
		if (*ret_max != SIZE_MAX)
			++*ret_max;
		if (strstr(word, "..."))
			*ret_max = SIZE_MAX;
	}
}
