/* SPDX-License-Identifier: Apache-2.0 */
#include "firewalld.h"

#include "dbus.h"

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
	return cni_fail_within(err, "firewalld is not running");
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

static bool is_absent(const struct cni_dbus_answer *answer)
{
	return !strcmp(answer->error, "org.freedesktop.DBus.Error.ServiceUnknown") ||
	       !strcmp(answer->error, "org.freedesktop.DBus.Error.NameHasNoOwner");
}

static bool says(const struct cni_dbus_answer *answer, const char *word)
{
	return strstr(answer->text, word) || strstr(answer->error, word);
}

/* Calls a method of zones for one source. */
struct request {
	const char *member;
	const char *zone;
	char source[CNI_NET_TEXT_SIZE];
};

static int refuse(const struct request *request, const struct cni_dbus_answer *answer,
		  struct cni_error *err)
{
	if (is_absent(answer))
		return cni_fail(err, CNI_EMISSING, "firewalld is not running");
	return cni_fail(err, CNI_EDELEGATE, "firewalld: %s %s %s: %s", request->member,
			request->zone, request->source,
			*answer->text ? answer->text : answer->error);
}

/* Calls the method for each address and judges the answers, a missing firewalld included. */
static int for_each_source(const char *member, const char *zone, const struct cni_ip *addresses,
			   size_t count,
			   int (*judge)(const struct request *, const struct cni_dbus_answer *,
					struct cni_error *),
			   struct cni_error *err)
{
	closing_dbus struct cni_dbus bus = {.connection = NULL};

	if (open_bus(&bus, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct request request = {.member = member, .zone = zone};
		const struct cni_dbus_call call = {.destination = name,
						   .path = "/org/fedoraproject/FirewallD1",
						   .interface = "org.fedoraproject.FirewallD1.zone",
						   .member = member,
						   .arguments = {zone, request.source}};
		struct cni_dbus_answer answer;

		format_source(&addresses[i], request.source);
		if (cni_dbus_call(&bus, &call, &answer, err) < 0)
			return cni_fail_within(err, "firewalld");
		if (judge(&request, &answer, err) < 0)
			return -1;
	}
	return 0;
}

static int judge_added(const struct request *request, const struct cni_dbus_answer *answer,
		       struct cni_error *err)
{
	if (!*answer->error || says(answer, "ZONE_ALREADY_SET"))
		return 0;
	return refuse(request, answer, err);
}

int cni_firewalld_add(const char *zone, const struct cni_ip *addresses, size_t count,
		      struct cni_error *err)
{
	return for_each_source("addSource", zone, addresses, count, judge_added, err);
}

static int judge_listed(const struct request *request, const struct cni_dbus_answer *answer,
			struct cni_error *err)
{
	if (!*answer->error && answer->flag)
		return 0;
	return cni_fail(err, CNI_EMISMATCH,
			"firewall: %s is not a source of the zone '%s' of firewalld, "
			"expected it there%s%s",
			request->source, request->zone, *answer->text ? ": " : "", answer->text);
}

int cni_firewalld_check(const char *zone, const struct cni_ip *addresses, size_t count,
			struct cni_error *err)
{
	return for_each_source("querySource", zone, addresses, count, judge_listed, err);
}

/* Succeeds if the answer means that the zone does not have the source. */
static int judge_removed(const struct request *request, const struct cni_dbus_answer *answer,
			 struct cni_error *err)
{
	static const char *const words[] = {"UNKNOWN_SOURCE", "ZONE_CONFLICT", "INVALID_ZONE",
					    "NOT_ENABLED"};

	if (!*answer->error || is_absent(answer))
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (says(answer, words[i]))
			return 0;
	return refuse(request, answer, err);
}

int cni_firewalld_del(const char *zone, const struct cni_ip *addresses, size_t count,
		      struct cni_error *err)
{
	if (for_each_source("removeSource", zone, addresses, count, judge_removed, err) == 0)
		return 0;
	return err->code == CNI_EMISSING ? 0 : -1;
}
