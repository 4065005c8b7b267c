/* SPDX-License-Identifier: Apache-2.0 */
#include "container_link.h"

#include "container_end.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

void cni_container_link_choose_mac(struct cni_attachment *at, const char *mac)
{
	at->container = (struct cni_link){.has_mac = true};
	if (!mac || !*mac || cni_mac_parse(mac, at->container.mac) < 0)
		cni_link_random_mac(at->container.mac);
}

int cni_container_link_refuse_other(struct cni_attachment *at, struct cni_error *err)
{
	struct cni_link in_the_way;

	if (cni_link_get(&at->nl[CNI_CONTAINER], at->owner->ifname, &in_the_way, err) < 0)
		return 0;
	return cni_fail(err, CNI_ETAKEN,
			"CNI_IFNAME '%s' already exists in the container, expected a name "
			"that is free",
			at->owner->ifname);
}

int cni_container_link_mark(struct cni_attachment *at, struct cni_error *err)
{
	const struct cni_link_change change = {.alias = at->owner->text};

	if (cni_link_change(&at->nl[CNI_CONTAINER], at->container.index, &change, err) < 0)
		return err->errnum == ENODEV ? cni_container_end_gone(at, err) : -1;
	return 0;
}

static bool is_of(const struct cni_owner *owner, const char *kind, const struct cni_link *link)
{
	return !strcmp(link->kind, kind) && (!*link->alias || !strcmp(link->alias, owner->text));
}

static int del_unread(struct cni_nl *nl, const char *name, struct cni_error *err)
{
	struct cni_error ignored;

	if (err->errnum == ENODEV)
		return 0;
	if (!cni_link_is_unreadable(err))
		return -1;
	cni_link_del_by_name(nl, name, &ignored);
	return 0;
}

int cni_container_link_del_unread(struct cni_attachment *at, struct cni_error *err)
{
	return del_unread(&at->nl[CNI_CONTAINER], at->owner->ifname, err);
}

/* An ADD that was killed has left it under the name that link_part.c gives to it first. */
static int del_unnamed(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err)
{
	return cni_link_del_by_name(nl, owner->key, err) == 0 || err->errnum == ENODEV ? 0 : -1;
}

int cni_container_link_del_in(struct cni_nl *nl, const struct cni_owner *owner, const char *kind,
			      struct cni_error *err)
{
	struct cni_link found;

	if (del_unnamed(nl, owner, err) < 0)
		return -1;
	if (cni_link_get(nl, owner->ifname, &found, err) < 0)
		return del_unread(nl, owner->ifname, err);
	if (!is_of(owner, kind, &found) || cni_link_del(nl, found.index, err) == 0 ||
	    err->errnum == ENODEV)
		return 0;
	return -1;
}

int cni_container_link_del(struct cni_attachment *at, const char *kind, struct cni_error *err)
{
	if (at->netns < 0)
		return 0;
	return cni_container_link_del_in(&at->nl[CNI_CONTAINER], at->owner, kind, err);
}

static int compare(struct cni_attachment *at, const char *kind, struct cni_error *err)
{
	int index = cni_attachment_find_interface(at, CNI_CONTAINER, at->owner->ifname);
	const char *expected = index < 0 ? NULL : at->result->interfaces[index].mac;
	char mac[CNI_MAC_TEXT_SIZE];

	if (index < 0)
		return cni_fail(err, CNI_EMISMATCH,
				"'prevResult' has no interface '%s' with a sandbox",
				at->owner->ifname);
	if (strcmp(at->container.kind, kind) != 0)
		return cni_fail(err, CNI_EMISMATCH,
				"'%s' in the container is of kind '%s', "
				"expected %s %s",
				at->owner->ifname, at->container.kind,
				strchr("aeiou", *kind) ? "an" : "a", kind);
	/* The rules of the spoof check are about the MAC of ADD, not about one that the container
	 * has by now. */
	at->container.has_mac = expected && *expected;
	cni_mac_format(at->container.mac, mac);
	if (at->container.has_mac && strcasecmp(mac, expected) != 0)
		return cni_fail(err, CNI_EMISMATCH, "'%s' in the container has MAC %s, expected %s",
				at->owner->ifname, mac, expected);
	return 0;
}

int cni_container_link_check(struct cni_attachment *at, const char *kind, struct cni_error *err)
{
	if (cni_link_get(&at->nl[CNI_CONTAINER], at->owner->ifname, &at->container, err) == 0)
		return compare(at, kind, err);
	return cni_fail_missing(err, CNI_EMISMATCH, "'%s' is missing in the container",
				at->owner->ifname);
}
