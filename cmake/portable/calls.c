/* SPDX-License-Identifier: Apache-2.0 */
/* open(2) and socket(2) with one system call each: the linker leads our calls here (--wrap).
 *
 * After O_CLOEXEC, musl's open() sets the flag once more, for kernels before 2.6.23; its openat() does not. Its
 * socket() tries again without SOCK_CLOEXEC after EPROTONOSUPPORT, for kernels before 2.6.27. */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

int __wrap_open(const char *path, int flags, ...);
int __wrap_socket(int family, int type, int protocol);

int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return openat(AT_FDCWD, path, flags, mode);
}

int __wrap_socket(int family, int type, int protocol)
{
	return (int)syscall(SYS_socket, family, type, protocol);
}
