/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_plugin.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "dhcp_asker.h"
#include "dhcp_conf.h"
#include "dhcp_house.h"
#include "dhcp_release.h"
#include "exec.h"
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The daemon gives up an ADD after DHCP_ADD_MS, 90 seconds. */
#define ADD_MS	 95000
#define OTHER_MS 10000

/* Each waits longer than the one that it asks: the error that is printed has the reason. */
_Static_assert(DHCP_ADD_MS < ADD_MS && ADD_MS < CNI_EXEC_DEADLINE_MS, "deadlines in order");

/* ---- ADD ---- */

/* The daemon may have another working directory. */
static char *absolute(const char *path)
{
	freeing char *directory = NULL;

	if (*path == '/')
		return cni_strdup(path);
	directory = getcwd(NULL, 0);
	return cni_format("%s/%s", directory ? directory : "", path);
}

static char *describe(const struct cni_call *call, const struct dhcp_conf *conf, uint8_t family)
{
	clearing_dhcp_record struct dhcp_record record = {
		.family = family, .probes = conf->probe, .priority = conf->priority};

	if (family == AF_INET6)
		record.six.identity = conf->identity;
	else
		record.identity.options = conf->options;
	record.place.netns = absolute(call->env.netns);
	snprintf(record.place.ifname, sizeof(record.place.ifname), "%s", call->env.ifname);
	return dhcp_record_encode(&record);
}

static int read_result(const char *text, struct cni_result *ret_result, struct cni_error *err)
{
	freeing_json cJSON *json = NULL;

	if (cni_json_parse_object(text, strlen(text), "the daemon's answer", &json, err) < 0)
		return -1;
	return cni_result_decode(json, CNI_VERSION_LATEST, "the daemon's answer", ret_result, err);
}

static int ask_for(const struct cni_call *call, const struct dhcp_conf *conf, uint8_t family,
		   struct dhcp_question *question, struct cni_error *err)
{
	const struct dhcp_request request = {.verb = DHCP_VERB_ADD, .owner = call->owner};
	freeing char *body = describe(call, conf, family);

	return dhcp_ask_begin(conf->socket, &request, body, ADD_MS, question, err);
}

static int take_lease(struct dhcp_question *question, struct cni_result *ret_lease,
		      struct cni_error *err)
{
	freeing char *answer = NULL;

	if (dhcp_ask_end(question, &answer, err) < 0)
		return -1;
	return read_result(answer, ret_lease, err);
}

/* A network names the same domains to both families, mostly. */
static void drop_known_domains(struct cni_dns *dns, const struct cni_dns *known)
{
	size_t kept = 0;

	for (size_t i = 0; i < dns->search_count; i++) {
		bool is_known = false;

		for (size_t j = 0; j < known->search_count; j++)
			is_known |= !strcmp(dns->search[i], known->search[j]);
		if (is_known)
			free(dns->search[i]);
		else
			dns->search[kept++] = dns->search[i];
	}
	dns->search_count = kept;
}

/* The first failure ends it: the other family may take long. */
static int take_leases(struct dhcp_question *four, struct dhcp_question *six,
		       struct cni_result *result, struct cni_error *err)
{
	struct cni_result leases[2] = {{.ip_count = 0}};
	int failed = 0;

	while (!failed && (four->fd >= 0 || six->fd >= 0)) {
		struct dhcp_question *next = dhcp_ask_first(four, six);

		failed = take_lease(next, &leases[next == six], err);
	}
	drop_known_domains(&leases[1].dns, &leases[0].dns);
	for (int i = 0; i < 2; i++) {
		cni_result_merge_ipam(result, &leases[i]);
		cni_result_clear(&leases[i]);
	}
	return failed;
}

/* Both families are asked for at once. IPv6 is first: its settings come before the interface is set up. */
static int ask_for_all(const struct cni_call *call, const struct dhcp_conf *conf,
		       struct cni_result *result, struct cni_error *err)
{
	struct dhcp_question six = {.fd = -1};
	struct dhcp_question four = {.fd = -1};
	int failed = 0;

	if (conf->wants_six)
		failed = ask_for(call, conf, AF_INET6, &six, err);
	if (!failed && conf->wants_four)
		failed = ask_for(call, conf, AF_INET, &four, err);
	if (!failed)
		failed = take_leases(&four, &six, result, err);
	dhcp_ask_drop(&four);
	dhcp_ask_drop(&six);
	return failed;
}

