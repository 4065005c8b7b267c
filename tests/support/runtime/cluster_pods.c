/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define CNITOOL CNI_C_BINARY_DIR "/cnitool/cnitool"

void cluster_install(const struct cluster_node *node, const char *recipe, const char *sed)
{
	/* The lines "subnet", which an operator edits. */
	cluster_must(node,
		     "sed -e '/\"subnet\"/s/10\\.244\\.1\\./10.244.%u./' "
		     "-e '/\"subnet\"/s/fd00:10:244:1:/fd00:10:244:%u:/' -e '%s' " CNI_C_SOURCE_DIR
		     "/conf/cluster/%s.conflist > /etc/cni/net.d/10-pods.conflist",
		     node->number, node->number, sed, recipe);
}

/* ---- attachments ---- */

static void take_addresses(struct cluster_pod *pod, const char *result)
{
	freeing_json cJSON *json = cJSON_Parse(result);
	const cJSON *ip;

	memset(pod->address, 0, sizeof(pod->address));
	cJSON_ArrayForEach (ip, cJSON_GetObjectItem(json, "ips")) {
		const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(ip, "address"));

		assert_non_null(text);
		snprintf(pod->address[strchr(text, ':') != NULL], sizeof(pod->address[0]), "%.*s",
			 (int)strcspn(text, "/"), text);
	}
}

void cluster_add(struct cluster_pod *pod, struct cluster_node *node, const char *network,
		 const char *path, const char *capabilities)
{
	freeing char *result =
		cluster_read(node, "CNI_PATH=%s CAP_ARGS='%s' " CNITOOL " add %s /run/netns/%s",
			     path, capabilities ? capabilities : "{}", network, pod->name);

	take_addresses(pod, result);
	pod->node = node;
	pod->network = network;
	if (!pod->server.pid)
		probe_serve(&pod->server, pod->netns, pod->name, CLUSTER_PORT);
}

void cluster_del(struct cluster_pod *pod, const char *path)
{
	if (pod->node)
		cluster_must(pod->node, "CNI_PATH=%s " CNITOOL " del %s /run/netns/%s", path,
			     pod->network, pod->name);
	pod->node = NULL;
}

/* ---- questions ---- */

const char *cluster_ask_by(uint8_t protocol, const char *netns, const char *address, uint16_t port,
			   bool expects)
{
	static struct probe probe;

	probe = (struct probe){netns, protocol, address, port, expects ? "" : NULL, 0, ""};
	probe_ask(&probe, 1);
	return probe.seen;
}

void cluster_assert_seen(const char *netns, const char *address, uint16_t port,
			 const char *expected)
{
	struct probe probes[] = {{netns, IPPROTO_TCP, address, port, expected, 0, ""},
				 {netns, IPPROTO_UDP, address, port, expected, 0, ""}};

	probe_ask(probes, 2);
	probe_assert(&probes[0]);
	probe_assert(&probes[1]);
}

void cluster_assert_source_kept(const struct cluster_pod *from, const struct cluster_pod *to)
{
	for (int family = 0; family < 2; family++) {
		freeing char *expected = cni_format("%s %s", to->name, from->address[family]);

		cluster_assert_seen(from->netns, to->address[family], CLUSTER_PORT, expected);
	}
}
