/* SPDX-License-Identifier: Apache-2.0 */
/* strerror(3) with the texts that administrators know from Linux, where musl has others: error messages are searched
 * for and are the same in each build. The linker leads our calls here (--wrap). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

char *__real_strerror(int number);
char *__wrap_strerror(int number);

/* Errors of system calls for which musl 1.2.3 has no text or another one. */
static const struct {
	int number;
	const char *text;
} texts[] = {
	{EIO, "Input/output error"},
	{ECHILD, "No child processes"},
	{ENOMEM, "Cannot allocate memory"},
	{EBUSY, "Device or resource busy"},
	{EXDEV, "Invalid cross-device link"},
	{EMFILE, "Too many open files"},
	{ENOTTY, "Inappropriate ioctl for device"},
	{ESPIPE, "Illegal seek"},
	{ERANGE, "Numerical result out of range"},
	{EDEADLK, "Resource deadlock avoided"},
	{ENAMETOOLONG, "File name too long"},
	{ELOOP, "Too many levels of symbolic links"},
	{ETIME, "Timer expired"},
	{ENOTUNIQ, "Name not unique on network"},
	{EOVERFLOW, "Value too large for defined data type"},
	{ERESTART, "Interrupted system call should be restarted"},
	{ENOTSOCK, "Socket operation on non-socket"},
	{EMSGSIZE, "Message too long"},
	{EOPNOTSUPP, "Operation not supported"},
	{EADDRINUSE, "Address already in use"},
	{EADDRNOTAVAIL, "Cannot assign requested address"},
	{ENETUNREACH, "Network is unreachable"},
	{ENETRESET, "Network dropped connection on reset"},
	{ECONNABORTED, "Software caused connection abort"},
	{EISCONN, "Transport endpoint is already connected"},
	{ENOTCONN, "Transport endpoint is not connected"},
	{ESHUTDOWN, "Cannot send after transport endpoint shutdown"},
	{ETOOMANYREFS, "Too many references: cannot splice"},
	{ETIMEDOUT, "Connection timed out"},
	{EHOSTUNREACH, "No route to host"},
	{EINPROGRESS, "Operation now in progress"},
	{EUCLEAN, "Structure needs cleaning"},
	{EDQUOT, "Disk quota exceeded"},
	{ERFKILL, "Operation not possible due to RF-kill"},
	{EUSERS, "Too many users"},
};

char *__wrap_strerror(int number)
{
	static char unknown[32];
	char *text = __real_strerror(number);

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].number == number)
			return (char *)texts[i].text;
	/* The kernel's own numbers, such as 524. */
	if (!strcmp(text, "No error information") && number) {
		snprintf(unknown, sizeof(unknown), "Unknown error %d", number);
		return unknown;
	}
	return text;
}
