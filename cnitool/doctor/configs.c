/* SPDX-License-Identifier: Apache-2.0 */
/* The group config. Networks that cannot be read are found when they are opened (scene.c). The findings of
 * `cnitool validate` belong here, as a check of its own. */
#include "checks.h"
#include "doctor.h"

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
