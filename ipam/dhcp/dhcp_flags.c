/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_flags.h"

#include <stdlib.h>
#include <string.h>

#define DAY 86400000.0

static const struct dhcp_flags defaults = {
	.pidfile = "",
	.host_prefix = "",
	.socket = DHCP_SOCKET,
	.timeout = 10000,
	.resend_max = 62000,
	.resend_timeout = 208000,
};

bool dhcp_duration_parse(const char *text, uint32_t *ret_milliseconds)
{
	static const struct {
		const char *unit;
		double milliseconds;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
	double sum = 0;

	while (*text) {
		char *unit;
		double number = strtod(text, &unit);
		double factor = 0;

		if (unit == text || !(number >= 0))
			return false;
		for (size_t i = 0; i < sizeof(units) / sizeof(*units) && factor <= 0; i++)
			if (!strncmp(unit, units[i].unit, strlen(units[i].unit))) {
				factor = units[i].milliseconds;
				unit += strlen(units[i].unit);
			}
		if (factor <= 0)
			return false;
		sum += number * factor;
		text = unit;
	}
	if (!(sum >= 1 && sum <= DAY))
		return false;
	*ret_milliseconds = (uint32_t)sum;
	return true;
}

/* ---- one flag ---- */

struct flag {
	const char *name;
	const char **text;
	uint32_t *duration;
	bool *on;
};

static int set(const struct flag *flag, const char *value, struct cni_error *err)
{
	if (flag->text)
		*flag->text = value;
	else if (flag->on && (!strcmp(value, "true") || !strcmp(value, "1")))
		*flag->on = true;
	else if (flag->on && (!strcmp(value, "false") || !strcmp(value, "0")))
		*flag->on = false;
	else if (flag->on)
		return cni_fail(err, CNI_ECONFIG, "-%s is \"%.64s\", expected true or false",
				flag->name, value);
	else if (!dhcp_duration_parse(value, flag->duration))
		return cni_fail(err, CNI_ECONFIG,
				"-%s is \"%.64s\", expected a duration such as 10s or 1m30s, from "
				"1ms to 24h",
				flag->name, value);
	return 0;
}

/* Reads the flag at `*arguments` and goes on to the next. */
static int read_flag(const struct flag *flags, const char *const **arguments, struct cni_error *err)
{
	const char *word = *(*arguments)++;
	const char *name = word + strspn(word, "-");
	size_t length = strcspn(name, "=");

	if (*word != '-' || name - word > 2)
		return cni_fail(err, CNI_ECONFIG, "\"%.64s\" is no flag", word);
	for (; flags->name; flags++)
		if (strlen(flags->name) == length && !strncmp(flags->name, name, length))
			break;
	if (!flags->name)
		return cni_fail(err, CNI_ECONFIG, "\"%.64s\" is no flag of `dhcp daemon`", word);
	if (name[length])
		return set(flags, name + length + 1, err);
	if (flags->on)
		return set(flags, "true", err);
	if (!**arguments)
		return cni_fail(err, CNI_ECONFIG, "-%s needs a value", flags->name);
	return set(flags, *(*arguments)++, err);
}

int dhcp_flags_read(const char *const *arguments, struct dhcp_flags *ret_flags,
		    struct cni_error *err)
{
	const struct flag flags[] = {
		{"pidfile", .text = &ret_flags->pidfile},
		{"hostprefix", .text = &ret_flags->host_prefix},
		{"socketpath", .text = &ret_flags->socket},
		{"broadcast", .on = &ret_flags->broadcast},
		{"timeout", .duration = &ret_flags->timeout},
		{"resendmax", .duration = &ret_flags->resend_max},
		{"resendtimeout", .duration = &ret_flags->resend_timeout},
		{NULL},
	};

	*ret_flags = defaults;
	while (*arguments)
		if (read_flag(flags, &arguments, err) < 0)
			return -1;
	if (!*ret_flags->socket)
		ret_flags->socket = defaults.socket;
	if (*ret_flags->pidfile && *ret_flags->pidfile != '/')
		return cni_fail(err, CNI_ECONFIG,
				"-pidfile is \"%.64s\", expected an absolute path",
				ret_flags->pidfile);
	return 0;
}
