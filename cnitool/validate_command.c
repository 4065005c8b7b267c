/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup.h"
#include "commands.h"
#include "validate.h"

#include <stdio.h>

/* {"version": 1, "summary": {"files", "errors", "warnings", "notes"}, "findings": […]} */
static void print_findings_json(const struct validation *validation)
{
	const struct findings *findings = &validation->findings;
	freeing_json cJSON *json = cni_json_object();
	cJSON *summary = cni_json_object();

	cni_json_add_number(json, "version", 1);
	cni_json_add_number(summary, "files", (double)validation->wanted);
	cni_json_add_number(summary, "errors", (double)findings_count(findings, FINDING_ERROR));
	cni_json_add_number(summary, "warnings", (double)findings_count(findings, FINDING_WARNING));
	cni_json_add_number(summary, "notes", (double)findings_count(findings, FINDING_NOTE));
	cni_json_add(json, "summary", summary);
	cni_json_add(json, "findings", findings_json(findings));
	print_json(json);
}

static void print_count(size_t count, const char *noun)
{
	printf("%zu %s%s", count, noun, count == 1 ? "" : "s");
}

static void print_summary(const struct validation *validation)
{
	const struct findings *findings = &validation->findings;

	print_count(findings_count(findings, FINDING_ERROR), "error");
	printf(", ");
	print_count(findings_count(findings, FINDING_WARNING), "warning");
	printf(" and ");
	print_count(findings_count(findings, FINDING_NOTE), "note");
	printf(" in ");
	print_count(validation->wanted, "file");
	putchar('\n');
}

int command_validate(struct tool *tool, struct cni_error *err)
{
	const struct options *options = tool->options;
	clearing_validation struct validation validation = {.count = 0};
	size_t serious;

	if (validate(options->conf_dir, options->plugin_path, options->operands,
		     options->operand_count, &validation, err) < 0)
		return COMMAND_COULD_NOT_LOOK;
	serious = findings_count(&validation.findings, FINDING_ERROR) +
		  findings_count(&validation.findings, FINDING_WARNING);
	if (options->json) {
		print_findings_json(&validation);
	} else {
		findings_print(&validation.findings, stdout);
		print_summary(&validation);
	}
	return serious ? 1 : 0;
}
