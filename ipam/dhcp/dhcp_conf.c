/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_conf.h"

#include "decode.h"
#include "dhcp_flags.h"
#include "dhcp_options.h"

struct keys {
	const char *socket;
	const cJSON *provide;
	const cJSON *request;
	uint32_t priority;
	bool probe;
};

static const struct keys defaults = {.socket = DHCP_SOCKET, .probe = true};

static const struct cni_field fields[] = {
	CNI_FIELD(struct keys, "daemonSocketPath", socket, .section = {"ipam"},
		  .help = "The daemon's socket"),
	CNI_FIELD(struct keys, "provide", provide, .section = {"ipam"}, .type = CNI_TYPE_LIST,
		  .items = dhcp_provide_fields,
		  .help = "Options that each message to the server has"),
	CNI_FIELD(struct keys, "request", request, .section = {"ipam"}, .type = CNI_TYPE_LIST,
		  .items = dhcp_request_fields,
		  .help = "Options that the server is asked for, besides the default ones"),
	CNI_FIELD(struct keys, "priority", priority, .section = {"ipam"},
		  .help = "The metric of the routes: 0 is none"),
	CNI_FIELD(struct keys, "probe", probe, .section = {"ipam"},
		  .help = "Asks by ARP whether another host has the address, and declines one in "
			  "use"),
	{0},
};

const struct cni_description dhcp_description = {
	.about = "Gets addresses from the network's own DHCP servers, by a daemon that keeps the "
		 "leases",
	.role = CNI_ROLE_IPAM,
	.fields = fields,
	.defaults = &defaults,
};

int dhcp_conf_read(const struct cni_call *call, struct dhcp_conf *ret_conf, struct cni_error *err)
{
	struct keys keys = defaults;

	*ret_conf = (struct dhcp_conf){.socket = DHCP_SOCKET};
	if (!call->conf.ipam)
		return cni_fail(err, CNI_ECONFIG, "IPAM config missing 'ipam' key");
	if (cni_decode(fields, call->conf.json, &keys, false, err) < 0)
		return -1;
	if (*keys.socket)
		ret_conf->socket = keys.socket;
	ret_conf->priority = keys.priority;
	ret_conf->probe = keys.probe;
	/* `provide` may hold another client identifier. */
	if (call->env.command == CNI_ADD)
		dhcp_options_put_client_id(&ret_conf->options, call->env.container, call->conf.name,
					   call->env.ifname);
	return dhcp_options_of_conf(keys.provide, keys.request,
				    call->env.args ? call->env.args : "", &ret_conf->options, err);
}

const char *dhcp_conf_socket(const struct cni_call *call)
{
	struct keys keys = defaults;
	struct cni_error ignored;

	cni_decode(fields, call->conf.json, &keys, true, &ignored);
	return keys.socket && *keys.socket ? keys.socket : DHCP_SOCKET;
}
