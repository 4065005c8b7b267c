/* SPDX-License-Identifier: Apache-2.0 */
/* The group host: settings that decide where packets of containers go. */
#include "checks.h"
#include "cleanup.h"
#include "doctor.h"
#include "list_facts.h"
#include "mem.h"
#include "nl.h"
#include "route.h"
#include "route_main.h"

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#define SYS "/proc/sys/net/"

/* 0 where there is no such file. */
static long read_setting(const char *family, const char *interface, const char *key)
{
	freeing char *text = doctor_read_word(SYS "%s/conf/%s/%s", family, interface, key);

	return text ? strtol(text, NULL, 10) : 0;
}

/* ---- forwarding ---- */

static bool has_family(const struct doctor_attachment *attachment, int family)
{
	freeing struct cni_net *addresses = NULL;
	size_t count = doctor_addresses(attachment, &addresses);

	for (size_t i = 0; i < count; i++)
		if (addresses[i].ip.family == family)
			return true;
	return false;
}

static void look_at_forwarding(struct doctor *doctor, int family, const char *key)
{
	freeing char *value = doctor_read_word("/proc/sys/%s", key);

	if (!value || strcmp(value, "0") != 0)
		return;
	for (size_t i = 0; i < doctor->attachment_count; i++) {
		const struct doctor_attachment *attachment = &doctor->attachments[i];
		freeing char *command =
			cni_format("cnitool reconcile %s", attachment->cached->network);
		const struct finding_words words = {
			.where = key,
			.so = "the containers reach nothing beyond the host",
			.try = command,
			.attachment = attachment->owner,
		};

		if (attachment->life == CNI_NAMESPACE_LIVES && doctor_forwards(&attachment->list) &&
		    has_family(attachment, family))
			doctor_find(doctor, FINDING_FAILURE, &words,
				    "sysctl '%s' is 0: the host does not forward packets", key);
	}
}

void check_forwarding(struct doctor *doctor)
{
	look_at_forwarding(doctor, AF_INET, "net/ipv4/ip_forward");
	look_at_forwarding(doctor, AF_INET6, "net/ipv6/conf/all/forwarding");
}

/* ---- rp_filter ---- */

/* The kernel takes the greater of both (rp_filter in its Documentation/networking/ip-sysctl.rst). */
static bool is_strict(const char *interface)
{
	long all = read_setting("ipv4", "all", "rp_filter");
	long own = read_setting("ipv4", interface, "rp_filter");

	return (own > all ? own : all) == 1;
}

/* True if the name is the bridge's, or that of its interface in a VLAN: "br0.100". */
static bool is_at(const char *name, const char *interface)
{
	size_t length = strlen(interface);

	return !strncmp(name, interface, length) && (!name[length] || name[length] == '.');
}

static void look_at_way(struct doctor *doctor, struct cni_nl *nl,
			const struct doctor_attachment *attachment, const struct cni_ip *ip)
{
	const char *interface = doctor_interface(attachment);
	const struct finding_words words = {
		.where = interface,
		.so = "the kernel drops what the container sends: rp_filter is strict there",
		.try = "give each network a subnet of its own, or set rp_filter to 2 (loose)",
		.attachment = attachment->owner,
	};
	struct cni_route_way way;
	struct cni_error ignored;
	char name[IF_NAMESIZE];
	char text[CNI_IP_TEXT_SIZE];

	if (cni_route_get(nl, ip, &way, &ignored) < 0 || way.is_local ||
	    !if_indextoname((unsigned int)way.index, name) || is_at(name, interface))
		return;
	doctor_find(doctor, FINDING_FAILURE, &words,
		    "the host's route to %s leads by '%s', but its packets come by '%s'",
		    cni_ip_format(ip, text), name, interface);
}

void check_rp_filter(struct doctor *doctor)
{
	closing_nl struct cni_nl nl = {.socket = NULL};
	struct cni_error err;

	if (cni_nl_open(&nl, NETLINK_ROUTE, -1, &err) < 0) {
		doctor_find_error(doctor, FINDING_UNSEEN, NULL, &err);
		return;
	}
	for (size_t i = 0; i < doctor->attachment_count; i++) {
		const struct doctor_attachment *attachment = &doctor->attachments[i];
		freeing struct cni_net *addresses = NULL;
		size_t count;

		if (attachment->life != CNI_NAMESPACE_LIVES ||
		    !doctor_forwards(&attachment->list) || !*doctor_interface(attachment) ||
		    !is_strict(doctor_interface(attachment)))
			continue;
		count = doctor_addresses(attachment, &addresses);
		for (size_t j = 0; j < count; j++)
			if (addresses[j].ip.family == AF_INET)
				look_at_way(doctor, &nl, attachment, &addresses[j].ip);
	}
}

/* ---- bridge-nf-call-iptables ---- */

