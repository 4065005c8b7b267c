/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports: making them. */
#include "portmap.h"

#include "cleanup.h"
#include "mem.h"
#include "portmap_doomed.h"
#include "portmap_table.h"
#include "sysctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_portmap_table;

/* ---- route_localnet ---- */

#define LOCALNET_KEY "net/ipv4/conf/%.15s/route_localnet"

/* Must the interface become one of `localnets`? Unless it is; also if route_localnet is on, since
 * it may be so from before somebody flushed the rules that go with it. Returns 1, 0 or -1. */
static int wants_localnet(struct cni_nl *nl, const char *ifname, struct cni_error *err)
{
	freeing char *path = cni_format(LOCALNET_KEY, ifname);
	struct cni_nft_bytes key = cni_portmap_localnet_key(ifname);
	struct cni_nft_element element;
	char value[8] = "";
	int found;

	if (!*ifname)
		return 0;
	found = cni_portmap_look_up(nl, cni_portmap_localnets, &key, &element, err);
	if (found < 0)
		return -1;
	if (!found && cni_sysctl_get(path, value, sizeof(value), err) < 0)
		return -1;
	return !found;
}

static void add_localnet(struct cni_nft_tx *tx, const char *ifname)
{
	struct cni_nft_element element = {.key = cni_portmap_localnet_key(ifname)};

	cni_nft_add_element(tx, table, cni_portmap_localnets, &element);
}

/* After the rule that drops what must not use it. */
static int turn_on_localnet(const char *ifname, struct cni_error *err)
{
	freeing char *key = cni_format(LOCALNET_KEY, ifname);

	return *ifname ? cni_sysctl_set(key, "1", err) : 0;
}

/* ---- elements ---- */

static void add_address(struct cni_nft_tx *tx, const struct cni_portmap *portmap,
			const struct cni_ip *address)
{
	const struct cni_portmap_family *family = cni_portmap_family_of(address);
	struct cni_portmap_source sources[CNI_PORTMAP_SOURCES];
	size_t count = cni_portmap_sources(portmap, address, sources);
	uint32_t index = 0;

	for (size_t i = 0; i < portmap->mapping_count; i++) {
		const struct cni_port_mapping *mapping = &portmap->mappings[i];
		struct cni_nft_element port = cni_portmap_port(portmap, mapping, address);
		struct cni_nft_element back;

		if (!cni_portmap_is_for(mapping, address))
			continue;
		back = cni_portmap_back(portmap, mapping, address, index++);
		cni_nft_add_element(tx, table, cni_portmap_set_of(family, mapping), &port);
		cni_nft_add_element(tx, table, family->published, &back);
	}
	for (size_t i = 0; i < count; i++)
		cni_nft_add_element(tx, table, sources[i].set, &sources[i].element);
}

static void add_elements(struct cni_nft_tx *tx, const struct cni_portmap *portmap, bool localnet)
{
	for (size_t i = 0; i < portmap->address_count; i++)
		add_address(tx, portmap, &portmap->addresses[i]);
	if (localnet)
		add_localnet(tx, portmap->localnet);
}

/* ---- the usual case ---- */

/* How things are all the time but the first: the rules are there and nothing is in the way. Asked
 * before, since a transaction that fails keeps the kernel busy for milliseconds. */
static bool rules_are_there(struct cni_nl *nl)
{
	for (const struct cni_portmap_chain *chain = cni_portmap_chains; chain->name; chain++) {
		struct cni_error ignored;
		uint32_t use;

		if (cni_nft_chain_use(nl, table, chain->name, &use, &ignored) < 0 ||
		    use != chain->rules + chain->jumps)
			return false;
	}
	return true;
}

static int add_to_existing(struct cni_nl *nl, const struct cni_portmap *portmap,
			   struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, 0);
	int localnet = wants_localnet(nl, portmap->localnet, err);

	if (localnet < 0)
		return -1;
	add_elements(tx, portmap, localnet);
	return cni_nft_commit(tx, err);
}

/* ---- every case ---- */

/* A port that is somebody else's is refused, unless it leads to one of our own addresses: then it
 * was left over by who had that before. */
static int doom_or_refuse(struct cni_nl *nl, const struct cni_port_mapping *mapping,
			  const struct cni_ip *address, struct cni_nft_doomed *doomed,
			  struct cni_error *err)
{
	const struct cni_portmap_family *family = cni_portmap_family_of(address);
	const char *set = cni_portmap_set_of(family, mapping);
	struct cni_nft_bytes key = cni_portmap_key(mapping);
	char port[CNI_PORT_TEXT_SIZE];
	char ip[CNI_IP_TEXT_SIZE];
	struct cni_nft_element element;
	struct cni_ip target;
	int found = cni_portmap_look_up(nl, set, &key, &element, err);

	if (found <= 0 || cni_nft_is_doomed(doomed, set, &key))
		return found < 0 ? -1 : 0;
	target = cni_portmap_target(family, &element);
	if (!cni_ip_equal(&target, address))
		return cni_fail(err, CNI_ETAKEN, "port %s is already published by '%s', for %s",
				cni_port_mapping_format(mapping, port), element.comment,
				cni_ip_format(&target, ip));
	cni_nft_doom(doomed, set, &element);
	return 0;
}

static int doom_what_is_in_the_way(struct cni_nl *nl, const struct cni_portmap *portmap,
				   struct cni_nft_doomed *doomed, struct cni_error *err)
{
	if (cni_portmap_doom_owner(nl, portmap->owner, doomed, err) < 0)
		return -1;
	for (size_t i = 0; i < portmap->address_count; i++) {
		const struct cni_ip *address = &portmap->addresses[i];

		if (cni_portmap_doom_sources(nl, address, NULL, doomed, err) < 0)
			return -1;
		for (size_t j = 0; j < portmap->mapping_count; j++)
			if (cni_portmap_is_for(&portmap->mappings[j], address) &&
			    doom_or_refuse(nl, &portmap->mappings[j], address, doomed, err) < 0)
				return -1;
	}
	return 0;
}

static int add_with_everything(struct cni_nl *nl, uint32_t generation, void *data,
			       struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	clearing_doomed struct cni_nft_doomed doomed = {0};
	const struct cni_portmap *portmap = data;
	int localnet;

	if (doom_what_is_in_the_way(nl, portmap, &doomed, err) < 0)
		return -1;
	localnet = wants_localnet(nl, portmap->localnet, err);
	if (localnet < 0)
		return -1;
	cni_portmap_add_skeleton(tx);
	cni_nft_doomed_delete(tx, table, &doomed);
	add_elements(tx, portmap, localnet);
	return cni_nft_commit(tx, err);
}

static int publish(struct cni_nl *nl, const struct cni_portmap *portmap, struct cni_error *err)
{
	struct cni_portmap copy = *portmap;

	if (rules_are_there(nl)) {
		if (add_to_existing(nl, portmap, err) == 0)
			return 0;
		if (err->errnum != ENOENT && err->errnum != EEXIST && err->errnum != EBUSY)
			return -1;
	}
	return cni_nft_retry(nl, add_with_everything, &copy, err);
}

int cni_portmap_add(struct cni_nl *nl, const struct cni_portmap *portmap, struct cni_error *err)
{
	struct cni_published published;
	struct cni_error ignored;

	if (publish(nl, portmap, err) < 0)
		return -1;
	if (turn_on_localnet(portmap->localnet, err) == 0)
		return 0;
	cni_portmap_del(nl, portmap->owner, &published, &ignored);
	free(published.mappings);
	return -1;
}
