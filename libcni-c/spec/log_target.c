/* SPDX-License-Identifier: Apache-2.0 */
#include "log_target.h"

#include "cleanup.h"
#include "mem.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define JOURNAL "/run/systemd/journal/socket"

/* Levels of syslog(3). */
#define LEVEL_ERROR 3
#define LEVEL_INFO  6

/* A limit on the size of files (RLIMIT_FSIZE) would end the process. */
static void write_once(int fd, const char *text)
{
	ssize_t ignored;

	signal(SIGXFSZ, SIG_IGN);
	ignored = write(fd, text, strlen(text));
	(void)ignored;
}

static void put_file(const char *path, const char *text)
{
	closing int fd =
		open(path,
		     O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		     0600);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		write_once(fd, text);
}

static void put_journal(const char *line, const char *type, bool is_failure)
{
	freeing char *text = cni_format("MESSAGE=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=cni-%s\n", line,
					is_failure ? LEVEL_ERROR : LEVEL_INFO, type);
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = JOURNAL};
	closing int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0)
		sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&address,
		       sizeof(address));
}

void cni_log_put(const char *target, const char *line, const char *type, bool is_failure)
{
	freeing char *text = cni_format("%s\n", line);

	if (*target == '/')
		put_file(target, text);
	else if (!strcmp(target, "journal"))
		put_journal(line, type, is_failure);
	else if (!strcmp(target, "stderr"))
		write_once(STDERR_FILENO, text);
}
