/* SPDX-License-Identifier: Apache-2.0 */
#include "tool.h"

#include "cache.h"
#include "cleanup.h"
#include "confdir.h"
#include "hash.h"
#include "mem.h"
#include "names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAMED_NETNS "/run/netns"

/* By the text alone: links are not followed, so that the same words mean the same container after
 * the namespace is gone. */
static int make_absolute(const char *path, char **ret_path, struct cni_error *err)
{
	freeing char *here = *path == '/' ? cni_strdup("") : get_current_dir_name();
	freeing char *joined = NULL;
	freeing char *clean = NULL;
	size_t length = 0;
	char *rest;

	if (!here)
		return cni_fail_errno(err, CNI_EIO, errno, "find the current directory");
	joined = cni_format("%s/%s", here, path);
	clean = cni_alloc(strlen(joined) + 2);
	rest = joined;
	for (char *part = strsep(&rest, "/"); part; part = strsep(&rest, "/")) {
		if (!strcmp(part, "..")) {
			while (length && clean[--length] != '/')
				;
		} else if (*part && strcmp(part, ".") != 0) {
			clean[length++] = '/';
			length = (size_t)(stpcpy(clean + length, part) - clean);
		}
		clean[length] = '\0';
	}
	if (!length)
		memcpy(clean, "/", 2);
	*ret_path = take_ptr(clean);
	return 0;
}

static void name_container(const char *netns, char container[TOOL_CONTAINER_SIZE])
{
	char digits[CNI_HASH_TEXT_SIZE];

	cni_hash_hex(netns, strlen(netns), digits);
	snprintf(container, TOOL_CONTAINER_SIZE, "cnitool-%.20s", digits);
}

static bool was_attached(const struct options *options, const char *netns)
{
	char container[TOOL_CONTAINER_SIZE];
	struct cni_owner owner = {options->operands[0], container, options->ifname};
	struct cni_error ignored;
	freeing char *file = NULL;

	name_container(netns, container);
	return cni_cache_file(options->cache_dir, &owner, &file, &ignored) == 0 &&
	       access(file, F_OK) == 0;
}

static int find_netns(const struct options *options, char **ret_netns, struct cni_error *err)
{
	const char *operand = options->operands[1];

	if (!*operand)
		return cni_fail(err, CNI_EENV, "the namespace is empty, expected a path or a name");
	if (!strchr(operand, '/') && access(operand, F_OK) < 0) {
		freeing char *named = cni_format(NAMED_NETNS "/%s", operand);

		if (access(named, F_OK) == 0 || was_attached(options, named)) {
			*ret_netns = take_ptr(named);
			return 0;
		}
	}
	return make_absolute(operand, ret_netns, err);
}

int tool_open(const struct options *options, bool with_netns, struct tool *ret_tool,
	      struct cni_error *err)
{
	struct tool tool = {.options = options};

	/* Both become parts of paths. */
	if (cni_name_check_network(options->operands[0], err) < 0 ||
	    cni_name_check_interface(options->ifname, "the interface", CNI_EENV, err) < 0)
		return -1;
	if (options->cap_args && cni_json_parse_object(options->cap_args, strlen(options->cap_args),
						       "CAP_ARGS", &tool.capability_args, err) < 0)
		return -1;
	if (with_netns && options->operand_count > 1) {
		if (find_netns(options, &tool.netns, err) < 0) {
			cJSON_Delete(tool.capability_args);
			return -1;
		}
		name_container(tool.netns, tool.container);
	}
	*ret_tool = tool;
	ret_tool->chain = (struct cni_chain){
		.list = &ret_tool->list,
		.path = options->plugin_path,
		.cache_dir = options->cache_dir,
		.container = ret_tool->container,
		.netns = ret_tool->netns,
		.ifname = options->ifname,
		.args = options->args,
		.capability_args = ret_tool->capability_args,
		.warnings = &ret_tool->warnings,
	};
	return 0;
}

int tool_load(struct tool *tool, struct cni_error *err)
{
	return cni_confdir_find(tool->options->conf_dir, tool->options->operands[0], &tool->list,
				&tool->warnings, err);
}

int tool_load_to_delete(struct tool *tool, struct cni_error *err)
{
	struct cni_owner owner = {tool->options->operands[0], tool->container,
				  tool->options->ifname};
	struct cni_cached cached = {0};
	struct cni_error ignored;
	int failed;

	if (tool_load(tool, err) == 0)
		return 0;
	failed = cni_cache_read(tool->options->cache_dir, &owner, &cached, &ignored);
	if (!failed)
		failed = cached.config ? cni_conflist_parse(cached.config, cached.config_size,
							    "the cached configuration", &tool->list,
							    &ignored)
				       : -1;
	/* One that was written without its drop-ins. */
	if (!failed && !cJSON_GetArraySize(tool->list.plugins))
		failed = -1;
	cni_cached_clear(&cached);
	if (!failed)
		cni_warn(&tool->warnings, "deleting with the configuration of the time of add: %s",
			 err->msg);
	return failed;
}

void tool_close(struct tool *tool)
{
	cni_conflist_clear(&tool->list);
	cni_warnings_clear(&tool->warnings);
	cJSON_Delete(tool->capability_args);
	free(tool->netns);
	*tool = (struct tool){0};
}
