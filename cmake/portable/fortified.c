/* SPDX-License-Identifier: Apache-2.0 */
/* Names of glibc that Debian's libmnl.a and libnftnl.a call (they are compiled with _FORTIFY_SOURCE), and that musl
 * lacks. The size of the destination is checked, as glibc's functions do: snprintf(3) with a size beyond it stops the
 * process. See the Linux Standard Base, __snprintf_chk and __fprintf_chk. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int __snprintf_chk(char *text, size_t size, int flag, size_t room, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
int __fprintf_chk(FILE *out, int flag, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

int __snprintf_chk(char *text, size_t size, int flag, size_t room, const char *fmt, ...)
{
	va_list args;
	int length;

	(void)flag;
	if (size > room)
		abort();
	va_start(args, fmt);
	length = vsnprintf(text, size, fmt, args);
	va_end(args);
	return length;
}

int __fprintf_chk(FILE *out, int flag, const char *fmt, ...)
{
	va_list args;
	int length;

	(void)flag;
	va_start(args, fmt);
	length = vfprintf(out, fmt, args);
	va_end(args);
	return length;
}
