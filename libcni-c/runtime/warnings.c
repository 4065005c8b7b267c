/* SPDX-License-Identifier: Apache-2.0 */
#include "warnings.h"

#include "mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void cni_warn(struct cni_warnings *warnings, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	int length;

	if (!warnings)
		return;
	va_start(args, fmt);
	length = vasprintf(&text, fmt, args);
	va_end(args);
	if (length < 0)
		cni_out_of_memory();
	warnings->items =
		cni_realloc_array(warnings->items, warnings->count + 1, sizeof(*warnings->items));
	warnings->items[warnings->count++] = text;
}

void cni_warn_error(struct cni_warnings *warnings, const struct cni_error *err)
{
	cni_warn(warnings, "%s%s%s%s", err->msg, *err->details ? " (" : "", err->details,
		 *err->details ? ")" : "");
}

void cni_warnings_clear(struct cni_warnings *warnings)
{
	for (size_t i = 0; i < warnings->count; i++)
		free(warnings->items[i]);
	free(warnings->items);
	*warnings = (struct cni_warnings){0};
}
