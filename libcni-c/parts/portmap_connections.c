/* SPDX-License-Identifier: Apache-2.0 */
#include "portmap_connections.h"

#include "cleanup.h"
#include "conntrack.h"
#include "mem.h"
#include "route.h"

#include <netinet/in.h>
#include <stdio.h>

/* A connection that was sent through this host to a port of that number elsewhere is not ours. */
static bool is_local(const struct cni_ip *address, void *data)
{
	struct cni_route_way way;
	struct cni_error ignored;

	return cni_route_get(data, address, &way, &ignored) == 0 && way.is_local;
}

/* The UDP ports that are published for addresses of `family`; returns how many. */
static size_t find_targets(const struct cni_port_mapping *mappings, size_t count, uint8_t family,
			   struct cni_conntrack_target *targets)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		const struct cni_port_mapping *mapping = &mappings[i];

		if (mapping->protocol != IPPROTO_UDP ||
		    (cni_ip_is_set(&mapping->host_ip) && mapping->host_ip.family != family))
			continue;
		targets[found] = (struct cni_conntrack_target){.port = mapping->host_port};
		if (!cni_port_mapping_is_any(mapping))
			targets[found].address = mapping->host_ip;
		found++;
	}
	return found;
}

void cni_portmap_forget_connections(struct cni_attachment *at, struct cni_nl *nl,
				    const struct cni_port_mapping *mappings, size_t count)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	freeing struct cni_conntrack_target *targets =
		cni_realloc_array(NULL, count + 1, sizeof(*targets));
	struct cni_error err;

	for (size_t i = 0; i < sizeof(families); i++) {
		size_t found = find_targets(mappings, count, families[i], targets);

		if (cni_conntrack_forget(nl, families[i], IPPROTO_UDP, targets, found, is_local,
					 &at->nl[CNI_HOST], &err) < 0)
			fprintf(stderr, "portmap: %s\n", err.msg);
	}
}
