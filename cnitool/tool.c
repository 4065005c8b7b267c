/* SPDX-License-Identifier: Apache-2.0 */
#include "tool.h"

#include "cached_list.h"
#include "cleanup.h"
#include "confdir.h"
#include "mem.h"
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
	if (tool->list.name)
		return 0;
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

/* A walk over networks, and the greatest result so far; -1: it has failed. */
struct walk {
	struct tool *tool;
	int (*run)(struct tool *each, void *data, struct cni_error *err);
	void *data;
	struct cni_error *err;
	int worst;
};

/* A list that could not be read is read again by tool_load(), which fails. Warnings become those of the walk's tool. */
static void run_one(const char *network, struct cni_conflist *list, const struct cni_error *why,
		    void *data)
{
	struct walk *walk = data;
	struct options options = *walk->tool->options;
	freeing char *name = cni_strdup(network);
	char *operands[] = {name, NULL};
	struct tool each;
	int result;

	(void)why;
	if (walk->worst < 0)
		return;
	options.operands = operands;
	options.operand_count = 1;
	if (tool_open(&options, false, &each, walk->err) < 0) {
		walk->worst = -1;
		return;
	}
	if (list) {
		each.list = *list;
		*list = (struct cni_conflist){0};
	}
	result = walk->run(&each, walk->data, walk->err);
	for (size_t i = 0; i < each.warnings.count; i++)
		cni_warn(&walk->tool->warnings, "%s", each.warnings.items[i]);
	tool_close(&each);
	walk->worst = result < 0 || result > walk->worst ? result : walk->worst;
}

int tool_each_network(struct tool *tool,
		      int (*run)(struct tool *each, void *data, struct cni_error *err), void *data,
		      struct cni_error *err)
{
	struct walk walk = {.tool = tool, .run = run, .data = data, .err = err};

	if (cni_confdir_each(tool->options->conf_dir, run_one, &walk, &tool->warnings, err) < 0)
		return -1;
	return walk.worst;
}

struct visit {
	struct tool *tool;
	void (*visit)(const struct cni_conflist *list, void *data);
	void *data;
};

static void visit_one(const char *network, struct cni_conflist *list, const struct cni_error *why,
		      void *data)
{
	struct visit *visit = data;

	(void)network;
	if (list)
		visit->visit(list, visit->data);
	else
		cni_warn(&visit->tool->warnings, "passed over: %s", why->msg);
}

int tool_each_list(struct tool *tool, void (*visit)(const struct cni_conflist *list, void *data),
		   void *data, struct cni_error *err)
{
	struct visit all = {.tool = tool, .visit = visit, .data = data};

	return cni_confdir_each(tool->options->conf_dir, visit_one, &all, &tool->warnings, err);
}

void tool_close(struct tool *tool)
{
	cni_conflist_clear(&tool->list);
	cni_warnings_clear(&tool->warnings);
	cJSON_Delete(tool->capability_args);
	container_clear(&tool->container);
	*tool = (struct tool){0};
}
