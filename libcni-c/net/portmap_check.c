/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports: are they as they were made? */
#include "portmap.h"

#include "cleanup.h"
#include "mem.h"
#include "portmap_table.h"
#include "sysctl.h"

#include <errno.h>
#include <string.h>

static int check_chains(struct cni_nl *nl, struct cni_error *err)
{
	for (const struct cni_portmap_chain *chain = cni_portmap_chains; chain->name; chain++) {
		uint32_t count = 0;

		if (cni_nft_rule_count(nl, &cni_portmap_table, chain->name, &count, err) < 0 &&
		    err->errnum != ENOENT)
			return -1;
		if (count != chain->rules)
			return cni_fail(err, CNI_EMISMATCH,
					"portmap: chain '%s' of table 'inet %s' has %u rules, "
					"expected %u",
					chain->name, cni_portmap_table.name, count, chain->rules);
	}
	return 0;
}

/* Is `expected` in the set, with its value and its owner? `what` names it. */
static int check_element(struct cni_nl *nl, const char *set, const struct cni_nft_element *expected,
			 const char *what, struct cni_error *err)
{
	struct cni_nft_element found;
	int there = cni_portmap_look_up(nl, set, &expected->key, &found, err);

	if (there < 0)
		return -1;
	if (!there)
		return cni_fail(err, CNI_EMISMATCH,
				"portmap: %s is not in '%s' of table 'inet %s', expected it there "
				"for '%s'",
				what, set, cni_portmap_table.name, expected->comment);
	if (strcmp(found.comment, expected->comment) != 0)
		return cni_fail(err, CNI_EMISMATCH,
				"portmap: %s in '%s' belongs to '%s', expected '%s'", what, set,
				found.comment, expected->comment);
	if (found.value.size != expected->value.size ||
	    memcmp(found.value.data, expected->value.data, found.value.size) != 0)
		return cni_fail(err, CNI_EMISMATCH,
				"portmap: %s in '%s' leads elsewhere than expected for '%s'", what,
				set, expected->comment);
	return 0;
}

static int check_address(struct cni_nl *nl, const struct cni_portmap *portmap,
			 const struct cni_ip *address, struct cni_error *err)
{
	const struct cni_portmap_family *family = cni_portmap_family_of(address);
	struct cni_portmap_source sources[CNI_PORTMAP_SOURCES];
	size_t count = cni_portmap_sources(portmap, address, sources);
	char text[CNI_PORT_TEXT_SIZE];
	uint32_t index = 0;

	for (size_t i = 0; i < portmap->mapping_count; i++) {
		const struct cni_port_mapping *mapping = &portmap->mappings[i];
		struct cni_nft_element port = cni_portmap_port(portmap, mapping, address);
		struct cni_nft_element back;

		if (!cni_portmap_is_for(mapping, address))
			continue;
		back = cni_portmap_back(portmap, mapping, address, index++);
		cni_port_mapping_format(mapping, text);
		if (check_element(nl, cni_portmap_set_of(family, mapping), &port, text, err) < 0 ||
		    check_element(nl, family->published, &back, text, err) < 0)
			return -1;
	}
	cni_ip_format(address, text);
	for (size_t i = 0; i < count; i++)
		if (check_element(nl, sources[i].set, &sources[i].element, text, err) < 0)
			return -1;
	return 0;
}

static int check_localnet(struct cni_nl *nl, const char *ifname, struct cni_error *err)
{
	freeing char *key = cni_format("net/ipv4/conf/%.15s/route_localnet", ifname);
	struct cni_nft_bytes guard = cni_portmap_localnet_key(ifname);
	struct cni_nft_element found;
	char value[8] = "";
	int there;

	if (!*ifname)
		return 0;
	there = cni_portmap_look_up(nl, cni_portmap_localnets, &guard, &found, err);
	if (there < 0)
		return -1;
	if (!there)
		return cni_fail(
			err, CNI_EMISMATCH,
			"portmap: '%s' is not in '%s' of table 'inet %s', expected it there",
			ifname, cni_portmap_localnets, cni_portmap_table.name);
	if (cni_sysctl_get(key, value, sizeof(value), err) < 0)
		return -1;
	if (strcmp(value, "1") != 0)
		return cni_fail(err, CNI_EMISMATCH, "portmap: '%s' is %s, expected 1", key, value);
	return 0;
}

int cni_portmap_check(struct cni_nl *nl, const struct cni_portmap *portmap, struct cni_error *err)
{
	if (check_chains(nl, err) < 0)
		return -1;
	for (size_t i = 0; i < portmap->address_count; i++)
		if (check_address(nl, portmap, &portmap->addresses[i], err) < 0)
			return -1;
	return check_localnet(nl, portmap->localnet, err);
}
