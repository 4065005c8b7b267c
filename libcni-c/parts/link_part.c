/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "container_end.h"
#include "container_link.h"
#include "readiness.h"

#include <errno.h>
#include <string.h>

static void print(FILE *out, const void *data)
{
	const struct cni_link_part *spec = data;

	fprintf(out, " container %s", spec->kind->name);
	if (spec->parent)
		fprintf(out, " on %s%s", spec->parent, spec->parent_is_inside ? " inside" : "");
	for (size_t i = 0; i < CNI_LINK_VALUES; i++) {
		const struct cni_link_attribute *attribute = &spec->kind->attributes[i];
		const char *word = cni_link_word(attribute, spec->values.values[i]);

		if (!(spec->values.given & 1U << i))
			continue;
		if (word)
			fprintf(out, " %s %s", attribute->key, word);
		else
			fprintf(out, " %s %u", attribute->key, spec->values.values[i]);
	}
	if (spec->mtu)
		fprintf(out, " mtu %u", spec->mtu);
	if (spec->mac && *spec->mac)
		fprintf(out, " mac %s", spec->mac);
}

/* The socket of the namespace in which the link is made, where its parent is. */
static struct cni_nl *place_of(struct cni_attachment *at, const struct cni_link_part *spec)
{
	return &at->nl[spec->parent && !spec->parent_is_inside ? CNI_HOST : CNI_CONTAINER];
}

/* Index 0: the kind has no parent. */
static int find_parent(struct cni_attachment *at, const struct cni_link_part *spec,
		       struct cni_link *ret_parent, struct cni_error *err)
{
	*ret_parent = (struct cni_link){.index = 0};
	if (!spec->parent)
		return 0;
	if (cni_link_get(place_of(at, spec), spec->parent, ret_parent, err) < 0)
		return cni_fail_within(err, "'master' \"%s\"", spec->parent);
	if (spec->mtu > ret_parent->mtu)
		return cni_fail(err, CNI_ECONFIG,
				"'mtu' is %u, expected at most %u, the MTU of master '%s'",
				spec->mtu, ret_parent->mtu, spec->parent);
	return 0;
}

/* ---- ADD ---- */

/* Made anyway, if only the answer got lost: its MAC says whose it is. */
static bool is_made(struct cni_attachment *at, const struct cni_link_new *link)
{
	struct cni_error ignored;
	struct cni_link found;

	return link->mac &&
	       cni_link_get(&at->nl[CNI_CONTAINER], link->name, &found, &ignored) == 0 &&
	       !memcmp(found.mac, link->mac, CNI_MAC_SIZE);
}

static int make(struct cni_attachment *at, const struct cni_link_part *spec,
		const struct cni_link *parent, struct cni_error *err)
{
	const struct cni_link_new new = {
		.kind = spec->kind,
		.name = at->owner->ifname,
		.netns = at->netns,
		.parent = parent->index,
		.mac = spec->kind->shares_mac ? NULL : at->container.mac,
		.mtu = spec->mtu,
		.values = spec->values,
	};
	struct cni_error first;

	if (cni_link_add(place_of(at, spec), &new, err) == 0)
		return 0;
	if (err->errnum != EEXIST)
		return is_made(at, &new) ? 0 : -1;
	/* EEXIST may be about the id of a VLAN instead of a name. */
	first = *err;
	if (cni_container_link_refuse_other(at, err) == 0)
		*err = first;
	return -1;
}

/* The MAC that ADD has chosen, or the parent's, which some kinds share, and macvlan in mode passthru
 * (macvlan_common_newlink() in the kernel's drivers/net/macvlan.c). */
static bool has_mac_of(const struct cni_attachment *at, const struct cni_link *parent,
		       const struct cni_link *link)
{
	return !memcmp(link->mac, at->container.mac, CNI_MAC_SIZE) ||
	       (parent->has_mac && !memcmp(link->mac, parent->mac, CNI_MAC_SIZE));
}

/* Only the name leads to a link without an end on the host. Kind and MAC say whether it is the one that was
 * made: a process in the container may have renamed or replaced it meanwhile. */
static int follow(struct cni_attachment *at, const struct cni_link_part *spec,
		  const struct cni_link *parent, struct cni_error *err)
{
	struct cni_link found;

	if (cni_link_get(&at->nl[CNI_CONTAINER], at->owner->ifname, &found, err) < 0)
		return err->errnum == ENODEV ? cni_container_end_gone(at, err) : -1;
	if (strcmp(found.kind, spec->kind->name) != 0 || !has_mac_of(at, parent, &found))
		return cni_container_end_gone(at, err);
	at->container = found;
	return 0;
}

/* Deletes a link of the kind that ADD makes: a link that another program has made under the name stays. */
static int delete_link(struct cni_attachment *at, const struct cni_link_part *spec,
		       struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_CONTAINER];
	struct cni_link found;

	if (at->netns < 0)
		return 0;
	if (cni_link_get(nl, at->owner->ifname, &found, err) < 0)
		return err->errnum == ENODEV ? 0 : -1;
	if (strcmp(found.kind, spec->kind->name) != 0 || cni_link_del(nl, found.index, err) == 0 ||
	    err->errnum == ENODEV)
		return 0;
	return -1;
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	const struct cni_link_part *spec = data;
	struct cni_error ignored;
	struct cni_link parent;
	char mac[CNI_MAC_TEXT_SIZE];

	if (find_parent(at, spec, &parent, err) < 0)
		return -1;
	cni_container_link_choose_mac(at, spec->mac);
	if (make(at, spec, &parent, err) < 0)
		return -1;
	if (follow(at, spec, &parent, err) < 0) {
		delete_link(at, spec, &ignored);
		return -1;
	}
	cni_result_add_interface(at->result, at->owner->ifname,
				 cni_mac_format(at->container.mac, mac), at->call->env.netns);
	return 0;
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	return delete_link(at, data, err);
}

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	return delete_link(at, data, err);
}

/* ---- CHECK, STATUS ---- */

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_link_part *spec = data;
	struct cni_link parent;

	if (cni_container_link_check(at, spec->kind->name, err) < 0)
		return -1;
	if (spec->parent && cni_link_get(place_of(at, spec), spec->parent, &parent, err) < 0)
		return cni_fail_missing(err, CNI_EMISMATCH, "master '%s' is missing", spec->parent);
	if (spec->parent && at->container.peer != parent.index)
		return cni_fail(err, CNI_EMISMATCH, "'%s' in the container is not on master '%s'",
				at->owner->ifname, spec->parent);
	return cni_link_check_values(&at->nl[CNI_CONTAINER], &at->container, spec->kind,
				     &spec->values, err);
}

/* A parent in a container is known to an ADD alone. */
static int status(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_link_part *spec = data;
	struct cni_link parent;

	if (cni_readiness_check_kind(&at->nl[CNI_HOST], spec->kind->name, err) < 0)
		return -1;
	if (!spec->parent || spec->parent_is_inside ||
	    cni_link_get(&at->nl[CNI_HOST], spec->parent, &parent, err) == 0)
		return 0;
	err->code = CNI_EUNAVAILABLE;
	return cni_fail_within(err, "'master' \"%s\"", spec->parent);
}

const struct cni_part_ops cni_link_part_ops = {
	.name = "link",
	.size = sizeof(struct cni_link_part),
	.add = add,
	.undo = undo,
	.check = check,
	.del = del,
	.status = status,
	.print = print,
};
