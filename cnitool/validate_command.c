/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup.h"
#include "commands.h"
#include "validate.h"

#include <stdio.h>

/* {"version": 1, "summary": {"files", "errors", "warnings", "notes"}, "findings": […]} */
static void print_findings_json(const struct validation *validation)
{
	const struct config_findings *findings = &validation->findings;
	freeing_json cJSON *json = cni_json_object();
	cJSON *summary = cni_json_object();

	cni_json_add_number(json, "version", 1);
	cni_json_add_number(summary, "files", (double)validation->wanted);
	cni_json_add_number(summary, "errors",
			    (double)config_findings_count(findings, CONFIG_ERROR));
	cni_json_add_number(summary, "warnings",
			    (double)config_findings_count(findings, CONFIG_WARNING));
	cni_json_add_number(summary, "notes", (double)config_findings_count(findings, CONFIG_NOTE));
	cni_json_add(json, "summary", summary);
	cni_json_add(json, "findings", config_findings_json(findings));
	print_json(json);
}

static void print_count(size_t count, const char *noun)
{
	printf("%zu %s%s", count, noun, count == 1 ? "" : "s");
}

static void print_summary(const struct validation *validation)
{
	const struct config_findings *findings = &validation->findings;

	print_count(config_findings_count(findings, CONFIG_ERROR), "error");
	printf(", ");
	print_count(config_findings_count(findings, CONFIG_WARNING), "warning");
	printf(" and ");
	print_count(config_findings_count(findings, CONFIG_NOTE), "note");
	printf(" in ");
	print_count(validation->wanted, "file");
	putchar('\n');
}

int command_validate(struct tool *tool, struct cni_error *err)
{
	const struct options *options = tool->options;
	clearing_validation struct validation validation = {.count = 0};
	size_t serious;

	if (validate_networks(options->conf_dir, options->plugin_path, options->operands,
			      options->operand_count, &validation, err) < 0)
		return COMMAND_COULD_NOT_LOOK;
	serious = config_findings_count(&validation.findings, CONFIG_ERROR) +
		  config_findings_count(&validation.findings, CONFIG_WARNING);
	if (options->json) {
		print_findings_json(&validation);
	} else {
		config_findings_print(&validation.findings, stdout);
		print_summary(&validation);
	}
	return serious ? 1 : 0;
}
