/* SPDX-License-Identifier: Apache-2.0 */
#include "lock_holder.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define PROC_FILE_MAX ((size_t)4 * 1024 * 1024)

/* proc(5), /proc/[pid]/stat: the 22nd field, counted here from the one after the name. */
#define START_TIME_FIELD 20

static char *read_proc(const char *path)
{
	struct cni_error ignored;
	char *text = NULL;
	size_t size;

	return cni_file_read_at(AT_FDCWD, path, false, PROC_FILE_MAX, &text, &size, &ignored) < 0
		       ? NULL
		       : text;
}

/* The next word of a line, or NULL. */
static const char *next_word(char **line)
{
	const char *word;

	do
		word = strsep(line, " ");
	while (word && !*word);
	return word;
}

/* "1: FLOCK  ADVISORY  WRITE 4711 fe:00:131 0 EOF"; those who wait have "->" after the number. The
 * device is not compared: what stat(2) says of it is not what the kernel says here on all file
 * systems. */
static long pid_of_line(char *line, uintmax_t ino)
{
	const char *pid;
	const char *file;

	next_word(&line);
	if (strcmp(next_word(&line) ?: "", "FLOCK") != 0)
		return 0;
	next_word(&line);
	next_word(&line);
	pid = next_word(&line);
	file = next_word(&line);
	file = file ? strrchr(file, ':') : NULL;
	return file && strtoumax(file + 1, NULL, 10) == ino ? strtol(pid, NULL, 10) : 0;
}

/* 0: not known, or of another pid namespace. */
static long find_pid(int fd)
{
	freeing char *locks = read_proc("/proc/locks");
	char *rest = locks;
	struct stat st;
	long pid = 0;

	if (!locks || fstat(fd, &st) < 0)
		return 0;
	while (pid <= 0 && rest)
		pid = pid_of_line(strsep(&rest, "\n"), st.st_ino);
	return pid;
}

/* The command's name is in parentheses and may hold some itself. */
static bool read_process(long pid, char name[32], double *ret_seconds)
{
	freeing char *path = cni_format("/proc/%ld/stat", pid);
	freeing char *text = read_proc(path);
	const char *open = text ? strchr(text, '(') : NULL;
	char *close = text ? strrchr(text, ')') : NULL;
	struct timespec now;
	const char *start = NULL;

	if (!open || !close || clock_gettime(CLOCK_BOOTTIME, &now) < 0)
		return false;
	*close++ = '\0';
	snprintf(name, 32, "%s", open + 1);
	for (int i = 0; i < START_TIME_FIELD; i++)
		start = next_word(&close);
	if (!start)
		return false;
	*ret_seconds = (double)now.tv_sec + (double)now.tv_nsec / 1e9 -
		       strtod(start, NULL) / (double)sysconf(_SC_CLK_TCK);
	return true;
}

const char *lock_holder_describe(int fd, unsigned int waited_ms, char text[LOCK_HOLDER_SIZE])
{
	long pid = find_pid(fd);
	double seconds = 0;
	char name[32];

	if (pid <= 0)
		snprintf(text, LOCK_HOLDER_SIZE, "a process that /proc/locks does not show");
	else if (!read_process(pid, name, &seconds))
		snprintf(text, LOCK_HOLDER_SIZE, "process %ld", pid);
	else
		snprintf(text, LOCK_HOLDER_SIZE,
			 "process %ld (%s), for at least %.1f s; that process has run for %.1f s",
			 pid, name, waited_ms / 1000.0, seconds);
	return text;
}
