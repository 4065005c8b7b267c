/* SPDX-License-Identifier: Apache-2.0 */
#include "container_vrf.h"

#include "routing_tables.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

int cni_container_vrf_find(struct cni_attachment *at, const char *name,
			   struct cni_container_vrf *ret_vrf, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_CONTAINER];
	struct cni_link_values values = {.given = 0};

	*ret_vrf = (struct cni_container_vrf){.table = 0};
	if (cni_link_get(nl, name, &ret_vrf->link, err) < 0) {
		ret_vrf->link.index = 0;
		return err->errnum == ENODEV ? 0 : -1;
	}
	if (!strcmp(ret_vrf->link.kind, "vrf") &&
	    cni_link_get_values(nl, ret_vrf->link.index, &cni_link_vrf, &values, err) < 0)
		return -1;
	ret_vrf->table = values.values[0];
	return 0;
}

bool cni_container_vrf_is(const struct cni_container_vrf *vrf)
{
	return !strcmp(vrf->link.kind, "vrf");
}

struct owner_search {
	uint32_t table;
	char name[CNI_IFNAME_SIZE]; /* of the VRF that has it; "": none */
};

static int compare_table(const struct cni_link *link, const struct cni_link_values *values,
			 void *data, struct cni_error *err)
{
	struct owner_search *search = data;

	(void)err;
	if (values->values[0] == search->table)
		memcpy(search->name, link->name, sizeof(search->name));
	return 0;
}

static int refuse_table_of_other(struct cni_attachment *at, uint32_t table, struct cni_error *err)
{
	struct owner_search search = {.table = table};

	if (cni_link_each_values(&at->nl[CNI_CONTAINER], &cni_link_vrf, compare_table, NULL,
				 &search, err) < 0)
		return -1;
	if (!*search.name)
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"'table' is %u, a table in use: it is that of VRF '%s', expected one that "
			"no other VRF has",
			table, search.name);
}

static int choose_table(struct cni_attachment *at, const struct cni_vrf_part *spec,
			uint32_t *ret_table, struct cni_error *err)
{
	struct cni_routing_tables tables;

	*ret_table = spec->table;
	if (spec->table)
		return refuse_table_of_other(at, spec->table, err);
	if (cni_routing_tables_read(at, 1, &tables, err) < 0)
		return -1;
	return cni_routing_tables_take(&tables, 1, ret_table, err);
}

static int make_vrf(struct cni_attachment *at, struct cni_vrf_part *spec,
		    struct cni_container_vrf *ret_vrf, struct cni_error *err)
{
	struct cni_link_new new = {.kind = &cni_link_vrf, .name = spec->name, .netns = -1};

	if (choose_table(at, spec, &new.values.values[0], err) < 0)
		return -1;
	new.values.given = 1;
	/* Also if only the answer gets lost. */
	spec->made = true;
	if (cni_link_add(&at->nl[CNI_CONTAINER], &new, err) < 0)
		return cni_fail_within(err, "could not add VRF %s", spec->name);
	if (cni_container_vrf_find(at, spec->name, ret_vrf, err) < 0)
		return -1;
	if (cni_container_vrf_is(ret_vrf))
		return 0;
	return cni_fail(err, CNI_EKERNEL, "VRF '%s' was moved or deleted in the container",
			spec->name);
}

static int adopt_vrf(const struct cni_vrf_part *spec, const struct cni_container_vrf *vrf,
		     struct cni_error *err)
{
	if (!cni_container_vrf_is(vrf))
		return cni_fail(err, CNI_ETAKEN,
				"Netlink %s is not a VRF: 'vrfname' is the name of a link of kind "
				"'%s' in the container, expected a VRF or a name that is free",
				spec->name, vrf->link.kind);
	if (spec->table && spec->table != vrf->table)
		return cni_fail(err, CNI_ECONFIG,
				"VRF %s already exist with different routing table %u: 'table' is "
				"%u",
				spec->name, vrf->table, spec->table);
	return 0;
}

int cni_container_vrf_find_or_make(struct cni_attachment *at, struct cni_vrf_part *spec,
				   struct cni_container_vrf *ret_vrf, struct cni_error *err)
{
	const struct cni_link_change change = {.up = CNI_ON};

	if (cni_container_vrf_find(at, spec->name, ret_vrf, err) < 0)
		return -1;
	if (ret_vrf->link.index ? adopt_vrf(spec, ret_vrf, err) < 0
				: make_vrf(at, spec, ret_vrf, err) < 0)
		return -1;
	if (ret_vrf->link.flags & IFF_UP)
		return 0;
	if (cni_link_change(&at->nl[CNI_CONTAINER], ret_vrf->link.index, &change, err) < 0)
		return cni_fail_within(err, "could not set link up for VRF %s", spec->name);
	return 0;
}

struct slaves {
	int master;
	bool exist;
};

static int note_slave(const struct cni_link *link, void *data, struct cni_error *err)
{
	struct slaves *slaves = data;

	(void)err;
	slaves->exist |= link->master == slaves->master;
	return 0;
}

int cni_container_vrf_delete_unless_used(struct cni_attachment *at,
					 const struct cni_container_vrf *vrf, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_CONTAINER];
	struct slaves slaves = {.master = vrf->link.index};

	if (cni_link_each(nl, NULL, note_slave, NULL, &slaves, err) < 0)
		return -1;
	if (slaves.exist || cni_link_del(nl, vrf->link.index, err) == 0 || err->errnum == ENODEV)
		return 0;
	return -1;
}
