/* SPDX-License-Identifier: Apache-2.0 */
/* The group config. Networks that cannot be read are found when they are opened (scene.c). */
#include "checks.h"
#include "cleanup.h"
#include "doctor.h"
#include "mem.h"
#include "validate.h"

#include <string.h>

static bool has_warning(const struct cni_warnings *warnings, const char *text)
{
	for (size_t i = 0; warnings && i < warnings->count; i++)
		if (!strcmp(warnings->items[i], text))
			return true;
	return false;
}

/* Each network's search meets the files of the others: `known` has been reported. */
static void report(struct doctor *doctor, const struct cni_warnings *warnings,
		   const struct cni_warnings *known)
{
	static const struct finding_words words = {
		.so = "runtimes ignore the file, or refuse all files beside it",
		.try = "mend or remove the file",
	};

	for (size_t i = 0; i < warnings->count; i++)
		if (!has_warning(known, warnings->items[i]))
			doctor_find(doctor, FINDING_WARNING, &words, "%s", warnings->items[i]);
}

void check_files(struct doctor *doctor)
{
	report(doctor, &doctor->warnings, NULL);
	for (size_t i = 0; i < doctor->network_count; i++)
		report(doctor, &doctor->networks[i]->tool.warnings, &doctor->warnings);
}

/* ---- the findings of cnitool validate ---- */

/* Findings of config.files, plugins.missing and plugins.build. */
static bool is_known(const char *check)
{
	static const char *const known[] = {"cannot-read",    "json",	   "list",
					    "plugin-missing", "same-name", "no-description"};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i], check))
			return true;
	return false;
}

static void report_finding(struct doctor *doctor, const struct config_finding *finding)
{
	static const enum finding_level levels[] = {
		[CONFIG_NOTE] = FINDING_NOTE,
		[CONFIG_WARNING] = FINDING_WARNING,
		[CONFIG_ERROR] = FINDING_FAILURE,
	};
	freeing char *where = finding->line
				      ? cni_format("%s, line %u", finding->file, finding->line)
				      : cni_strdup(finding->file);
	const struct finding_words words = {.where = where, .so = finding->so, .try = finding->try};

	doctor_find(doctor, levels[finding->level], &words, "%s", finding->what);
}

void check_validate(struct doctor *doctor)
{
	const struct options *options = doctor->options;
	clearing_validation struct validation validation = {.count = 0};
	struct cni_error err;

	/* Without a network there is nothing to validate. */
	if (!doctor->network_count)
		return;
	if (validate_networks(options->conf_dir, options->plugin_path, options->operands,
			      options->operand_count, &validation, &err) < 0) {
		if (err.code != CNI_EMISSING)
			doctor_find_error(doctor, FINDING_UNSEEN, NULL, &err);
		return;
	}
	for (size_t i = 0; i < validation.findings.count; i++)
		if (!is_known(validation.findings.items[i].check))
			report_finding(doctor, &validation.findings.items[i]);
}
