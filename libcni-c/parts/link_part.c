/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "cleanup.h"
#include "container_end.h"
#include "container_link.h"
#include "link_names.h"
#include "readiness.h"
#include "route.h"

#include <errno.h>
#include <string.h>

static void print(FILE *out, const void *data)
{
	const struct cni_link_part *spec = data;

	fprintf(out, " container %s", spec->kind->name);
	if (spec->kind->has_parent)
		fprintf(out, " on %s%s", spec->parent && *spec->parent ? spec->parent : "default",
			spec->parent_is_inside ? " inside" : "");
	for (size_t i = 0; i < CNI_LINK_VALUES; i++) {
		const struct cni_link_attribute *attribute = &spec->kind->attributes[i];
		const char *word = cni_word_text(attribute->words, spec->values.values[i]);

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
	return &at->nl[spec->kind->has_parent && !spec->parent_is_inside ? CNI_HOST
									 : CNI_CONTAINER];
}

static bool is_named(const struct cni_link_part *spec)
{
	return spec->parent && *spec->parent;
}

static int find_default(struct cni_nl *nl, struct cni_link *ret_parent, struct cni_error *err)
{
	int index;

	if (cni_route_default(nl, &index, err) < 0)
		return -1;
	if (!index)
		return cni_fail(err, CNI_ECONFIG,
				"'master' is not given, and no default route leads through a link "
				"that could be it");
	return cni_link_get_by_index(nl, index, ret_parent, err);
}

static int refuse_missing(struct cni_nl *nl, const char *name, struct cni_error *err)
{
	freeing char *names = cni_link_names_text(nl);

	return cni_fail_missing(err, CNI_ECONFIG, "'master' \"%s\" is missing, expected %s%s", name,
				*names ? "one of " : "a link, of which there is none", names);
}

/* Index 0: the kind has no parent. */
static int find_parent(struct cni_attachment *at, const struct cni_link_part *spec,
		       struct cni_link *ret_parent, struct cni_error *err)
{
	struct cni_nl *nl = place_of(at, spec);

	*ret_parent = (struct cni_link){.index = 0};
	if (!spec->kind->has_parent)
		return 0;
	if (is_named(spec) && cni_link_get(nl, spec->parent, ret_parent, err) < 0)
		return refuse_missing(nl, spec->parent, err);
	if (!is_named(spec) && find_default(nl, ret_parent, err) < 0)
		return -1;
	if (spec->mtu > ret_parent->mtu)
		return cni_fail(err, CNI_ECONFIG,
				"'mtu' is %u, expected at most %u, the MTU of master '%s'",
				spec->mtu, ret_parent->mtu, ret_parent->name);
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

/* EEXIST may be about an attribute of the kind instead of the name. */
static int refuse_value(const struct cni_link_part *spec, const struct cni_link *parent,
			struct cni_error *err)
{
	for (size_t i = 0; i < CNI_LINK_VALUES; i++)
		if (spec->kind->attributes[i].is_exclusive)
			return cni_fail(err, CNI_ETAKEN,
					"'%s' %u of '%s' is taken: another link has it, here or in "
					"another network namespace",
					spec->kind->attributes[i].key, spec->values.values[i],
					parent->name);
	return -1;
}

static struct cni_link_new wish(struct cni_attachment *at, const struct cni_link_part *spec,
				const struct cni_link *parent, const char *name)
{
	return (struct cni_link_new){
		.kind = spec->kind,
		.name = name,
		.netns = at->netns,
		.parent = parent->index,
		.mac = spec->kind->shares_mac ? NULL : at->container.mac,
		.mtu = spec->mtu,
		.values = spec->values,
	};
}

/* Before Linux 6.15 the kernel looks for the name where the parent is, not where the link will be
 * (__rtnl_newlink() in net/core/rtnetlink.c), and hosts have an "eth0" as well. */
static bool is_taken_by_the_host(struct cni_attachment *at, const struct cni_link_part *spec)
{
	struct cni_error ignored;
	struct cni_link other;

	return place_of(at, spec) == &at->nl[CNI_HOST] &&
	       cni_link_get(&at->nl[CNI_HOST], at->owner->ifname, &other, &ignored) == 0;
}

/* DEL knows the other name. */
static int make_and_rename(struct cni_attachment *at, const struct cni_link_part *spec,
			   const struct cni_link *parent, struct cni_error *err)
{
	const struct cni_link_new new = wish(at, spec, parent, at->owner->key);
	const struct cni_link_change rename = {.name = at->owner->ifname};
	struct cni_nl *inside = &at->nl[CNI_CONTAINER];
	struct cni_error ignored;
	struct cni_link made;

	if (cni_link_add(place_of(at, spec), &new, err) < 0 && !is_made(at, &new))
		return err->errnum == EEXIST ? refuse_value(spec, parent, err) : -1;
	if (cni_link_get(inside, new.name, &made, err) == 0 &&
	    cni_link_change(inside, made.index, &rename, err) == 0)
		return 0;
	cni_link_del_by_name(inside, new.name, &ignored);
	return err->errnum == ENODEV ? cni_container_end_gone(at, err) : -1;
}

static int make(struct cni_attachment *at, const struct cni_link_part *spec,
		const struct cni_link *parent, struct cni_error *err)
{
	const struct cni_link_new new = wish(at, spec, parent, at->owner->ifname);

	if (cni_link_add(place_of(at, spec), &new, err) == 0)
		return 0;
	if (err->errnum != EEXIST)
		return is_made(at, &new) ? 0 : -1;
	if (cni_container_link_refuse_other(at, err) < 0)
		return -1;
	if (is_taken_by_the_host(at, spec))
		return make_and_rename(at, spec, parent, err);
	return refuse_value(spec, parent, err);
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
	if (follow(at, spec, &parent, err) < 0 || cni_container_link_mark(at, err) < 0) {
		cni_container_link_del(at, spec->kind->name, &ignored);
		return -1;
	}
	if (parent.index && !is_named(spec) && !spec->parent_is_inside)
		cni_result_add_interface(at->result, parent.name, cni_mac_format(parent.mac, mac),
					 NULL);
	cni_result_add_interface(at->result, at->owner->ifname,
				 cni_mac_format(at->container.mac, mac), at->call->env.netns);
	return 0;
}

static int del(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_link_part *spec = data;

	return cni_container_link_del(at, spec->kind->name, err);
}

static int undo(struct cni_attachment *at, void *data, struct cni_error *err)
{
	return del(at, data, err);
}

/* ---- CHECK, STATUS ---- */

/* The name of the parent; "": not known, as after an ADD of the Go plugin. */
static const char *parent_name(const struct cni_attachment *at, const struct cni_link_part *spec)
{
	if (!spec->kind->has_parent)
		return "";
	if (is_named(spec))
		return spec->parent;
	return spec->parent_is_inside ? "" : cni_attachment_host_link(at);
}

static int check_parent(struct cni_attachment *at, const struct cni_link_part *spec,
			struct cni_error *err)
{
	const char *name = parent_name(at, spec);
	struct cni_link parent;

	if (!*name)
		return 0;
	if (cni_link_get(place_of(at, spec), name, &parent, err) < 0)
		return cni_fail_missing(err, CNI_EMISMATCH, "master '%s' is missing", name);
	if (at->container.peer != cni_link_kind_parent(spec->kind, &parent))
		return cni_fail(err, CNI_EMISMATCH, "'%s' in the container is not on master '%s'",
				at->owner->ifname, name);
	return 0;
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	const struct cni_link_part *spec = data;

	if (cni_container_link_check(at, spec->kind->name, err) < 0 ||
	    check_parent(at, spec, err) < 0)
		return -1;
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
	if (spec->parent_is_inside || find_parent(at, spec, &parent, err) == 0)
		return 0;
	err->code = CNI_EUNAVAILABLE;
	return -1;
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
