/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_plugin.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "dhcp_asker.h"
#include "dhcp_conf.h"
#include "dhcp_release.h"
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The daemon gives up an ADD after DHCP_ADD_MS, 90 seconds. */
#define ADD_MS	 95000
#define OTHER_MS 10000

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

static char *describe(const struct cni_call *call, const struct dhcp_conf *conf)
{
	clearing_dhcp_record struct dhcp_record record = {.probes = conf->probe,
							  .priority = conf->priority};

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

static int add(const struct cni_call *call, struct cni_result *result, struct cni_error *err)
{
	const struct dhcp_request request = {.verb = DHCP_VERB_ADD, .owner = call->owner};
	freeing char *answer = NULL;
	freeing char *body = NULL;
	struct dhcp_conf conf;

	if (dhcp_conf_read(call, &conf, err) < 0)
		return -1;
	body = describe(call, &conf);
	if (dhcp_ask(conf.socket, &request, body, ADD_MS, &answer, err) < 0)
		return -1;
	return read_result(answer, result, err);
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

static int compare_address(const struct cni_result *lease, const struct cni_result *expected,
			   struct cni_error *err)
{
	const struct cni_result_ip *ip = &lease->ips[0];
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

static int compare(const struct cni_result *lease, const struct cni_result *expected,
		   struct cni_error *err)
{
	char text[CNI_NET_TEXT_SIZE];

	if (lease->ip_count != 1)
		return cni_fail(err, CNI_EDECODE, "the daemon's answer has no address");
	if (compare_address(lease, expected, err) < 0)
		return -1;
	for (size_t i = 0; i < lease->route_count; i++)
		if (!has_route(expected, &lease->routes[i]))
			return cni_fail(err, CNI_EMISMATCH,
					"the lease has a route to %s by now that prevResult does "
					"not have",
					cni_net_format(&lease->routes[i].dst, text));
	return 0;
}

static int check(const struct cni_call *call, struct cni_error *err)
{
	const struct dhcp_request request = {.verb = DHCP_VERB_CHECK, .owner = call->owner};
	struct cni_result lease = {0};
	freeing char *answer = NULL;
	struct dhcp_conf conf;
	int failed;

	if (dhcp_conf_read(call, &conf, err) < 0)
		return -1;
	if (!call->conf.has_prev_result)
		return cni_fail(err, CNI_ECONFIG, "Required prevResult missing");
	if (dhcp_ask(conf.socket, &request, NULL, OTHER_MS, &answer, err) < 0 ||
	    read_result(answer, &lease, err) < 0)
		return -1;
	failed = compare(&lease, &call->conf.prev_result, err);
	cni_result_clear(&lease);
	return failed;
}

/* ---- DEL, GC ---- */

/* Without a daemon that knows the lease the record is enough to give it back. */
static int release_by_record(const struct cni_owner *owner, struct cni_error *err)
{
	clearing_dhcp_record struct dhcp_record record;
	char through[64];
	bool found = false;

	if (dhcp_record_read(owner, &record, &found, err) < 0)
		return -1;
	if (found && dhcp_release(&record, through, err) < 0)
		fprintf(stderr, "dhcp: the lease of %s/%s/%s is left to expire: %s\n",
			owner->network, owner->container, owner->ifname, err->msg);
	return dhcp_record_remove(owner, err);
}

static int release(const char *socket, const struct cni_owner *owner, struct cni_error *err)
{
	const struct dhcp_request request = {.verb = DHCP_VERB_DEL, .owner = *owner};
	freeing char *answer = NULL;

	/* A daemon that is not there, or is the Go plugin's, has no lease of ours. */
	dhcp_ask(socket, &request, NULL, OTHER_MS, &answer, err);
	return release_by_record(owner, err);
}

static int del(const struct cni_call *call, struct cni_error *err)
{
	return release(dhcp_conf_socket(call), &call->owner, err);
}

static int gc(const struct cni_call *call, struct cni_error *err)
{
	struct cni_attachment_files files;
	struct cni_error first = {0};

	if (cni_attachment_files(DHCP_RECORDS, call->conf.name, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.owners.count; i++) {
		const struct cni_owner *owner = &files.owners.items[i];

		if (!cni_owners_has(&call->conf.valid, owner->container, owner->ifname) &&
		    release(dhcp_conf_socket(call), owner, err) < 0)
			cni_fail_first(&first, err);
	}
	cni_attachment_files_clear(&files);
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
