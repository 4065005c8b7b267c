/* SPDX-License-Identifier: Apache-2.0 */
#include "reservations.h"

#include "host_local_calls.h"
#include "sandbox.h"

#include "cleanup.h"
#include "mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Which container's the file is: "c1\r\neth0". */
static int holder_of(const char *name)
{
	freeing char *path = host_local_path(name);
	closing int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[64] = "";

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	if (*text != 'c' || strcmp(text + 2, "\r\neth0") != 0)
		fail_msg("'%s' holds \"%s\"", name, text);
	return text[1] - '0';
}

static bool begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

static void count(const char *name, struct reservations *reservations)
{
	if (!strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, "lock") ||
	    begins(name, "last_reserved_ip."))
		return;
	if (begins(name, ".reserving")) {
		reservations->temporary++;
	} else if (begins(name, "10.") || begins(name, "fd00:")) {
		reservations->of[holder_of(name)]++;
		reservations->all++;
	} else {
		fail_msg("there is a file '%s'", name);
	}
}

struct reservations reservations_read(void)
{
	struct reservations reservations = {0};
	freeing char *path = host_local_path("");
	DIR *dir = opendir(path);
	const struct dirent *found;

	while (dir && (found = readdir(dir)))
		count(found->d_name, &reservations);
	if (dir)
		closedir(dir);
	return reservations;
}

/* The names of a container's eth0 records, without ".N". */
static const char *digits_of(int container)
{
	static char digits[10][33];

	if (!*digits[container]) {
		freeing char *text =
			sandbox_read("printf c%d/eth0 | sha512sum | cut -c1-32", container);

		memcpy(digits[container], text, sizeof(*digits) - 1);
	}
	return digits[container];
}

static void assert_record(const char *dir, const char *name)
{
	freeing char *path = cni_format("%s/%s", dir, name);
	char text[200] = "";
	const char *digits;

	if (readlink(path, text, sizeof(text) - 1) < 0)
		fail_msg("the record '%s' is no link", name);
	text[strcspn(text, " ")] = '\0';
	digits = digits_of(holder_of(text));
	if (!begins(name, digits) || name[strlen(digits)] != '.')
		fail_msg("the record '%s' is of %s, whose record begins with %s", name, text,
			 digits);
}

void reservations_assert_recorded(void)
{
	freeing char *path = cni_format("%s/.cni-c/blue/owners", host_local_data_dir);
	size_t expected = reservations_read().all;
	DIR *dir = opendir(path);
	const struct dirent *found;
	size_t records = 0;

	while (dir && (found = readdir(dir))) {
		if (*found->d_name == '.')
			continue;
		assert_record(path, found->d_name);
		records++;
	}
	if (dir)
		closedir(dir);
	if (records != expected)
		fail_msg("%zu records of %zu reservations", records, expected);
}
