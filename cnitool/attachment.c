/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool add, check, del and status: the verbs of the specification. */
#include "cleanup.h"
#include "commands.h"
#include "table.h"
#include "tally.h"

int command_add(struct tool *tool, struct cni_error *err)
{
	freeing_json cJSON *result = NULL;

	if (tool_load(tool, err) < 0 || cni_chain_add(&tool->chain, &result, err) < 0)
		return -1;
	print_json(result);
	return 0;
}

/* The row that a command for several attachments prints of each. */
static void print_done(const struct tool *tool, const char *state)
{
	const struct cni_owner owner = {tool->list.name, tool->chain.container, tool->chain.ifname};
	clearing_tally struct tally tally = {.json = cni_json_array()};

	tally_add(&tally, &owner, state, "");
	tally_print(&tally);
}

int command_check(struct tool *tool, struct cni_error *err)
{
	if (!*tool->container.id)
		return check_all(tool, err);
	if (tool_load_attached(tool, err) < 0 || cni_chain_check(&tool->chain, err) < 0)
		return -1;
	if (tool->options->json)
		print_done(tool, "fine");
	return 0;
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
	if (cni_chain_del(chain, err) < 0)
		return -1;
	if (tool->options->json)
		print_done(tool, "deleted");
	return 0;
}

/* ---- status ---- */

/* The answer of a network, when all are asked. */
static void print_status(const struct tool *tool, const struct cni_error *why, cJSON *rows)
{
	cJSON *row;

	if (!rows && !why) {
		print_line("%s: ready", tool->options->operands[0]);
		return;
	}
	if (!rows) {
		print_line("%s: not ready: %s [code %d]", tool->options->operands[0], why->msg,
			   why->code);
		return;
	}
	row = cni_json_object();
	cni_json_add_string(row, "network", tool->options->operands[0]);
	cJSON_AddBoolToObject(row, "ready", !why);
	if (why) {
		cni_json_add_number(row, "code", why->code);
		cni_json_add_string(row, "msg", why->msg);
		cni_json_add_string(row, "details", why->details);
	}
	cJSON_AddItemToArray(rows, row);
}

static int ask_status(struct tool *tool, void *data, struct cni_error *err)
{
	bool is_ready = tool_load(tool, err) == 0 && cni_chain_status(&tool->chain, err) == 0;

	print_status(tool, is_ready ? NULL : err, data);
	return is_ready ? 0 : COMMAND_FAULT;
}

int command_status(struct tool *tool, struct cni_error *err)
{
	freeing_json cJSON *rows = tool->options->json ? cni_json_array() : NULL;
	int found = 0;

	if (!tool->options->operand_count)
		found = tool_each_network(tool, ask_status, rows, err);
	else if (tool_load(tool, err) < 0 || cni_chain_status(&tool->chain, err) < 0)
		return -1;
	else if (rows)
		print_status(tool, NULL, rows);
	if (rows && found >= 0)
		print_json(rows);
	return found;
}
