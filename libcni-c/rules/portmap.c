/* SPDX-License-Identifier: Apache-2.0 */
#include "portmap.h"

#include "cleanup.h"
#include "link.h"
#include "mem.h"
#include "portmap_table.h"

#include <stdlib.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_portmap_table.table;

/* ---- ports of others ---- */

/* `*ret_gone` becomes true if no link has the name of the attachment's link or, after a rename, its
 * alias; false if the attachment has no link on the host. */
static int is_gone(struct cni_nl *nl, const char *text, bool *ret_gone, struct cni_error *err)
{
	const struct cni_owner owner = cni_owner_of_text(text);
	struct cni_nft_bytes key = cni_owned_name_key(owner.key);
	char link[CNI_IFNAME_SIZE] = "";
	struct cni_nft_element back;
	bool exists = true;
	int found = cni_nft_look_up(nl, table, cni_portmap_owners, &key, &back, err);

	*ret_gone = false;
	if (found < 0)
		return -1;
	if (!found || !back.value.data[0])
		return 0;
	memcpy(link, back.value.data, sizeof(link) - 1);
	if (cni_link_exists(link, text, &exists, err) < 0)
		return -1;
	*ret_gone = !exists;
	return 0;
}

static bool same_container(const char *a, const char *b)
{
	freeing char *one = cni_owner_text_container(a);
	freeing char *other = cni_owner_text_container(b);

	return !strcmp(one, other);
}

/* Names the port as in the wish, and the container's address that it leads to now. */
static int refuse(const struct cni_owned_wish *wish, const struct cni_nft_item *item,
		  const struct cni_nft_element *there, struct cni_error *err)
{
	const struct cni_port_mapping *mapping = cni_portmap_mapping_at(wish->data, item);
	struct cni_ip target = cni_portmap_target(item->set, &there->value);
	char port[CNI_PORT_TEXT_SIZE];
	char ip[CNI_IP_TEXT_SIZE];

	return cni_fail(err, CNI_ETAKEN, "port %s is already published by '%s', for %s",
			cni_port_mapping_format(mapping, port), there->comment,
			cni_ip_format(&target, ip));
}

/* Two attachments may share an address with translated sources. */
int cni_portmap_meet(struct cni_nl *nl, const struct cni_owned_wish *wish,
		     const struct cni_nft_item *item, const struct cni_nft_element *there,
		     enum cni_owned_answer *ret_answer, struct cni_error *err)
{
	bool is_port = item->element.value.size != 0;
	clearing_items struct cni_nft_items list = {0};
	bool gone;

	if (is_gone(nl, there->comment, &gone, err) < 0)
		return -1;
	*ret_answer = gone ? CNI_OWNED_TAKE_OVER : CNI_OWNED_WAIT;
	if (!is_port)
		return 0;
	if (!gone && !same_container(there->comment, wish->owner->text))
		return refuse(wish, item, there, err);
	if (cni_owned_list_waiting(nl, wish->table, item->set, &item->element.key, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		const struct cni_nft_element *next = &list.items[i].element;

		if (same_container(next->comment, wish->owner->text))
			continue;
		if (is_gone(nl, next->comment, &gone, err) < 0)
			return -1;
		if (!gone)
			return refuse(wish, item, next, err);
	}
	return 0;
}

/* ---- the verbs ---- */

static struct cni_owned_wish wish_of(const struct cni_portmap *portmap)
{
	struct cni_owned_wish wish =
		cni_owned_wish_make(&cni_portmap_table, "portmap", portmap->owner, portmap);

	cni_portmap_put(&wish, portmap);
	return wish;
}

int cni_portmap_add(struct cni_nl *nl, const struct cni_portmap *portmap, struct cni_error *err)
{
	clearing_wish struct cni_owned_wish wish = wish_of(portmap);
	struct cni_nft_bytes name = cni_owned_name_key(wish.owner->key);
	struct cni_published published;
	struct cni_error ignored;

	/* CHECK does without: the link may have another name since. */
	cni_owned_wish_put(&wish, cni_portmap_owners, &name)->value =
		cni_owned_name_key(portmap->link);
	if (cni_owned_add(nl, &wish, err) < 0)
		return -1;
	if (cni_portmap_turn_on_localnet(portmap->localnet, err) == 0)
		return 0;
	cni_portmap_del(nl, portmap->owner, &published, &ignored);
	free(published.mappings);
	return -1;
}

int cni_portmap_check(struct cni_nl *nl, const struct cni_portmap *portmap, struct cni_error *err)
{
	clearing_wish struct cni_owned_wish wish = wish_of(portmap);

	if (cni_owned_check(nl, &wish, err) < 0)
		return -1;
	return cni_portmap_check_localnet(nl, portmap->localnet, err);
}

static void tell_published(const struct cni_nft_items *removed, struct cni_published *ret_published)
{
	*ret_published = (struct cni_published){
		.mappings = cni_alloc(removed->count * sizeof(*ret_published->mappings))};
	for (size_t i = 0; i < removed->count; i++)
		for (size_t j = 0; j < 2; j++)
			if (!strcmp(removed->items[i].set, cni_portmap_families[j].published))
				ret_published->mappings[ret_published->count++] =
					cni_portmap_mapping_of(&cni_portmap_families[j],
							       &removed->items[i].element.value);
}

int cni_portmap_del(struct cni_nl *nl, const struct cni_owner *owner,
		    struct cni_published *ret_published, struct cni_error *err)
{
	clearing_items struct cni_nft_items removed = {0};
	int failed = cni_owned_del(nl, &cni_portmap_table, owner, &removed, err);

	tell_published(&removed, ret_published);
	return failed;
}

int cni_portmap_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		   struct cni_published *ret_published, struct cni_error *err)
{
	clearing_items struct cni_nft_items removed = {0};
	int failed = cni_owned_gc(nl, &cni_portmap_table, network, valid, &removed, err);

	tell_published(&removed, ret_published);
	return failed;
}

int cni_portmap_sweep(struct cni_nl *nl, struct cni_published *ret_published, size_t *ret_left,
		      struct cni_error *err)
{
	clearing_items struct cni_nft_items removed = {0};
	int failed = cni_owned_sweep(nl, &cni_portmap_table, &removed, ret_left, err);

	tell_published(&removed, ret_published);
	return failed;
}
