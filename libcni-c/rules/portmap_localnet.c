/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports: route_localnet of the interfaces in front of containers. */
#include "portmap_table.h"

#include "cleanup.h"
#include "file.h"
#include "link_sysctl.h"
#include "sysctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_portmap_table.table;

/* 1 if the interface is in `localnets`, 0 if it is not, -1. */
static int look_up(struct cni_nl *nl, const char *ifname, struct cni_error *err)
{
	struct cni_nft_bytes key = cni_owned_name_key(ifname);
	struct cni_nft_element element;

	return cni_nft_look_up(nl, table, "localnets", &key, &element, err);
}

/* The interface must be in the set even if route_localnet is on: the rules may have been flushed
 * since. */
bool cni_portmap_has_localnet(struct cni_nl *nl, const struct cni_owned_wish *wish)
{
	const struct cni_portmap *portmap = wish->data;
	struct cni_error ignored;

	return !*portmap->localnet || look_up(nl, portmap->localnet, &ignored) > 0;
}

int cni_portmap_put_localnet(struct cni_nl *nl, struct cni_nft_tx *tx,
			     const struct cni_owned_wish *wish, struct cni_error *err)
{
	const struct cni_portmap *portmap = wish->data;
	const struct cni_nft_item item = {"localnets",
					  {.key = cni_owned_name_key(portmap->localnet)}};

	if (!*portmap->localnet)
		return 0;
	/* A missing interface cannot be distinguished from a later one of its name. */
	if (cni_link_sysctl_has_localnet(portmap->localnet, err) < 0)
		return -1;
	return cni_owned_add_shared(nl, tx, table, &item, err);
}

int cni_portmap_turn_on_localnet(const char *ifname, struct cni_error *err)
{
	return *ifname ? cni_link_sysctl_set_localnet(ifname, "1", err) : 0;
}

int cni_portmap_check_localnet(struct cni_nl *nl, const char *ifname, struct cni_error *err)
{
	int found;

	if (!*ifname)
		return 0;
	found = look_up(nl, ifname, err);
	if (found < 0)
		return -1;
	if (!found)
		return cni_fail(
			err, CNI_EMISMATCH,
			"portmap: '%s' is not in '%s' of table 'inet %s', expected it there",
			ifname, "localnets", table->name);
	found = cni_link_sysctl_has_localnet(ifname, err);
	if (found)
		return found < 0 ? -1 : 0;
	return cni_fail(err, CNI_EMISMATCH,
			"portmap: 'net/ipv4/conf/%s/route_localnet' is 0, expected 1", ifname);
}

/* ---- with the table ---- */

/* Returns 1 if a setting cannot be written, as in a container whose /proc/sys is read-only. */
static int set_all(const struct cni_nft_element *localnets, size_t count, const char *value,
		   struct cni_error *err)
{
	int stays = 0;

	for (size_t i = 0; i < count; i++) {
		const char *ifname = (const char *)localnets[i].key.data;

		/* The interface may be gone. */
		if (cni_link_sysctl_set_localnet(ifname, value, err) == 0 || err->errnum == ENOENT)
			continue;
		if (!cni_file_is_refused(err))
			return -1;
		fprintf(stderr, "%s: table 'inet %s' stays, whose rules guard it\n", err->msg,
			table->name);
		stays = 1;
	}
	return stays;
}

/* route_localnet returns to the administrator's default before the table goes, because the table
 * has the rule that guards it. A DEL after a kill in between finds the table. */
int cni_portmap_close(struct cni_nl *nl, bool closes, struct cni_error *err)
{
	freeing struct cni_nft_element *localnets = NULL;
	char value[8] = "1";
	size_t count = 0;

	if (cni_nft_list(nl, table, "localnets", &localnets, &count, err) < 0 ||
	    (closes &&
	     cni_sysctl_get("net/ipv4/conf/default/route_localnet", value, sizeof(value), err) < 0))
		return -1;
	return set_all(localnets, count, value, err);
}
