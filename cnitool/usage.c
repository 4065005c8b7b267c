/* SPDX-License-Identifier: Apache-2.0 */
#include "usage.h"

#include "cleanup.h"
#include "mem.h"
#include "nearest.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* "'dance'", or "'ipam dance'": with the group that the word follows. */
static int fail_unknown(const char *word, const char *group, struct cni_error *err)
{
	struct nearest nearest = nearest_begin(word);
	size_t length = group ? strlen(group) + 1 : 0;
	const char *blank = group ? " " : "";
	const char *found;

	group = group ? group : "";
	for (const struct command *at = commands; at->name; at++)
		if (!(at->flags & COMMAND_HIDDEN) && !strncmp(at->name, group, strlen(group)) &&
		    (length ? at->name[length - 1] == ' ' : !strchr(at->name, ' ')))
			nearest_consider(&nearest, at->name + length);
	found = nearest_found(&nearest);
	return cni_fail(err, CNI_EENV,
			"unknown command '%s%s%s': %s%s%s%s%ssee 'cnitool %s%s--help'", group,
			blank, word, found ? "the nearest one is '" : "", found ? group : "",
			found ? blank : "", found ? found : "", found ? "', " : "", group, blank);
}

int usage_find_command(struct options *options, const struct command **ret_command,
		       struct cni_error *err)
{
	const struct command *command;
	size_t words;

	if (!options->word_count)
		return cni_fail(err, CNI_EENV, "a command is missing: see 'cnitool --help'");
	command = command_find(options->words, options->word_count, &words);
	if (!command)
		return fail_unknown(options->words[0], NULL, err);
	options_take_name(options, words);
	*ret_command = command;
	return 0;
}

static int fail_count(const struct command *command, const struct options *options,
		      struct cni_error *err)
{
	return cni_fail(err, CNI_EENV,
			"expected 'cnitool %s%s%s', got %zu operand%s: see 'cnitool %s --help'",
			command->name, *command->operands ? " " : "", command->operands,
			options->operand_count, options->operand_count == 1 ? "" : "s",
			command->name);
}

int usage_check(const struct command *command, const struct options *options, struct cni_error *err)
{
	size_t min;
	size_t max;

	if (!command->run && !options->operand_count)
		return cni_fail(err, CNI_EENV, "a command is missing: see 'cnitool %s --help'",
				command->name);
	if (!command->run)
		return fail_unknown(options->operands[0], command->name, err);
	command_count_operands(command, &min, &max);
	if (options->operand_count < min || options->operand_count > max)
		return fail_count(command, options, err);
	return options_check(options, command->name, err);
}

/* Of the effective capabilities; all are there if the kernel does not say. */
static bool has_capability(unsigned int capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &header, data) < 0 ||
	       data[capability / 32].effective >> capability % 32 & 1;
}

int usage_check_rights(const struct command *command, struct cni_error *err)
{
	if (!(command->flags & COMMAND_ROOT) ||
	    (has_capability(CAP_NET_ADMIN) && has_capability(CAP_SYS_ADMIN)))
		return 0;
	return cni_fail(err, CNI_EENV,
			"'cnitool %s' needs root, or CAP_NET_ADMIN and CAP_SYS_ADMIN: nothing was "
			"done",
			command->name);
}
