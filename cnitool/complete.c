/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool complete: the words that may come next on a command line, from the tables of commands and
 * options, the networks, the cache and the ledgers. */
#include "cache.h"
#include "cleanup.h"
#include "commands.h"
#include "confdir.h"
#include "ipam.h"
#include "mem.h"
#include "table.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED_NETNS "/run/netns"

/* The words before the cursor, sorted out. */
struct line {
	char **words; /* that are neither options nor their values; the caller frees the array */
	size_t count;
	const struct tool_option *wanting; /* the option whose value is to come; NULL: none */
	const char *last;		   /* the word to be completed */
	const struct options *options;
};

/* ---- print ---- */

static void offer(const struct line *line, const char *word, const char *about)
{
	freeing char *printable = NULL;

	if (strncmp(word, line->last, strlen(line->last)) != 0)
		return;
	printable = make_printable(cni_strdup(word));
	printf("%s%s%s\n", printable, *about ? "\t" : "", about);
}

static void offer_networks(const struct line *line)
{
	struct cni_error ignored;
	char **names;
	size_t count;

	if (cni_confdir_names(line->options->conf_dir, &names, &count, NULL, &ignored) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		offer(line, names[i], "");
	cni_confdir_names_free(names, count);
}

static int is_visible(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

static void offer_namespaces(const struct line *line)
{
	struct dirent **names;
	int count;

	if (strchr(line->last, '/')) {
		puts(":files");
		return;
	}
	count = scandir(NAMED_NETNS, &names, is_visible, alphasort);
	for (int i = 0; i < count; i++) {
		offer(line, names[i]->d_name, "");
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

/* "ID/IFNAME", or "ID" alone, of the network `network` (NULL: of all). */
static void offer_attachments(const struct line *line, const char *network, bool with_ifname)
{
	struct cni_cached *items;
	struct cni_error ignored;
	size_t count;

	if (cni_cache_list(line->options->cache_dir, network, NULL, &items, &count, NULL,
			   &ignored) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		freeing char *word =
			cni_format("%s%s%s", items[i].container, with_ifname ? "/" : "",
				   with_ifname ? items[i].ifname : "");

		offer(line, word, items[i].netns ? items[i].netns : "");
	}
	cni_cached_free(items, count);
}

/* Addresses, or the containers that have them. */
struct taken {
	const struct line *line;
	bool containers;
};

/* An ipam_visitor. */
static void offer_taken(const struct cni_ip *ip, const char *container, void *data)
{
	const struct taken *taken = data;
	char text[CNI_IP_TEXT_SIZE] = "";

	if (ip)
		cni_ip_format(ip, text);
	if (!taken->containers && ip)
		offer(taken->line, text, container);
	else if (taken->containers && *container)
		offer(taken->line, container, text);
}

/* `network` is the operand at this place, as tool_open() wants it. */
static void offer_reservations(const struct line *line, char **network, bool containers)
{
	struct taken taken = {.line = line, .containers = containers};
	struct options options = *line->options;
	closing_ipam struct ipam ipam = {0};
	struct cni_error ignored;
	struct tool tool;

	options.operands = network;
	options.operand_count = 1;
	if (tool_open(&options, false, &tool, &ignored) < 0)
		return;
	if (ipam_open_places(&tool, &ipam, &ignored) == 0)
		for (size_t i = 0; i < ipam.source_count; i++)
			ipam.sources[i].backend->visit(&ipam.sources[i], offer_taken, &taken,
						       &ignored);
	ipam_close(&ipam);
	tool_close(&tool);
}

/* ---- options ---- */

static void offer_options(const struct line *line, const struct command *command)
{
	for (const struct tool_option *at = tool_options; at->name; at++) {
		freeing char *word = cni_format("--%s", at->name);

		if (command ? tool_option_is_of(at, command->name) : !at->commands)
			offer(line, word, at->summary);
	}
}

static void offer_value(const struct line *line, const char *network)
{
	switch (line->wanting->complete) {
	case COMPLETE_NOTHING:
		break;
	case COMPLETE_DIRECTORY:
		puts(":directories");
		break;
	case COMPLETE_FILE:
		puts(":files");
		break;
	case COMPLETE_ATTACHMENT:
		offer_attachments(line, network, true);
		break;
	case COMPLETE_CONTAINER:
		offer_attachments(line, network, false);
		break;
	}
}

/* ---- commands and operands ---- */

/* The first words of all commands, or the second words of a group. */
static void offer_commands(const struct line *line, const char *group)
{
	size_t length = group ? strlen(group) : 0;

	for (const struct command *at = commands; at->name; at++) {
		const char *blank = strchr(at->name, ' ');

		if (at->flags & COMMAND_HIDDEN)
			continue;
		if (!group && !blank)
			offer(line, at->name, at->summary);
		else if (group && blank && blank == at->name + length &&
			 !strncmp(at->name, group, length))
			offer(line, blank + 1, at->summary);
	}
}

static void offer_operand(const struct line *line, const char *kind, char **operands)
{
	if (!strcmp(kind, "NETWORK"))
		offer_networks(line);
	else if (!strcmp(kind, "NETNS"))
		offer_namespaces(line);
	else if (!strcmp(kind, "ADDRESS"))
		offer_reservations(line, operands, false);
	else if (!strcmp(kind, "CONTAINER"))
		offer_reservations(line, operands, true);
	else if (!strcmp(kind, "FILE"))
		puts(":files");
	else if (*kind >= 'a' && *kind <= 'z')
		offer(line, kind, "");
}

/* The word of `operands` for the operand at `index`, without brackets; the caller frees. NULL: there is no
 * such operand. */
static char *kinds_of(const char *operands, size_t index)
{
	freeing char *copy = cni_strdup(operands);
	char *rest = copy;
	size_t at = 0;

	for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "), at++)
		if (*word && (at == index || strstr(word, "..."))) {
			word += *word == '[';
			word[strcspn(word, "].")] = '\0';
			return cni_strdup(word);
		}
	return NULL;
}

static void offer_operands(const struct line *line, const struct command *command, size_t words)
{
	freeing char *kinds = kinds_of(command->operands, line->count - words);
	char *rest = kinds;

	for (char *kind = strsep(&rest, "|"); kind; kind = strsep(&rest, "|"))
		offer_operand(line, kind, line->words + words);
}

/* ---- all of it ---- */

static const struct tool_option *find_option(const char *word)
{
	for (const struct tool_option *at = tool_options; at->name; at++)
		if ((!strncmp(word, "--", 2) && !strcmp(word + 2, at->name)) ||
		    (at->short_name && word[1] == at->short_name && !word[2]))
			return at;
	return NULL;
}

static struct line sort_out(const struct options *options, char **words, size_t count)
{
	struct line line = {
		.words = cni_alloc((count + 1) * sizeof(*line.words)),
		.last = count ? words[count - 1] : "",
		.options = options,
	};

	for (size_t i = 0; i + 1 < count; i++) {
		const struct tool_option *option = *words[i] == '-' ? find_option(words[i]) : NULL;

		if (line.wanting)
			line.wanting = NULL;
		else if (option && option->value)
			line.wanting = option;
		else if (*words[i] != '-')
			line.words[line.count++] = words[i];
	}
	return line;
}

static void complete(struct line *line)
{
	const struct command *command;
	size_t words = 0;

	/* "help" is followed by another command. */
	if (line->count && !strcmp(line->words[0], "help")) {
		line->words++;
		line->count--;
	}
	command = line->count ? command_find(line->words, line->count, &words) : NULL;
	if (line->wanting)
		offer_value(line, line->count > words ? line->words[words] : NULL);
	else if (*line->last == '-')
		offer_options(line, command);
	else if (!line->count)
		offer_commands(line, NULL);
	else if (command && !command->run)
		offer_commands(line, line->count == words ? command->name : "");
	else if (command)
		offer_operands(line, command, words);
}

int command_complete(struct tool *tool, struct cni_error *err)
{
	const struct options *options = tool->options;
	struct line line = sort_out(options, options->operands, options->operand_count);
	char **words = line.words;

	(void)err;
	complete(&line);
	free(words);
	return 0;
}
