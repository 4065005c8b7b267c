/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "cache.h"
#include "cleanup.h"
#include "mem.h"
#include "nearest.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* getopt_long()'s values: behind those of characters. */
#define FIRST_VALUE 256
#define OPTIONS_MAX 64

/* ---- getopt's input ---- */

struct getopt_input {
	struct option longs[OPTIONS_MAX + 1];
	char shorts[2 * OPTIONS_MAX + 2];
};

static void make_input(struct getopt_input *input)
{
	char *at = input->shorts;

	*input = (struct getopt_input){.shorts = ""};
	/* ':' first: a missing value has a result of its own. */
	*at++ = ':';
	for (size_t i = 0; tool_options[i].name && i < OPTIONS_MAX; i++) {
		const struct tool_option *option = &tool_options[i];

		input->longs[i] = (struct option){
			.name = option->name,
			.has_arg = option->value ? required_argument : no_argument,
			.val = FIRST_VALUE + (int)i,
		};
		if (!option->short_name)
			continue;
		*at++ = option->short_name;
		if (option->value)
			*at++ = ':';
	}
}

/* The row of what getopt_long() has returned; -1: an error. */
static int row_of(int found)
{
	if (found >= FIRST_VALUE)
		return found - FIRST_VALUE;
	for (int i = 0; tool_options[i].name; i++)
		if (tool_options[i].short_name == found)
			return i;
	return -1;
}

/* ---- which commands ---- */

static bool next_command(const char **rest, size_t *ret_length, const char **ret_name)
{
	*rest += strspn(*rest, ", ");
	*ret_name = *rest;
	*ret_length = strcspn(*rest, ",");
	*rest += *ret_length;
	return *ret_length;
}

bool tool_option_is_of(const struct tool_option *option, const char *command)
{
	const char *rest = option->commands;
	const char *name;
	size_t length;

	if (!rest)
		return true;
	while (next_command(&rest, &length, &name))
		if (strlen(command) == length && !strncmp(command, name, length))
			return true;
	return false;
}

/* "gc, purge and ipam release", for the caller to free. */
static char *format_commands(const char *commands)
{
	const char *comma = strrchr(commands, ',');

	if (!comma)
		return cni_strdup(commands);
	return cni_format("%.*s and%s", (int)(comma - commands), commands, comma + 1);
}

int options_check(const struct options *options, const char *command, struct cni_error *err)
{
	for (size_t i = 0; tool_options[i].name; i++) {
		const struct tool_option *option = &tool_options[i];
		freeing char *takers = NULL;

		if (!(options->given >> i & 1) || tool_option_is_of(option, command))
			continue;
		takers = format_commands(option->commands);
		return cni_fail(err, CNI_EENV, "--%s is for %s, not for %s", option->name, takers,
				command);
	}
	return 0;
}

bool options_has(const struct options *options, const char *name)
{
	for (size_t i = 0; tool_options[i].name; i++)
		if (!strcmp(tool_options[i].name, name))
			return options->given >> i & 1;
	return false;
}

/* ---- read ---- */

static int read_option(int row, struct options *options, struct cni_error *err)
{
	const struct tool_option *option = &tool_options[row];
	void *member = (char *)options + option->offset;

	options->given |= 1ULL << row;
	if (option->read)
		return option->read(optarg, options, err);
	if (option->value)
		*(const char **)member = optarg;
	else
		*(bool *)member = true;
	return 0;
}

/* "--nonsens": unknown, short for several, or with a value that it does not take. */
static int fail_long(const char *word, struct cni_error *err)
{
	freeing char *name = cni_strndup(word, strcspn(word, "="));
	size_t length = strlen(name) - 2;
	const char *names[OPTIONS_MAX + 1] = {NULL};
	const char *nearest;
	size_t count = 0;

	for (size_t i = 0; tool_options[i].name && i < OPTIONS_MAX; i++) {
		names[i] = tool_options[i].name;
		count += !strncmp(names[i], name + 2, length);
	}
	if (count == 1)
		return cni_fail(err, CNI_EENV, "option '%s' takes no value", name);
	if (count)
		return cni_fail(err, CNI_EENV, "option '%s' is short for more than one option",
				name);
	nearest = nearest_word(name + 2, names);
	if (nearest)
		return cni_fail(err, CNI_EENV, "unknown option '%s': the nearest one is '--%s'",
				name, nearest);
	return cni_fail(err, CNI_EENV, "unknown option '%s': see 'cnitool --help'", name);
}

static int fail_option(int found, char **argv, struct cni_error *err)
{
	if (found == ':')
		return cni_fail(err, CNI_EENV, "option '%s' needs a value", argv[optind - 1]);
	if (optopt && optopt < FIRST_VALUE)
		return cni_fail(err, CNI_EENV, "unknown option '-%c': see 'cnitool --help'",
				optopt);
	return fail_long(argv[optind - 1], err);
}

static const char *from_environment(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

/* Plugins split at ';' and '=' and refuse what is no pair; so this is checked before the first
 * plugin runs. */
static int check_args(const char *args, struct cni_error *err)
{
	freeing char *copy = cni_strdup(args);
	char *rest = copy;

	for (char *pair = strsep(&rest, ";"); pair; pair = strsep(&rest, ";")) {
		const char *equals = strchr(pair, '=');

		if (!equals || equals == pair || !equals[1] || strchr(equals + 1, '='))
			return cni_fail(err, CNI_EENV,
					"CNI_ARGS holds \"%s\", expected KEY=VALUE;KEY=VALUE",
					pair);
	}
	return 0;
}

/* The words of another command line follow, which are not for getopt_long(). */
static bool is_raw(int argc, char **argv)
{
	return argc > 1 && !strcmp(argv[1], "complete");
}

int options_read(int argc, char **argv, struct options *ret_options, struct cni_error *err)
{
	struct options options = {
		.ifname = from_environment("CNI_IFNAME", "eth0"),
		.cache_dir = from_environment("CNI_CACHE_DIR", CNI_CACHE_DIR),
		.conf_dir = from_environment("NETCONFPATH", "/etc/cni/net.d"),
		.plugin_path = from_environment("CNI_PATH", CNI_C_PLUGIN_DIR),
		.args = from_environment("CNI_ARGS", NULL),
		.cap_args = from_environment("CAP_ARGS", NULL),
	};
	struct getopt_input input;
	int failed = 0;
	int found;

	opterr = 0;
	make_input(&input);
	while (!is_raw(argc, argv) &&
	       (found = getopt_long(argc, argv, input.shorts, input.longs, NULL)) >= 0) {
		int row = row_of(found);

		/* After a failure only --json is still of interest. */
		if (row < 0)
			failed = failed ? failed : fail_option(found, argv, err);
		else if (!failed || !strcmp(tool_options[row].name, "json"))
			failed |= read_option(row, &options, err);
	}
	options.words = argv + optind;
	options.word_count = (size_t)(argc - optind);
	cni_owners_sort(&options.keep);
	if (!failed && options.args)
		failed = check_args(options.args, err);
	*ret_options = options;
	return failed;
}

void options_take_name(struct options *options, size_t words)
{
	options->operands = options->words + words;
	options->operand_count = options->word_count - words;
}

void options_clear(struct options *options)
{
	free(options->keep.items);
	*options = (struct options){0};
}
