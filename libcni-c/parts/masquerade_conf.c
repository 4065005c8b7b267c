/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of masquerade, which several plugins have. */
#include "cleanup.h"
#include "kept_destinations.h"
#include "mem.h"
#include "parts.h"

#include <string.h>

const struct cni_word cni_masquerade_backends[] = {{"nftables", false}, {"iptables", true}, {0}};

int cni_masquerade_choose(const char *backend, bool *ret_by_iptables, struct cni_error *err)
{
	uint32_t by_iptables = false;
	bool is_known = !backend || cni_word_parse(cni_masquerade_backends, backend, &by_iptables);

	*ret_by_iptables = by_iptables;
	if (is_known)
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"unknown ipmasq backend \"%.64s\": 'ipMasqBackend' must be \"nftables\" "
			"or \"iptables\"",
			backend);
}

static int read_destination(const cJSON *item, struct cni_net *ret_net, struct cni_error *err)
{
	char text[CNI_NET_TEXT_SIZE];
	struct cni_net masked;

	if (!cJSON_IsString(item) || cni_net_parse(item->valuestring, ret_net) < 0)
		return cni_fail(err, CNI_ECONFIG,
				"'nonMasqueradeCIDRs' has %s, expected a prefix such as "
				"\"10.244.0.0/16\" or \"fd00::/48\"",
				cni_json_show(item));
	masked = cni_net_masked(ret_net);
	if (!cni_ip_equal(&masked.ip, &ret_net->ip))
		return cni_fail(err, CNI_ECONFIG,
				"'nonMasqueradeCIDRs' has %s, an address in its network: expected "
				"\"%s\"",
				cni_json_show(item), cni_net_format(&masked, text));
	return 0;
}

int cni_masquerade_read_destinations(const struct cni_call *call, const cJSON *list,
				     struct cni_destinations *ret_destinations,
				     struct cni_error *err)
{
	enum cni_command command = call->env.command;
	clearing_destinations struct cni_destinations destinations = {.nets = NULL};
	size_t count = 0;
	const cJSON *item;

	*ret_destinations = destinations;
	if (command == CNI_DEL || command == CNI_GC || command == CNI_SWEEP)
		return 0;
	if (list && !cJSON_IsArray(list))
		return cni_fail(err, CNI_ECONFIG, "'nonMasqueradeCIDRs' is %s, expected a list",
				cni_json_show(list));
	cJSON_ArrayForEach (item, list) {
		count++;
	}
	if (!count)
		return 0;
	if (count > CNI_DESTINATIONS_MAX)
		return cni_fail(err, CNI_ECONFIG,
				"'nonMasqueradeCIDRs' has %zu prefixes, expected %d at most", count,
				CNI_DESTINATIONS_MAX);
	destinations.nets = cni_realloc_array(NULL, count, sizeof(*destinations.nets));
	cJSON_ArrayForEach (item, list) {
		if (read_destination(item, &destinations.nets[destinations.count++], err) < 0)
			return -1;
	}
	cni_destinations_merge(&destinations);
	*ret_destinations = destinations;
	destinations = (struct cni_destinations){.nets = NULL};
	return 0;
}
