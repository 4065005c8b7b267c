/* SPDX-License-Identifier: Apache-2.0 */
#include "iptables_tool.h"

#include "cleanup.h"
#include "exec.h"
#include "mem.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEADLINE_MS 20000

static const struct {
	enum cni_iptables_tool tool;
	const char *text;
	const char *suffix; /* of the command */
	const char *word;   /* in the output of --version */
} tools[] = {
	{CNI_IPTABLES_PLAIN, "iptables", "", ""},
	{CNI_IPTABLES_NFT, "iptables-nft", "-nft", "nf_tables"},
	{CNI_IPTABLES_LEGACY, "iptables-legacy", "-legacy", "legacy"},
};

#define TOOLS (sizeof(tools) / sizeof(*tools))

static size_t index_of(enum cni_iptables_tool tool)
{
	size_t i = 0;

	while (tools[i].tool != tool)
		i++;
	return i;
}

const char *cni_iptables_tool_text(enum cni_iptables_tool tool)
{
	return tools[index_of(tool)].text;
}

bool cni_iptables_tool_parse(const char *text, enum cni_iptables_tool *ret_tool)
{
	for (size_t i = 0; i < TOOLS; i++)
		if (!strcmp(text, tools[i].text)) {
			*ret_tool = tools[i].tool;
			return true;
		}
	return false;
}

/* The name becomes a word for iptables-restore(8), which interprets quotes and backslashes. */
bool cni_iptables_is_chain_name(const char *text)
{
	size_t length = strlen(text);

	if (!length || length > CNI_IPTABLES_NAME_MAX || strchr("-!", *text))
		return false;
	for (const char *c = text; *c; c++)
		if (!isascii(*c) || !isgraph(*c) || strchr("\"'\\#", *c))
			return false;
	return true;
}

static char *name_of(enum cni_iptables_tool tool, int family)
{
	return cni_format("ip%stables%s-restore", family == AF_INET ? "" : "6",
			  tools[index_of(tool)].suffix);
}

/* "xtables-multi", of iptables 1.6, is older than iptables-nft. */
static enum cni_iptables_tool kind_of(const char *file)
{
	freeing char *target = realpath(file, NULL);
	const char *slash = target ? strrchr(target, '/') : NULL;

	if (!slash)
		return CNI_IPTABLES_PLAIN;
	if (strstr(slash, "-nft"))
		return CNI_IPTABLES_NFT;
	return strstr(slash, "-legacy") || !strcmp(slash, "/xtables-multi") ? CNI_IPTABLES_LEGACY
									    : CNI_IPTABLES_PLAIN;
}

enum cni_iptables_tool cni_iptables_plain_kind(void)
{
	freeing char *name = name_of(CNI_IPTABLES_PLAIN, AF_INET);
	freeing char *file = NULL;
	struct cni_error ignored;

	if (cni_exec_find_command(name, &file, &ignored) < 0)
		return CNI_IPTABLES_PLAIN;
	return kind_of(file);
}

unsigned int cni_iptables_resolve(unsigned int set)
{
	if (!(set & CNI_IPTABLES_PLAIN))
		return set;
	return (set & ~(unsigned int)CNI_IPTABLES_PLAIN) | cni_iptables_plain_kind();
}

/* "iptables-restore v1.8.9 (nf_tables)" */
static bool says_that_it_is(const char *file, enum cni_iptables_tool tool)
{
	static char version[] = "--version";
	char *arguments[] = {version, NULL};
	const struct cni_exec exec = {.file = file,
				      .type = "iptables-restore",
				      .arguments = arguments,
				      .environment = environ,
				      .input = "",
				      .deadline_ms = DEADLINE_MS};
	freeing char *output = NULL;
	struct cni_error ignored;
	int code;

	return cni_exec_command(&exec, &output, &code, &ignored) == 0 && code == 0 &&
	       strstr(output, tools[index_of(tool)].word);
}

int cni_iptables_find(enum cni_iptables_tool tool, int family, char **ret_file,
		      struct cni_error *err)
{
	freeing char *plain_name = name_of(CNI_IPTABLES_PLAIN, family);
	freeing char *name = name_of(tool, family);
	freeing char *plain = NULL;
	struct cni_error ignored;
	bool has_plain = cni_exec_find_command(plain_name, &plain, err) == 0;

	if (!has_plain && tool == CNI_IPTABLES_PLAIN)
		return -1;
	if (has_plain && (tool == CNI_IPTABLES_PLAIN || kind_of(plain) == tool)) {
		*ret_file = take_ptr(plain);
		return 0;
	}
	if (cni_exec_find_command(name, ret_file, has_plain ? err : &ignored) == 0)
		return 0;
	if (has_plain && kind_of(plain) == CNI_IPTABLES_PLAIN && says_that_it_is(plain, tool)) {
		*ret_file = take_ptr(plain);
		return 0;
	}
	return -1;
}
