/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The bytes of the character at `text` (RFC 3629), or 0 if it is not UTF-8. */
static size_t character_size(const unsigned char *text)
{
	size_t size = *text < 0x80   ? 1
		      : *text < 0xc2 ? 0
		      : *text < 0xe0 ? 2
		      : *text < 0xf0 ? 3
		      : *text < 0xf5 ? 4
				     : 0;

	for (size_t i = 1; i < size; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong, half of a surrogate pair, past the last character. */
	if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xed && text[1] >= 0xa0) ||
	    (*text == 0xf0 && text[1] < 0x90) || (*text == 0xf4 && text[1] >= 0x90))
		return 0;
	return size;
}

/* Neither JSON nor a line of a log may hold control characters, and both are UTF-8, which names
 * made by others and cut text need not be. */
static void make_printable(char *text)
{
	while (*text) {
		size_t size = character_size((const unsigned char *)text);

		if (!size || (unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
		text += size ? size : 1;
	}
}

__attribute__((format(printf, 3, 0))) static void fail(struct cni_error *err, int code,
						       const char *fmt, va_list args)
{
	*err = (struct cni_error){.code = code};
	vsnprintf(err->msg, sizeof(err->msg), fmt, args);
	make_printable(err->msg);
}

int cni_fail(struct cni_error *err, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fail(err, code, fmt, args);
	va_end(args);
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

void cni_fail_first(struct cni_error *first, const struct cni_error *next)
{
	if (!first->code)
		*first = *next;
}

int cni_fail_if_any(const struct cni_error *first, struct cni_error *err)
{
	if (!first->code)
		return 0;
	*err = *first;
	return -1;
}

int cni_fail_missing(struct cni_error *err, int code, const char *fmt, ...)
{
	va_list args;

	if (err->errnum != ENODEV && err->errnum != ENOENT)
		return -1;
	va_start(args, fmt);
	fail(err, code, fmt, args);
	va_end(args);
	return -1;
}

static const char *version_of_death = "1.1.0";

void cni_die_with_version(const char *version)
{
	version_of_death = version;
}

_Noreturn void cni_die(int code, const char *text)
{
	char json[512];
	int size = snprintf(json, sizeof(json),
			    "{\n    \"cniVersion\": \"%s\",\n    \"code\": %d,\n    \"msg\": "
			    "\"%s\"\n}\n",
			    version_of_death, code, text);

	if (write(STDOUT_FILENO, json, (size_t)size) < 0)
		_exit(1);
	_exit(1);
}
