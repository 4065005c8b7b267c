/* SPDX-License-Identifier: Apache-2.0 */
#include "host_end.h"

#include "cleanup.h"
#include "mem.h"
#include "peer.h"

#include <errno.h>
#include <string.h>

static bool is_veth(const struct cni_link *link)
{
	return !strcmp(link->kind, "veth");
}

/* ---- ADD and CHECK ---- */

static int code_of(const struct cni_attachment *at)
{
	return at->call->env.command == CNI_CHECK ? CNI_EMISMATCH : CNI_ECONFIG;
}

static int find_container_end(struct cni_attachment *at, struct cni_error *err)
{
	if (cni_link_get(&at->nl[CNI_CONTAINER], at->owner->ifname, &at->container, err) < 0)
		return cni_fail_missing(err, code_of(at),
					"container interface %s has no veth peer: it is not there",
					at->owner->ifname);
	if (!is_veth(&at->container) || !at->container.peer)
		return cni_fail(err, code_of(at),
				"container interface %s has no veth peer: it is of kind '%s'",
				at->owner->ifname, at->container.kind);
	return 0;
}

/* `*ret_leads` becomes true if the host's view of the link leads back to the container's end. */
static int leads_back(struct cni_attachment *at, const struct cni_link *link, bool *ret_leads,
		      struct cni_error *err)
{
	*ret_leads = is_veth(link) && link->peer == at->container.index;
	if (!*ret_leads)
		return 0;
	return cni_peer_is_in(&at->nl[CNI_HOST], link, at->netns, ret_leads, err);
}

/* The number comes from the container's side, where a process can make a link that has the number of
 * another container's. */
static int follow(struct cni_attachment *at, struct cni_error *err)
{
	int index = at->container.peer;
	struct cni_link link;
	bool leads = false;

	if (cni_link_get_by_index(&at->nl[CNI_HOST], index, &link, err) < 0) {
		if (err->errnum != ENODEV)
			return -1;
	} else if (leads_back(at, &link, &leads, err) < 0) {
		return -1;
	}
	if (!leads)
		return cni_fail(err, code_of(at), "veth peer with index %d is not in host ns",
				index);
	at->host = link;
	return 0;
}

int cni_host_end_find(struct cni_attachment *at, struct cni_error *err)
{
	bool has_interfaces = at->call->conf.version >= CNI_0_3_0;

	if (at->host.index)
		return 0;
	if (has_interfaces && !at->result->interface_count)
		return cni_fail(err, code_of(at), "no interfaces provided in 'prevResult'");
	if (find_container_end(at, err) < 0 || follow(at, err) < 0)
		return -1;
	if (has_interfaces && cni_attachment_find_interface(at, CNI_HOST, at->host.name) < 0) {
		cni_fail(err, code_of(at),
			 "no veth peer of container interface found in host ns: '%s' is not in "
			 "'prevResult'",
			 at->host.name);
		at->host = (struct cni_link){.index = 0};
		return -1;
	}
	return 0;
}

/* ---- DEL ---- */

/* By the alias, or by the owner's name before there is an alias. */
static bool is_ours(const struct cni_attachment *at, const struct cni_link *link)
{
	if (!is_veth(link))
		return false;
	return *link->alias ? !strcmp(link->alias, at->owner->text)
			    : !strcmp(link->name, at->owner->key);
}

/* True if the prevResult has this link, by name or, since it was renamed, by MAC. */
static bool is_in_result(const struct cni_attachment *at, const struct cni_link *link)
{
	char mac[CNI_MAC_TEXT_SIZE];

	cni_mac_format(link->mac, mac);
	for (size_t i = 0; i < at->result->interface_count; i++) {
		const struct cni_result_interface *interface = &at->result->interfaces[i];

		if (interface->sandbox && *interface->sandbox)
			continue;
		if ((interface->name && !strcmp(interface->name, link->name)) ||
		    (interface->mac && !strcasecmp(interface->mac, mac)))
			return true;
	}
	return false;
}

/* The path of the namespace may lead to another container's by now, which prevResult does not know.
 */
static bool guess_by_netns(struct cni_attachment *at)
{
	struct cni_error ignored;

	if (at->netns < 0 || find_container_end(at, &ignored) < 0 || follow(at, &ignored) < 0)
		return false;
	if (is_ours(at, &at->host) || (!*at->host.alias && is_in_result(at, &at->host)))
		return true;
	at->host = (struct cni_link){.index = 0};
	return false;
}

/* A name alone may be another link's by now. */
static bool guess_by_name(struct cni_attachment *at, const char *name)
{
	struct cni_error ignored;
	struct cni_link link;

	if (cni_link_get(&at->nl[CNI_HOST], name, &link, &ignored) < 0 || !is_ours(at, &link))
		return false;
	at->host = link;
	return true;
}

void cni_host_end_guess(struct cni_attachment *at)
{
	if (at->host.index || guess_by_netns(at))
		return;
	for (size_t i = 0; i < at->result->interface_count; i++) {
		const struct cni_result_interface *interface = &at->result->interfaces[i];

		if ((!interface->sandbox || !*interface->sandbox) && interface->name &&
		    guess_by_name(at, interface->name))
			return;
	}
	guess_by_name(at, at->owner->key);
}

/* ---- whose link CNI_IFNAME is ---- */

static bool names_another(const struct cni_owner *owner, const char *alias)
{
	freeing char *holder = cni_owner_text_container(alias);
	freeing char *own = cni_owner_text_container(owner->text);

	return *holder && strcmp(holder, own) != 0;
}

bool cni_host_end_is_anothers(struct cni_attachment *at, const struct cni_link *link)
{
	const struct cni_link container = at->container;
	const struct cni_link host = at->host;
	struct cni_error ignored;
	bool is_anothers;

	if (names_another(at->owner, link->alias))
		return true;
	if (!is_veth(link) || !link->peer)
		return false;
	at->container = *link;
	is_anothers = follow(at, &ignored) == 0 && names_another(at->owner, at->host.alias);
	at->container = container;
	at->host = host;
	return is_anothers;
}
