/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool reconcile: restores lost parts of living attachments, and removes the rules of
 * attachments whose link is gone. */
#include "reconcile.h"

#include "about.h"
#include "cleanup.h"
#include "commands.h"
#include "hint.h"
#include "mem.h"
#include "plain_words.h"
#include "progress.h"
#include "request.h"
#include "tally.h"

#include <string.h>

static const char *word_of(enum cni_reconciled state, bool dry_run)
{
	switch (state) {
	case CNI_RECONCILED_FINE:
		return "fine";
	case CNI_RECONCILED_MENDED:
		return "mended";
	case CNI_RECONCILED_GONE:
		return "gone";
	case CNI_RECONCILED_SKIPPED:
		return "skipped";
	case CNI_RECONCILED_WRONG:
		break;
	}
	return dry_run ? "wrong" : "failed";
}

/* Obstacles before CHECK and MEND look at an attachment: they say nothing of the container. */
static const struct {
	const char *words; /* in the message */
	int code;
} obstacles[] = {
	{"failed to find plugin", CNI_EMISSING},
	{"the lock was not free within", CNI_ELOCKED},
};

#define OBSTACLES (sizeof(obstacles) / sizeof(*obstacles))

struct report {
	bool dry_run;
	struct tally tally;
	struct cni_error hindered[OBSTACLES]; /* the first of each; code 0: none */
	size_t faults;			      /* of attachments */
};

static void count_fault(struct report *report, const char *message)
{
	for (size_t i = 0; i < OBSTACLES; i++)
		if (strstr(message, obstacles[i].words)) {
			struct cni_error err;

			cni_fail(&err, obstacles[i].code, "%s", message);
			cni_fail_first(&report->hindered[i], &err);
			return;
		}
	report->faults++;
}

static void report_one(const struct cni_owner *owner, enum cni_reconciled state,
		       const char *message, void *data)
{
	struct report *report = data;
	freeing char *hint =
		cni_format("its namespace is gone: 'cnitool gc %s --gone' removes what "
			   "is left",
			   owner->network);
	freeing char *plain = plain_words(message, report->tally.json || report->tally.is_verbose);

	if (state == CNI_RECONCILED_WRONG)
		count_fault(report, message);
	tally_add(&report->tally, owner, word_of(state, report->dry_run),
		  state == CNI_RECONCILED_GONE ? hint : plain);
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

/* Reports on the attachments of the first operand's network, or of all. Returns 1 if one is wrong. */
static int run(struct tool *tool, bool dry_run, struct report *report, struct cni_error *err)
{
	const struct options *options = tool->options;
	const struct cni_reconcile reconcile = {
		.network = options->operand_count ? options->operands[0] : NULL,
		.path = options->plugin_path,
		.cache_dir = options->cache_dir,
		.conf_dir = options->conf_dir,
		.dry_run = dry_run,
		.warnings = &tool->warnings,
		.report = report_one,
		.progress = options->verbose ? NULL : progress_show,
		.data = report,
	};
	size_t wrong;

	*report = (struct report){
		.dry_run = dry_run,
		.tally = {.json = options->json ? cni_json_array() : NULL,
			  .is_verbose = options->verbose},
	};
	if (cni_reconcile(&reconcile, &wrong, err) < 0)
		return -1;
	return wrong ? COMMAND_FAULT : 0;
}

static void print_obstacles(const struct tool *tool, const struct report *report)
{
	const struct hint_context context = {.options = tool->options, .command = "reconcile"};

	for (size_t i = 0; i < OBSTACLES; i++) {
		freeing char *hint =
			report->hindered[i].code ? hint_for(&context, &report->hindered[i]) : NULL;

		if (hint)
			fprintf(stderr, "  try: %s\n", hint);
	}
}

/* Once, below what is wrong. */
static void print_hint(const struct tool *tool, const struct report *report)
{
	const char *network = tool->options->operand_count ? tool->options->operands[0] : "--all";

	if (tool->options->json)
		return;
	fflush(stdout);
	print_obstacles(tool, report);
	if (report->faults && report->dry_run)
		fprintf(stderr,
			"  try: cnitool reconcile %s: puts back rules, gateway addresses and "
			"forwarding\n",
			network);
	else if (report->faults)
		fputs("  try: stop and start the containers that failed: what they lack cannot be "
		      "put "
		      "back while they run\n",
		      stderr);
}

int command_reconcile(struct tool *tool, struct cni_error *err)
{
	const struct options *options = tool->options;
	struct report report = {.dry_run = options->dry_run};
	bool swept = true;
	int found;

	if (!options->operand_count != options->all) {
		cni_fail(err, CNI_EENV,
			 "expected a network or --all: see 'cnitool reconcile --help'");
		return COMMAND_USAGE;
	}
	found = run(tool, options->dry_run, &report, err);
	if (found >= 0 && !options->dry_run)
		swept = sweep(tool);
	if (found >= 0)
		tally_print(&report.tally);
	if (found == COMMAND_FAULT)
		print_hint(tool, &report);
	tally_clear(&report.tally);
	return found ? found : swept ? 0 : COMMAND_FAULT;
}

int check_all(struct tool *tool, struct cni_error *err)
{
	struct report report;
	int found = run(tool, true, &report, err);

	if (found >= 0)
		tally_print(&report.tally);
	if (found == COMMAND_FAULT)
		print_hint(tool, &report);
	tally_clear(&report.tally);
	return found;
}
