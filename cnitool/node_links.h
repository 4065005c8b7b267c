/* SPDX-License-Identifier: Apache-2.0 */
/* The links of the network namespace that cnitool runs in, over rtnetlink(7): the namespace of sysfs may
 * be another. */
#ifndef NODE_LINKS_H
#define NODE_LINKS_H

#include "error.h"
#include "ip.h"
#include "owner.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node_link {
	int index;
	int master; /* index of the bridge or VRF; 0: none */
	unsigned int flags;
	uint8_t operstate; /* IF_OPER_* (linux/if.h) */
	uint32_t mtu;
	uint8_t mac[CNI_MAC_SIZE];
	bool has_mac;
	uint64_t received; /* bytes */
	uint64_t sent;
	char name[CNI_IFNAME_SIZE];
	char kind[16];	 /* "bridge", "veth"; "" for hardware */
	char alias[256]; /* "" if none */
};

struct node_links {
	struct node_link *items;
	size_t count;
};

/* Reads all links. node_links_clear() afterwards. Fails with CNI_EKERNEL. */
int node_links_read(struct node_links *ret_links, struct cni_error *err);

void node_links_clear(struct node_links *links);
#define clearing_node_links __attribute__((cleanup(node_links_clear)))

/* NULL: there is none of this name, or index. */
const struct node_link *node_links_find(const struct node_links *links, const char *name);
const struct node_link *node_links_at(const struct node_links *links, int index);

/* An address of getifaddrs(3), with its prefix length. False if it is no IP address. */
struct ifaddrs;
bool node_address_read(const struct ifaddrs *entry, struct cni_net *ret_net);

/* "up", "down", or "no carrier". */
const char *node_link_state(const struct node_link *link);

#endif
