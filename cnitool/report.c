/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "cleanup.h"
#include "mem.h"
#include "output.h"
#include "plain_words.h"

#include <stdio.h>
#include <string.h>

/* The error is about what the file says. */
static bool is_about_file(const struct hint_context *context, const struct cni_error *err)
{
	switch (err->code) {
	case CNI_EVERSION:
	case CNI_EFIELD:
	case CNI_EDECODE:
	case CNI_ECONFIG:
		return context->file && !strstr(err->msg, context->file);
	default:
		return false;
	}
}

static void print_json_error(const struct hint_context *context, const struct cni_error *err,
			     enum cni_version version, const char *hint)
{
	freeing_json cJSON *json = cni_json_object();

	cni_json_add_string(json, "cniVersion", cni_version_text(version));
	cni_json_add_number(json, "code", err->code);
	cni_json_add_string(json, "msg", err->msg);
	cni_json_add_string(json, "details", err->details);
	if (is_about_file(context, err))
		cni_json_add_string(json, "file", context->file);
	cni_json_add_string(json, "try", hint);
	print_json(json);
}

void report_error(const struct hint_context *context, const struct cni_error *err,
		  enum cni_version version, bool is_usage)
{
	freeing char *hint = is_usage ? NULL : hint_for(context, err);
	freeing char *plain = plain_words(err->msg, context->options->verbose);

	/* Lines that were printed stand above the error. */
	fflush(stdout);
	if (context->options->json) {
		print_json_error(context, err, version, hint);
		return;
	}
	fprintf(stderr, "cnitool: %s%s%s%s", plain, *err->details ? " (" : "", err->details,
		*err->details ? ")" : "");
	if (!is_usage)
		fprintf(stderr, " [code %d]", err->code);
	fputc('\n', stderr);
	if (is_about_file(context, err))
		fprintf(stderr, "  file: %s\n", context->file);
	if (hint)
		fprintf(stderr, "  try: %s\n", hint);
}

void report_warnings(const struct options *options, const struct cni_warnings *warnings)
{
	/* Both outputs may lead to one file, and the rest of a long one is still here. */
	if (warnings->count)
		fflush(stdout);
	for (size_t i = 0; i < warnings->count; i++) {
		freeing char *plain = plain_words(warnings->items[i], options->verbose);
		bool is_first = true;
		size_t count = 0;

		for (size_t j = 0; j < warnings->count; j++) {
			if (strcmp(warnings->items[i], warnings->items[j]) != 0)
				continue;
			is_first &= j >= i;
			count++;
		}
		if (is_first && count == 1)
			fprintf(stderr, "cnitool: warning: %s\n", plain);
		else if (is_first)
			fprintf(stderr, "cnitool: warning: %s (%zu times)\n", plain, count);
	}
}
