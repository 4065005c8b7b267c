/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What is printed is JSON and what is logged is a line: neither wants control characters. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

int cni_fail(struct cni_error *err, int code, const char *fmt, ...)
{
	va_list args;

	*err = (struct cni_error){.code = code};
	va_start(args, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, args);
	va_end(args);
	make_printable(err->msg);
	return -1;
}

int cni_fail_errno(struct cni_error *err, int code, int errnum, const char *fmt, ...)
{
	char text[sizeof(err->msg)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	cni_fail(err, code, "%s: %s", text, strerror(errnum));
	err->errnum = errnum;
	return -1;
}

int cni_fail_within(struct cni_error *err, const char *fmt, ...)
{
	char context[sizeof(err->msg)];
	char inner[sizeof(err->msg)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(context, sizeof(context), fmt, args);
	va_end(args);
	memcpy(inner, err->msg, sizeof(inner));
	if (snprintf(err->msg, sizeof(err->msg), "%s: %s", context, inner) < 0)
		err->msg[0] = '\0';
	make_printable(err->msg);
	return -1;
}

int cni_fail_details(struct cni_error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->details, sizeof(err->details), fmt, args);
	va_end(args);
	make_printable(err->details);
	return -1;
}

int cni_fail_first(struct cni_error *first, const struct cni_error *next)
{
	if (!first->code)
		*first = *next;
	return -1;
}