static int release(const char **socket, const struct cni_owner *owner, struct cni_error *err);

static int add(const struct cni_call *call, struct cni_result *result, struct cni_error *err)
{
	struct dhcp_conf conf;
	struct cni_error ignored;

	if (dhcp_conf_read(call, &conf, err) < 0)
		return -1;
	if (ask_for_all(call, &conf, result, err) == 0)
		return 0;
	/* The lease of a single family is of no use. */
	if (conf.wants_four && conf.wants_six)
		release(&conf.socket, &call->owner, &ignored);
	return -1;
}

/* ---- CHECK ---- */

static bool has_route(const struct cni_result *result, const struct cni_route *wanted)
{
	for (size_t i = 0; i < result->route_count; i++)
		if (cni_net_equal(&result->routes[i].dst, &wanted->dst) &&
		    cni_ip_equal(&result->routes[i].gw, &wanted->gw))
			return true;
	return false;
}

static int compare_address(const struct cni_result_ip *ip, const struct cni_result *expected,
			   struct cni_error *err)
{
	char address[CNI_NET_TEXT_SIZE];
	char gateway[CNI_IP_TEXT_SIZE];

	for (size_t i = 0; i < expected->ip_count; i++) {
		const struct cni_result_ip *other = &expected->ips[i];

		if (!cni_net_equal(&other->address, &ip->address))
			continue;
		/* The plugin that makes the interface may have found a gateway where the server names none. */
		if (!cni_ip_is_set(&ip->gateway) || cni_ip_equal(&other->gateway, &ip->gateway))
			return 0;
		return cni_fail(err, CNI_EMISMATCH,
				"the lease of %s has gateway %s by now, and prevResult another one",
				cni_net_format(&ip->address, address),
				cni_ip_format(&ip->gateway, gateway));
	}
	return cni_fail(err, CNI_EMISMATCH,
			"the lease is %s by now, and prevResult does not have it",
			cni_net_format(&ip->address, address));
}

static int compare_dns(const struct cni_call *call, const char *answer, struct cni_error *err)
{
	freeing_json cJSON *json = NULL;

	/* The network's own settings stand instead of the server's. */
	if (call->conf.has_dns)
		return 0;
	if (cni_json_parse_object(answer, strlen(answer), "the daemon's answer", &json, err) < 0)
		return -1;
	if (!cJSON_IsTrue(cni_json_get(json, DHCP_WIRE_DNS_CHANGED)))
		return 0;
	return cni_fail(err, CNI_EMISMATCH,
			"the lease has other resolver settings by now than ADD's result: the "
			"container has the old ones until it is attached anew");
}

static int compare(const struct cni_result *lease, const struct cni_result *expected,
		   struct cni_error *err)
{
	char text[CNI_NET_TEXT_SIZE];

	if (!lease->ip_count)
		return cni_fail(err, CNI_EDECODE, "the daemon's answer has no address");
	for (size_t i = 0; i < lease->ip_count; i++)
		if (compare_address(&lease->ips[i], expected, err) < 0)
			return -1;
	for (size_t i = 0; i < lease->route_count; i++)
		if (!has_route(expected, &lease->routes[i]))
			return cni_fail(err, CNI_EMISMATCH,
					"the lease has a route to %s by now that prevResult does "
					"not have",
					cni_net_format(&lease->routes[i].dst, text));
	return 0;
}

static int check_lease(const struct cni_call *call, const char *socket, enum dhcp_verb verb,
		       struct cni_error *err)
{
	const struct dhcp_request request = {.verb = verb, .owner = call->owner};
	struct cni_result lease = {.ip_count = 0};
	freeing char *answer = NULL;
	int failed;

	if (dhcp_ask(socket, &request, NULL, OTHER_MS, &answer, err) < 0 ||
	    read_result(answer, &lease, err) < 0)
		return -1;
	failed = compare(&lease, &call->conf.prev_result, err) < 0 ||
		 compare_dns(call, answer, err) < 0;
	cni_result_clear(&lease);
	return failed ? -1 : 0;
}

