/* SPDX-License-Identifier: Apache-2.0 */
/* The group config. Networks that cannot be read are found when they are opened (scene.c). The findings of
 * `cnitool validate` belong here, as a check of its own. */
#include "checks.h"
#include "doctor.h"

static void report(struct doctor *doctor, const struct cni_warnings *warnings)
{
	static const struct finding_words words = {
		.so = "runtimes ignore the file, or refuse all files beside it",
		.try = "mend or remove the file",
	};

	for (size_t i = 0; i < warnings->count; i++)
		doctor_find(doctor, FINDING_WARNING, &words, "%s", warnings->items[i]);
}

void check_files(struct doctor *doctor)
{
	report(doctor, &doctor->warnings);
	for (size_t i = 0; i < doctor->network_count; i++)
		report(doctor, &doctor->networks[i]->tool.warnings);
}
