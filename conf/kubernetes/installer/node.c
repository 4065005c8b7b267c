/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include "cleanup.h"
#include "json.h"

#include <ctype.h>
#include <string.h>

static int fail_cidrs(const cJSON *cidrs, const char *name, struct cni_error *err)
{
	return cni_fail(err, CNI_ECONFIG,
			"spec.podCIDRs of node '%s' is %s, expected a list of one prefix of each "
			"family",
			name, cni_json_show(cidrs));
}

static int take_cidrs(const cJSON *cidrs, const char *name, struct node *node,
		      struct cni_error *err)
{
	const cJSON *item;

	if (!cidrs || (cJSON_IsArray(cidrs) && !cidrs->child))
		return cni_fail(err, CNI_EAGAIN,
				"node '%s' has no spec.podCIDRs yet: kube-controller-manager sets "
				"them with --allocate-node-cidrs and --cluster-cidr (kubeadm: "
				"podSubnet)",
				name);
	if (!cJSON_IsArray(cidrs))
		return fail_cidrs(cidrs, name, err);
	cJSON_ArrayForEach (item, cidrs) {
		struct cni_net net;

		if (node->count == NODE_CIDRS_MAX || !cJSON_IsString(item) ||
		    cni_net_parse(item->valuestring, &net) < 0)
			return fail_cidrs(cidrs, name, err);
		net = cni_net_masked(&net);
		if (node->count && net.ip.family == node->cidrs[0].ip.family)
			return fail_cidrs(cidrs, name, err);
		node->cidrs[node->count++] = net;
	}
	return 0;
}

/* The version becomes a part of a URL. */
static void take_version(const char *version, struct node *node)
{
	size_t size = version ? strlen(version) : 0;

	if (size >= sizeof(node->version))
		return;
	for (size_t i = 0; i < size; i++)
		if (!isascii((unsigned char)version[i]) || !isalnum((unsigned char)version[i]))
			return;
	memcpy(node->version, version ? version : "", size + 1);
}

int node_parse(const char *body, size_t size, const char *name, struct node *ret_node,
	       struct cni_error *err)
{
	freeing_json cJSON *json = NULL;
	struct node node = {0};
	const cJSON *metadata;
	const char *kind;
	const char *named;

	if (cni_json_parse_object(body, size, "the answer of the API server", &json, err) < 0)
		return -1;
	kind = cni_json_get_string(json, "kind");
	metadata = cni_json_get(json, "metadata");
	named = cni_json_get_string(metadata, "name");
	if (!kind || strcmp(kind, "Node") != 0 || !named || strcmp(named, name) != 0)
		return cni_fail(err, CNI_EDECODE,
				"the answer of the API server is about %s '%s', expected Node '%s'",
				kind ? kind : "nothing", named ? named : "", name);
	take_version(cni_json_get_string(metadata, "resourceVersion"), &node);
	if (take_cidrs(cni_json_get(cni_json_get(json, "spec"), "podCIDRs"), name, &node, err) < 0)
		return -1;
	*ret_node = node;
	return 0;
}
