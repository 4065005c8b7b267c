/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define PATIENCE_S 60

static void await(bool (*is_so)(const void *), const void *data, const char *what)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	time_t start = time(NULL);

	while (!is_so(data)) {
		if (time(NULL) - start > PATIENCE_S)
			fail_msg("%s: not within %d s", what, PATIENCE_S);
		nanosleep(&moment, NULL);
	}
}

/* The state follows the name, which may hold anything, and its parenthesis. */
static bool sleeps(const void *path)
{
	FILE *file = fopen(path, "re");
	char line[512] = "";
	const char *end;

	if (!file)
		return true;
	if (!fgets(line, sizeof(line), file))
		*line = '\0';
	fclose(file);
	end = strrchr(line, ')');
	return !end || strchr("SZX", end[2]);
}

void process_await_sleep(pid_t pid)
{
	freeing char *path = cni_format("/proc/%d/stat", (int)pid);

	await(sleeps, path, "a process that sleeps");
}

/* "1: -> FLOCK  ADVISORY  WRITE 4242 00:1b:1234 0 EOF" */
static bool is_waited_for(const void *inode)
{
	FILE *file = fopen("/proc/locks", "re");
	char line[256];
	bool is_there = false;

	assert_non_null(file);
	while (!is_there && fgets(line, sizeof(line), file))
		is_there = strstr(line, "-> FLOCK") && strstr(line, inode);
	fclose(file);
	return is_there;
}

void process_await_waiter(const char *path)
{
	freeing char *inode = NULL;
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	inode = cni_format(":%lu ", (unsigned long)st.st_ino);
	await(is_waited_for, inode, path);
}
