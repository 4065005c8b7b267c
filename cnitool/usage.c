/* SPDX-License-Identifier: Apache-2.0 */
#include "usage.h"

#include "cleanup.h"
#include "mem.h"
#include "nearest.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COMMANDS_MAX 64

/* The second words of the commands of `group`, or the first ones of all if it is NULL. */
static void name_commands(const char *group, const char *names[COMMANDS_MAX + 1])
{
	size_t length = group ? strlen(group) : 0;
	size_t count = 0;

	for (const struct command *at = commands; at->name && count < COMMANDS_MAX; at++) {
		const char *blank = strchr(at->name, ' ');

		if (at->flags & COMMAND_HIDDEN)
			continue;
		if (!group && !blank)
			names[count++] = at->name;
		if (group && blank == at->name + length && !strncmp(at->name, group, length))
			names[count++] = blank + 1;
	}
	names[count] = NULL;
}

static int fail_unknown(const char *word, const char *group, struct cni_error *err)
{
	freeing char *before = cni_format("%s%s", group ? group : "", group ? " " : "");
	const char *names[COMMANDS_MAX + 1];
	const char *nearest;

	name_commands(group, names);
	nearest = nearest_word(word, names);
	if (!nearest)
		return cni_fail(err, CNI_EENV, "unknown command '%s%s': see 'cnitool %s--help'",
				before, word, before);
	return cni_fail(err, CNI_EENV,
			"unknown command '%s%s': the nearest one is '%s%s', see 'cnitool %s--help'",
			before, word, before, nearest, before);
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
	if (options_check(options, command->name, err) < 0)
		return -1;
	if (options->container && strstr(command->operands, "|--container") &&
	    options->operand_count == max)
		return cni_fail(err, CNI_EENV,
				"--container is instead of the last operand: see 'cnitool %s "
				"--help'",
				command->name);
	return 0;
}

/* True if the capability is effective, or if the kernel does not say. */
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
