/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool add, check, del and status: the verbs of the specification. */
#include "cleanup.h"
#include "commands.h"

int command_add(struct tool *tool, struct cni_error *err)
{
	freeing_json cJSON *result = NULL;

	if (tool_load(tool, err) < 0 || cni_chain_add(&tool->chain, &result, err) < 0)
		return -1;
	print_json(result);
	return 0;
}

int command_check(struct tool *tool, struct cni_error *err)
{
	if (!*tool->container.id)
		return check_all(tool, err);
	if (tool_load_attached(tool, err) < 0)
		return -1;
	return cni_chain_check(&tool->chain, err);
}

int command_del(struct tool *tool, struct cni_error *err)
{
	const struct cni_chain *chain = &tool->chain;

	if (!*tool->container.id) {
		cni_fail(err, CNI_EENV,
			 "expected a namespace or --container: see 'cnitool del --help'");
		return COMMAND_USAGE;
	}
	if (tool_load_attached(tool, err) < 0)
		return -1;
	if (!tool->container.is_cached)
		cni_warn(&tool->warnings,
			 "'%s' is not attached to '%s' as '%s', as far as '%s/results' tells: only "
			 "what its plugins find by the id '%s' is deleted",
			 chain->netns, tool->list.name, chain->ifname, chain->cache_dir,
			 chain->container);
	return cni_chain_del(chain, err);
}

int command_status(struct tool *tool, struct cni_error *err)
{
	if (tool_load(tool, err) < 0)
		return -1;
	return cni_chain_status(&tool->chain, err);
}
