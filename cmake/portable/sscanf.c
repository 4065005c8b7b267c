/* SPDX-License-Identifier: Apache-2.0 */
/* sscanf(3) of one number, as cJSON calls it. musl's own reads all formats, and takes 4 KiB of each plugin. Another
 * format is a mistake in the program, and aborts. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int __wrap_sscanf(const char *text, const char *format, ...);

int __wrap_sscanf(const char *text, const char *format, ...)
{
	va_list args;
	double *number;
	char *end;

	if (strcmp(format, "%lg") != 0)
		abort();
	va_start(args, format);
	number = va_arg(args, double *);
	va_end(args);
	*number = strtod(text, &end);
	return end > text;
}
