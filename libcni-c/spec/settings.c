/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define FILE_MAX 4096
#define BLANKS	 " \t\r"

static bool is_yes(const char *text)
{
	static const char *const words[] = {"yes", "1", "true", "on"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	return false;
}

static void trim_end(char *text)
{
	size_t length = strlen(text);

	while (length && strchr(BLANKS, text[length - 1]))
		text[--length] = '\0';
}

/* A path that does not fit is none. */
static void set_log(const char *text, struct cni_settings *settings)
{
	size_t size = strlen(text) + 1;

	if (size <= sizeof(settings->log))
		memcpy(settings->log, text, size);
}

/* "key = value", in place. */
static void read_line(char *line, struct cni_settings *settings)
{
	char *value = strchr(line, '=');

	line += strspn(line, BLANKS);
	if (*line == '#' || !value)
		return;
	*value++ = '\0';
	value += strspn(value, BLANKS);
	trim_end(line);
	trim_end(value);
	if (!strcmp(line, "counters"))
		settings->counters = is_yes(value);
	if (!strcmp(line, "log"))
		set_log(value, settings);
}

static void read_file(struct cni_settings *settings)
{
	int fd = open(CNI_SETTINGS_FILE, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char text[FILE_MAX];
	ssize_t size;
	char *rest = text;

	if (fd < 0)
		return;
	size = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (size <= 0)
		return;
	text[size] = '\0';
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		read_line(line, settings);
}

void cni_settings_read(struct cni_settings *ret_settings)
{
	const char *counters = getenv("CNI_C_COUNTERS");
	const char *log = getenv("CNI_C_LOG");

	*ret_settings = (struct cni_settings){.counters = false};
	if (!counters || !log)
		read_file(ret_settings);
	if (counters)
		ret_settings->counters = is_yes(counters);
	if (log)
		*ret_settings->log = '\0';
	if (log)
		set_log(log, ret_settings);
}