static bool isolates(const struct cni_conflist *list)
{
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, list->plugins) {
		const char *policy = cni_json_get_string(plugin, "ingressPolicy");

		if (!strcmp(cni_conflist_type(plugin), "firewall") && policy &&
		    !strcmp(policy, "isolated"))
			return true;
	}
	return false;
}

static bool has_port_isolation(const struct cni_conflist *list)
{
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, list->plugins) {
		if (cJSON_IsTrue(cni_json_get(plugin, "portIsolation")) ||
		    !strcmp(cni_conflist_type(plugin), "ptp"))
			return true;
	}
	return false;
}

void check_bridge_netfilter(struct doctor *doctor)
{
	freeing char *value = doctor_read_word(SYS "bridge/bridge-nf-call-iptables");

	if (value && !strcmp(value, "1"))
		return;
	for (size_t i = 0; i < doctor->network_count; i++) {
		const struct cni_conflist *list = &doctor->networks[i]->tool.list;
		freeing char *where = cni_format("network '%s'", doctor->networks[i]->name);
		const struct finding_words words = {
			.where = where,
			.so = "containers on one bridge reach each other",
			.try = "modprobe br_netfilter; sysctl -w "
			       "net.bridge.bridge-nf-call-iptables=1; "
			       "or 'portIsolation' of the plugin bridge",
		};

		if (isolates(list) && !has_port_isolation(list))
			doctor_find(
				doctor, FINDING_WARNING, &words,
				"'ingressPolicy' is \"isolated\", and bridge-nf-call-iptables is "
				"%s",
				value ? value : "not there: br_netfilter is not loaded");
	}
}

/* ---- accept_ra ---- */

/* A network that is, or will be, the reason to forward IPv6. */
static bool wants_v6(const struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->network_count; i++) {
		const struct cni_conflist *list = &doctor->networks[i]->tool.list;

		if (doctor_forwards(list) && list_has_family(list->plugins, AF_INET6))
			return true;
	}
	return false;
}

static void look_at_uplink(struct doctor *doctor, const char *interface, bool forwards)
{
	freeing char *command = cni_format("sysctl -w net.ipv6.conf.%s.accept_ra=2", interface);
	const struct finding_words words = {
		.where = interface,
		.so = forwards ? "a host that forwards takes no router advertisements: the route "
				 "is gone, "
				 "or will be"
			       : "the first ADD turns on forwarding, and the kernel then removes "
				 "the "
				 "route",
		.try = command,
	};

	if (read_setting("ipv6", interface, "accept_ra") == 1)
		doctor_find(doctor, FINDING_WARNING, &words,
			    "the IPv6 default route by '%s' comes from router advertisements, and "
			    "accept_ra is 1, where 2 is needed",
			    interface);
}

/* The kernel removes such routes when it begins to forward (rt6_purge_dflt_routers() in its net/ipv6/route.c). A
 * lasting address was not made from an advertisement: IFA_F_PERMANENT in /proc/net/if_inet6. */
static void look_for_lost(struct doctor *doctor)
{
	enum { ADDRESS, INDEX, PREFIX, SCOPE, FLAGS, NAME, FIELDS };
	freeing char *text = doctor_read_text("/proc/net/if_inet6");
	char *rest = text;

	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		const char *fields[FIELDS] = {NULL};
		size_t count = 0;

		for (char *word = strsep(&line, " "); word; word = strsep(&line, " "))
			if (*word && count < FIELDS)
				fields[count++] = word;
		if (count == FIELDS && strtoul(fields[SCOPE], NULL, 16) == 0 &&
		    !(strtoul(fields[FLAGS], NULL, 16) & IFA_F_PERMANENT))
			look_at_uplink(doctor, fields[NAME], true);
	}
}

void check_accept_ra(struct doctor *doctor)
{
	bool has_default = false;
	bool forwards = read_setting("ipv6", "all", "forwarding") == 1;
	struct cni_main_routes routes = {.count = 0};
	closing_nl struct cni_nl nl = {.socket = NULL};
	struct cni_error err;

	if (!wants_v6(doctor))
		return;
	if (cni_nl_open(&nl, NETLINK_ROUTE, -1, &err) < 0 ||
	    cni_main_routes(&nl, &routes, &err) < 0) {
		doctor_find_error(doctor, FINDING_UNSEEN, NULL, &err);
		return;
	}
	for (size_t i = 0; i < routes.count; i++) {
		const struct cni_main_route *route = &routes.items[i];
		char name[IF_NAMESIZE];

		if (route->dst.ip.family != AF_INET6 || route->dst.prefix)
			continue;
		has_default = true;
		if (route->protocol == RTPROT_RA &&
		    if_indextoname((unsigned int)route->index, name))
			look_at_uplink(doctor, name, forwards);
	}
	if (forwards && !has_default)
		look_for_lost(doctor);
	cni_main_routes_clear(&routes);
}
