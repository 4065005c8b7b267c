/* SPDX-License-Identifier: Apache-2.0 */
#include "firewalld.h"

#include "dbus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEADLINE_MS 10000

static const char name[] = "org.fedoraproject.FirewallD1";

static int open_bus(struct cni_dbus *ret_bus, struct cni_error *err)
{
	if (cni_dbus_open(ret_bus, DEADLINE_MS, err) == 0)
		return 0;
	if (err->code != CNI_EMISSING)
		return cni_fail_within(err, "firewalld");
	return cni_fail_within(err, err->errnum == ELIBACC ? "firewalld needs libdbus-1"
							   : "firewalld is not running");
}

int cni_firewalld_status(struct cni_error *err)
{
	static const struct cni_dbus_call has_owner = {.destination = "org.freedesktop.DBus",
						       .path = "/org/freedesktop/DBus",
						       .interface = "org.freedesktop.DBus",
						       .member = "NameHasOwner",
						       .arguments = {name}};
	closing_dbus struct cni_dbus bus = {.connection = NULL};
	struct cni_dbus_answer answer;

	if (open_bus(&bus, err) < 0)
		return -1;
	if (cni_dbus_call(&bus, &has_owner, &answer, err) < 0)
		return cni_fail_within(err, "firewalld");
	return answer.flag ? 0 : cni_fail(err, CNI_EMISSING, "firewalld is not running");
}

/* "10.1.0.7/32" */
static const char *format_source(const struct cni_ip *ip, char text[CNI_NET_TEXT_SIZE])
{
	struct cni_net net = {*ip, (uint8_t)cni_ip_bits(ip)};

	return cni_net_format(&net, text);
}

/* Asks firewalld. That it is not there is an answer as well. */
static int ask(struct cni_dbus *bus, const char *member, const char *zone, const char *source,
	       struct cni_dbus_answer *ret_answer, struct cni_error *err)
{
	const struct cni_dbus_call call = {.destination = name,
					   .path = "/org/fedoraproject/FirewallD1",
					   .interface = "org.fedoraproject.FirewallD1.zone",
					   .member = member,
					   .arguments = {zone, source}};

	return cni_dbus_call(bus, &call, ret_answer, err);
}

static bool is_absent(const struct cni_dbus_answer *answer)
{
	return !strcmp(answer->error, "org.freedesktop.DBus.Error.ServiceUnknown") ||
	       !strcmp(answer->error, "org.freedesktop.DBus.Error.NameHasNoOwner");
}

static bool says(const struct cni_dbus_answer *answer, const char *word)
{
	return strstr(answer->text, word) || strstr(answer->error, word);
}

static int refuse(const struct cni_dbus_answer *answer, const char *member, const char *zone,
		  const char *source, struct cni_error *err)
{
	if (is_absent(answer))
		return cni_fail(err, CNI_EMISSING, "firewalld is not running");
	return cni_fail(err, CNI_EDELEGATE, "firewalld: %s %s %s: %s", member, zone, source,
			*answer->text ? answer->text : answer->error);
}

int cni_firewalld_add(const char *zone, const struct cni_ip *addresses, size_t count,
		      struct cni_error *err)
{
	closing_dbus struct cni_dbus bus = {.connection = NULL};

	if (open_bus(&bus, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		char source[CNI_NET_TEXT_SIZE];
		struct cni_dbus_answer answer;

		format_source(&addresses[i], source);
		if (ask(&bus, "addSource", zone, source, &answer, err) < 0)
			return cni_fail_within(err, "firewalld");
		if (*answer.error && !says(&answer, "ZONE_ALREADY_SET"))
			return refuse(&answer, "addSource", zone, source, err);
	}
	return 0;
}

int cni_firewalld_check(const char *zone, const struct cni_ip *addresses, size_t count,
			struct cni_error *err)
{
	closing_dbus struct cni_dbus bus = {.connection = NULL};

	if (open_bus(&bus, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		char source[CNI_NET_TEXT_SIZE];
		struct cni_dbus_answer answer;

		format_source(&addresses[i], source);
		if (ask(&bus, "querySource", zone, source, &answer, err) < 0)
			return cni_fail_within(err, "firewalld");
		if (!*answer.error && answer.flag)
			continue;
		return cni_fail(err, CNI_EMISMATCH,
				"firewall: %s is not a source of the zone '%s' of firewalld, "
				"expected it there%s%s",
				source, zone, *answer.text ? ": " : "", answer.text);
	}
	return 0;
}

/* Is what it says as good as having removed it? */
static bool is_gone(const struct cni_dbus_answer *answer)
{
	static const char *const words[] = {"UNKNOWN_SOURCE", "ZONE_CONFLICT", "INVALID_ZONE",
					    "NOT_ENABLED"};

	if (!*answer->error || is_absent(answer))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (says(answer, words[i]))
			return true;
	return false;
}

int cni_firewalld_del(const char *zone, const struct cni_ip *addresses, size_t count,
		      struct cni_error *err)
{
	closing_dbus struct cni_dbus bus = {.connection = NULL};

	if (open_bus(&bus, err) < 0)
		return err->code == CNI_EMISSING ? 0 : -1;
	for (size_t i = 0; i < count; i++) {
		char source[CNI_NET_TEXT_SIZE];
		struct cni_dbus_answer answer;

		format_source(&addresses[i], source);
		if (ask(&bus, "removeSource", zone, source, &answer, err) < 0)
			return cni_fail_within(err, "firewalld");
		if (!is_gone(&answer))
			return refuse(&answer, "removeSource", zone, source, err);
	}
	return 0;
}
