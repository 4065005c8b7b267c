/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool gc: removes all things without a living attachment, or all things. */
#include "gc.h"

#include "cleanup.h"
#include "commands.h"
#include "mem.h"
#include "progress.h"
#include "table.h"

static void print_row(const struct gc_report *report, const struct cni_gc_step *step)
{
	cJSON *row = cni_json_object();

	cni_json_add_string(row, "network", step->network);
	cni_json_add_string(row, "container", step->container);
	cni_json_add_string(row, "ifname", step->ifname);
	cni_json_add_string(row, "plugin", step->plugin);
	cni_json_add_string(row, "action", step->plugin ? "GC" : "DEL");
	cni_json_add_string(row, "reason", step->reason);
	if (step->plugin)
		cni_json_add_number(row, "valid", (double)step->valid->count);
	cJSON_AddItemToArray(report->rows, row);
}

void gc_report_step(const struct cni_gc_step *step, void *data)
{
	struct gc_report *report = data;
	const char *would = report->dry_run ? "would be " : "";

	report->deleted += !step->plugin;
	if (report->rows)
		print_row(report, step);
	else if (!step->plugin)
		print_line("%s/%s/%s: %sdeleted: %s", step->network, step->container, step->ifname,
			   would, step->reason);
	else if (step->valid->count)
		print_line("%s: plugin '%s' %sasked to remove what none of %zu attachments has",
			   step->network, step->plugin, report->dry_run ? "would be " : "was ",
			   step->valid->count);
	else
		print_line("%s: plugin '%s' %sasked to remove all that it has", step->network,
			   step->plugin, report->dry_run ? "would be " : "was ");
}

void gc_print_summary(const struct gc_report *report)
{
	print_line("%zu attachment%s %s", report->deleted, report->deleted == 1 ? "" : "s",
		   report->dry_run ? "would be deleted" : "deleted");
}

/* A second operand means what it means to Go's cnitool, whose gc keeps nothing. */
static bool means_all(const struct options *options)
{
	return options->all || (options->operand_count > 1 && !options->gone);
}

int command_gc(struct tool *tool, struct cni_error *err)
{
	const struct options *options = tool->options;
	freeing_json cJSON *rows = options->json ? cni_json_array() : NULL;
	struct gc_report report = {.dry_run = options->dry_run, .rows = rows};
	const struct cni_gc gc = {
		.all = means_all(options),
		.dry_run = options->dry_run,
		.keep = &options->keep,
		.report = gc_report_step,
		.progress = progress_show,
		.data = &report,
	};

	if (options->all && options->gone) {
		cni_fail(err, CNI_EENV, "--all and --gone exclude each other");
		return COMMAND_USAGE;
	}
	if (tool_load(tool, err) < 0 || cni_chain_gc(&tool->chain, &gc, err) < 0)
		return -1;
	if (rows)
		print_json(rows);
	else
		gc_print_summary(&report);
	return 0;
}
