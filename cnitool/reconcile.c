/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool reconcile: restores lost parts of living attachments, and removes the rules of
 * attachments whose link is gone. */
#include "reconcile.h"

#include "about.h"
#include "cleanup.h"
#include "commands.h"
#include "mem.h"
#include "request.h"
#include "table.h"

struct report {
	bool dry_run;
	cJSON *rows; /* NULL: lines instead */
};

static const char *word_of(enum cni_reconciled state, bool dry_run)
{
	switch (state) {
	case CNI_RECONCILED_FINE:
		return "fine";
	case CNI_RECONCILED_MENDED:
		return "mended";
	case CNI_RECONCILED_GONE:
		return "gone";
	case CNI_RECONCILED_WRONG:
		break;
	}
	return dry_run ? "wrong" : "failed";
}

static void print_report(const struct cni_owner *owner, enum cni_reconciled state,
			 const char *message, void *data)
{
	const struct report *report = data;
	const char *word = word_of(state, report->dry_run);
	freeing char *hint =
		cni_format("its namespace is gone: 'cnitool gc %s --gone' removes what "
			   "is left",
			   owner->network);
	cJSON *row;

	if (state == CNI_RECONCILED_GONE)
		message = hint;
	if (!report->rows) {
		print_line("%s/%s/%s: %s%s%s", owner->network, owner->container, owner->ifname,
			   word, *message ? ": " : "", message);
		return;
	}
	row = cni_json_object();
	cni_json_add_string(row, "network", owner->network);
	cni_json_add_string(row, "container", owner->container);
	cni_json_add_string(row, "ifname", owner->ifname);
	cni_json_add_string(row, "state", word);
	cni_json_add_string(row, "message", message);
	cJSON_AddItemToArray(report->rows, row);
}

static int sweep_one(const struct tool *tool, const char *type, struct cni_error *err)
{
	const struct cni_request request = {.command = CNI_SWEEP,
					    .path = tool->options->plugin_path};
	/* A sweep covers all networks, but a configuration needs a name. */
	const struct cni_conflist list = {.name = (char *)"reconcile",
					  .version = CNI_VERSION_LATEST};
	freeing_json cJSON *plugin = cni_json_object();

	cni_json_add_string(plugin, "type", type);
	return cni_request_run(&request, &list, plugin, NULL, err);
}

/* Asks each plugin of ours once. Other suites' plugins do not know the verb. */
static bool sweep(struct tool *tool)
{
	bool swept = true;

	for (const char *const *type = about_types; *type; type++) {
		struct cni_error err;

		if (!about_is_ours(*type, tool->options->plugin_path) ||
		    sweep_one(tool, *type, &err) == 0)
			continue;
		cni_warn_error(&tool->warnings, &err);
		swept = false;
	}
	return swept;
}

int command_reconcile(struct tool *tool, struct cni_error *err)
{
	const struct options *options = tool->options;
	freeing_json cJSON *rows = options->json ? cni_json_array() : NULL;
	struct report report = {.dry_run = options->dry_run, .rows = rows};
	const struct cni_reconcile reconcile = {
		.network = options->operand_count ? options->operands[0] : NULL,
		.path = options->plugin_path,
		.cache_dir = options->cache_dir,
		.dry_run = options->dry_run,
		.warnings = &tool->warnings,
		.report = print_report,
		.data = &report,
	};
	bool swept = true;
	size_t wrong;

	if (!options->operand_count != options->all) {
		cni_fail(err, CNI_EENV,
			 "expected a network or --all: see 'cnitool reconcile --help'");
		return COMMAND_USAGE;
	}
	if (cni_reconcile(&reconcile, &wrong, err) < 0)
		return -1;
	if (!options->dry_run)
		swept = sweep(tool);
	if (rows)
		print_json(rows);
	return wrong || !swept ? 1 : 0;
}