static int check(const struct cni_call *call, struct cni_error *err)
{
	struct dhcp_conf conf;

	if (dhcp_conf_read(call, &conf, err) < 0)
		return -1;
	if (!call->conf.has_prev_result)
		return cni_fail(err, CNI_ECONFIG, "Required prevResult missing");
	if (conf.wants_four && check_lease(call, conf.socket, DHCP_VERB_CHECK, err) < 0)
		return -1;
	return conf.wants_six ? check_lease(call, conf.socket, DHCP_VERB_CHECK6, err) : 0;
}

/* ---- DEL, GC ---- */

/* Without a daemon that knows the lease the record is enough to give it back. */
static int release_by_record(const char *records, const struct cni_owner *owner,
			     struct cni_error *err)
{
	clearing_dhcp_record struct dhcp_record record;
	char through[64];
	bool found = false;

	if (dhcp_record_read_in(records, owner, &record, &found, err) < 0)
		return -1;
	if (found && dhcp_release(&record, through, err) < 0)
		fprintf(stderr, "dhcp: the lease of %s/%s/%s is left to expire: %s\n",
			owner->network, owner->container, owner->ifname, err->msg);
	return dhcp_record_remove_in(records, owner, err);
}

/* `*socket` becomes NULL if the daemon does not answer in time: GC waits for it once, not once for each owner. */
static int release(const char **socket, const struct cni_owner *owner, struct cni_error *err)
{
	const struct dhcp_request request = {.verb = DHCP_VERB_DEL, .owner = *owner};
	freeing char *answer = NULL;
	struct cni_error first = {0};

	/* A daemon that is not there, or is the Go plugin's, has no lease of ours. */
	if (*socket && dhcp_ask(*socket, &request, NULL, OTHER_MS, &answer, err) < 0 &&
	    err->code == CNI_EAGAIN)
		*socket = NULL;
	if (release_by_record(DHCP_RECORDS, owner, err) < 0)
		cni_fail_first(&first, err);
	if (release_by_record(DHCP6_RECORDS, owner, err) < 0)
		cni_fail_first(&first, err);
	return cni_fail_if_any(&first, err);
}

static int del(const struct cni_call *call, struct cni_error *err)
{
	const char *socket = dhcp_conf_socket(call);

	return release(&socket, &call->owner, err);
}

static int collect(const struct cni_call *call, const char *records, const char **socket,
		   struct cni_error *err)
{
	struct cni_attachment_files files;
	struct cni_error first = {0};

	if (cni_attachment_files(records, call->conf.name, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.owners.count; i++) {
		const struct cni_owner *owner = &files.owners.items[i];

		if (!cni_owners_has(&call->conf.valid, owner->container, owner->ifname) &&
		    release(socket, owner, err) < 0)
			cni_fail_first(&first, err);
	}
	cni_attachment_files_clear(&files);
	return cni_fail_if_any(&first, err);
}

static int gc(const struct cni_call *call, struct cni_error *err)
{
	const char *socket = dhcp_conf_socket(call);
	struct cni_error first = {0};

	if (collect(call, DHCP_RECORDS, &socket, err) < 0)
		cni_fail_first(&first, err);
	if (collect(call, DHCP6_RECORDS, &socket, err) < 0)
		cni_fail_first(&first, err);
	return cni_fail_if_any(&first, err);
}

/* ---- STATUS ---- */

static int status(const struct cni_call *call, struct cni_error *err)
{
	const struct dhcp_request request = {.verb = DHCP_VERB_STATUS};
	freeing char *answer = NULL;
	struct dhcp_conf conf;

	if (dhcp_conf_read(call, &conf, err) < 0)
		return -1;
	if (dhcp_ask(conf.socket, &request, NULL, OTHER_MS, &answer, err) == 0)
		return 0;
	err->code = CNI_EUNAVAILABLE;
	return -1;
}

static int validate(const struct cni_call *call, struct cni_error *err)
{
	struct dhcp_conf conf;

	return dhcp_conf_read(call, &conf, err);
}

const struct cni_verbs dhcp_plugin = {
	.type = "dhcp",
	.version = CNI_C_VERSION,
	.oldest = CNI_0_1_0,
	.add = add,
	.check = check,
	.del = del,
	.gc = gc,
	.status = status,
	.mend = check,
	.validate = validate,
	.description = &dhcp_description,
};
