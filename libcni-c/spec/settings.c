/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define FILE_MAX 4096
#define BLANKS	 " \t\r"

const struct cni_setting cni_setting_rows[] = {
	CNI_SETTING("counters", "CNI_C_COUNTERS", counters, "yes, on, true or 1", "no",
		    "Counts the calls of each plugin, their failures and their durations, below "
		    "/run/cni/counters"),
	CNI_SETTING("log", "CNI_C_LOG", log, "an absolute path, journal or stderr", "none",
		    "A line of JSON for each call: appended to the file, sent to systemd's "
		    "journal, or printed on "
		    "standard error"),
	{.key = NULL},
};

void cni_setting_read_switch(const char *text, void *member)
{
	static const char *const words[] = {"yes", "1", "true", "on"};
	bool yes = false;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		yes |= !strcasecmp(text, words[i]);
	*(bool *)member = yes;
}

/* A text that does not fit is none. */
void cni_setting_read_text(const char *text, void *member)
{
	size_t size = strlen(text) + 1;

	if (size <= CNI_SETTINGS_TEXT_SIZE)
		memcpy(member, text, size);
	else
		*(char *)member = '\0';
}

static void read_value(const struct cni_setting *row, const char *text,
		       struct cni_settings *settings)
{
	row->read(text, (char *)settings + row->offset);
}

static void trim_end(char *text)
{
	size_t length = strlen(text);

	while (length && strchr(BLANKS, text[length - 1]))
		text[--length] = '\0';
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
	for (const struct cni_setting *row = cni_setting_rows; row->key; row++)
		if (!strcmp(line, row->key))
			read_value(row, value, settings);
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

static bool has_all_variables(void)
{
	for (const struct cni_setting *row = cni_setting_rows; row->key; row++)
		if (!getenv(row->variable))
			return false;
	return true;
}

void cni_settings_read(struct cni_settings *ret_settings)
{
	*ret_settings = (struct cni_settings){.counters = false};
	if (!has_all_variables())
		read_file(ret_settings);
	for (const struct cni_setting *row = cni_setting_rows; row->key; row++)
		if (getenv(row->variable))
			read_value(row, getenv(row->variable), ret_settings);
}
