/* SPDX-License-Identifier: Apache-2.0 */
#include "tool.h"

#include "cached_list.h"
#include "confdir.h"
#include "names.h"

#include <string.h>

int tool_open(const struct options *options, bool with_netns, struct tool *ret_tool,
	      struct cni_error *err)
{
	struct tool *tool = ret_tool;
	bool has_netns = with_netns && options->operand_count > 1;

	*tool = (struct tool){.options = options};
	/* Both become parts of paths. */
	if (cni_name_check_network(options->operands[0], err) < 0 ||
	    cni_name_check_interface(options->ifname, "the interface", CNI_EENV, err) < 0)
		return -1;
	has_netns = has_netns && !options->container;
	if ((options->cap_args &&
	     cni_json_parse_source(options->cap_args, strlen(options->cap_args), "CAP_ARGS",
				   &tool->capability_args, err) < 0) ||
	    (with_netns && options->container &&
	     container_find_attached(options, &tool->container, err) < 0) ||
	    (has_netns &&
	     container_find(options, options->operands[1], &tool->container, err) < 0)) {
		tool_close(tool);
		return -1;
	}
	tool->chain = (struct cni_chain){
		.list = &tool->list,
		.path = options->plugin_path,
		.cache_dir = options->cache_dir,
		.container = tool->container.id,
		.netns = tool->container.netns,
		.ifname = with_netns && options->container ? tool->container.cached.ifname
							   : options->ifname,
		.args = options->args,
		.capability_args = tool->capability_args,
		.warnings = &tool->warnings,
	};
	return 0;
}

int tool_load(struct tool *tool, struct cni_error *err)
{
	return cni_confdir_find(tool->options->conf_dir, tool->options->operands[0], &tool->list,
				&tool->warnings, err);
}

int tool_load_attached(struct tool *tool, struct cni_error *err)
{
	const struct cni_cached *cached = &tool->container.cached;
	struct cni_conflist today = {0};
	struct cni_error ignored;
	bool has_today;

	/* As ADD had it. */
	if (cached->netns && *cached->netns)
		tool->chain.netns = cached->netns;
	if (!cached->config)
		return tool_load(tool, err);
	/* Its faults, and those of the files beside it, are of no interest unless it is needed. */
	has_today = cni_confdir_find(tool->options->conf_dir, tool->options->operands[0], &today,
				     NULL, &ignored) == 0;
	if (cni_cached_list(cached, has_today ? &today : NULL, &tool->list, &ignored) == 0) {
		cni_conflist_clear(&today);
		return 0;
	}
	cni_conflist_clear(&today);
	return tool_load(tool, err);
}

/* Its warnings become those of `tool`. */
static int run_one(struct tool *tool, char *network,
		   int (*run)(struct tool *each, void *data, struct cni_error *err), void *data,
		   struct cni_error *err)
{
	struct options options = *tool->options;
	char *operands[] = {network, NULL};
	struct tool each;
	int result;

	options.operands = operands;
	options.operand_count = 1;
	if (tool_open(&options, false, &each, err) < 0)
		return -1;
	result = run(&each, data, err);
	for (size_t i = 0; i < each.warnings.count; i++)
		cni_warn(&tool->warnings, "%s", each.warnings.items[i]);
	tool_close(&each);
	return result;
}

int tool_each_network(struct tool *tool,
		      int (*run)(struct tool *each, void *data, struct cni_error *err), void *data,
		      struct cni_error *err)
{
	char **names;
	size_t count;
	int worst = 0;

	if (cni_confdir_names(tool->options->conf_dir, &names, &count, &tool->warnings, err) < 0)
		return -1;
	for (size_t i = 0; i < count && worst >= 0; i++) {
		int result = run_one(tool, names[i], run, data, err);

		worst = result < 0 || result > worst ? result : worst;
	}
	cni_confdir_names_free(names, count);
	return worst;
}

int tool_each_list(struct tool *tool, void (*visit)(const struct cni_conflist *list, void *data),
		   void *data, struct cni_error *err)
{
	const char *dir = tool->options->conf_dir;
	char **names;
	size_t count;

	if (cni_confdir_names(dir, &names, &count, &tool->warnings, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct cni_conflist list;
		struct cni_error why;

		if (cni_confdir_find(dir, names[i], &list, NULL, &why) < 0) {
			cni_warn(&tool->warnings, "passed over: %s", why.msg);
			continue;
		}
		visit(&list, data);
		cni_conflist_clear(&list);
	}
	cni_confdir_names_free(names, count);
	return 0;
}

void tool_close(struct tool *tool)
{
	cni_conflist_clear(&tool->list);
	cni_warnings_clear(&tool->warnings);
	cJSON_Delete(tool->capability_args);
	container_clear(&tool->container);
	*tool = (struct tool){0};
}
