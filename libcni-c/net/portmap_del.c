/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports: taking them back. */
#include "portmap.h"

#include "cleanup.h"
#include "mem.h"
#include "nft_doomed.h"
#include "portmap_doomed.h"
#include "portmap_table.h"
#include "sysctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_portmap_table;

/* ---- looking ---- */

/* Dooms the element if it is there and bears the text; NULL: whatever it bears. */
static int doom_if(struct cni_nl *nl, const char *set, const struct cni_nft_bytes *key,
		   const char *text, struct cni_nft_doomed *doomed, struct cni_error *err)
{
	struct cni_nft_element element;
	int found = cni_portmap_look_up(nl, set, key, &element, err);

	if (found > 0 && (!text || !strcmp(element.comment, text)) &&
	    !cni_nft_is_doomed(doomed, set, key))
		cni_nft_doom(doomed, set, &element);
	return found < 0 ? -1 : 0;
}

int cni_portmap_doom_sources(struct cni_nl *nl, const struct cni_ip *address, const char *text,
			     struct cni_nft_doomed *doomed, struct cni_error *err)
{
	const struct cni_portmap_family *family = cni_portmap_family_of(address);
	struct cni_nft_bytes plain = cni_nft_ip(address);
	struct cni_nft_bytes pair = cni_portmap_hairpin_key(address);

	if (doom_if(nl, family->hairpins, &pair, text, doomed, err) < 0 ||
	    doom_if(nl, family->masquerades, &plain, text, doomed, err) < 0)
		return -1;
	return family->localhosts ? doom_if(nl, family->localhosts, &plain, text, doomed, err) : 0;
}

struct cni_ip cni_portmap_target(const struct cni_portmap_family *family,
				 const struct cni_nft_element *port)
{
	struct cni_ip ip = {.family = (uint8_t)family->number};

	memcpy(ip.bytes, port->value.data, cni_ip_size(&ip));
	return ip;
}

/* The port that an element of `published` leads to, and what hangs on it, if all that is still the
 * same owner's. */
static int doom_published(struct cni_nl *nl, const struct cni_portmap_family *family,
			  const struct cni_nft_element *back, struct cni_nft_doomed *doomed,
			  struct cni_error *err)
{
	struct cni_port_mapping mapping = cni_portmap_mapping_of(family, &back->value);
	const char *set = cni_portmap_set_of(family, &mapping);
	struct cni_nft_bytes key = cni_portmap_key(&mapping);
	struct cni_nft_element port;
	struct cni_ip target;
	int found;

	cni_nft_doom(doomed, family->published, back);
	found = cni_portmap_look_up(nl, set, &key, &port, err);
	if (found <= 0)
		return found;
	if (strcmp(port.comment, back->comment) != 0)
		return 0;
	cni_nft_doom(doomed, set, &port);
	target = cni_portmap_target(family, &port);
	return cni_portmap_doom_sources(nl, &target, back->comment, doomed, err);
}

int cni_portmap_doom_owner(struct cni_nl *nl, const struct cni_owner *owner,
			   struct cni_nft_doomed *doomed, struct cni_error *err)
{
	char name[CNI_IFNAME_SIZE];

	cni_owner_ifname(owner, "veth", name);
	for (size_t i = 0; i < 2; i++)
		for (uint32_t index = 0;; index++) {
			const struct cni_portmap_family *family = &cni_portmap_families[i];
			struct cni_nft_bytes key = cni_portmap_back_key(name, index);
			struct cni_nft_element back;
			int found = cni_portmap_look_up(nl, family->published, &key, &back, err);

			if (found < 0)
				return -1;
			if (!found)
				break;
			if (doom_published(nl, family, &back, doomed, err) < 0)
				return -1;
		}
	return 0;
}

/* ---- removing ---- */

/* Is there anything in the table but what is about to go, all of which bears `text`? */
static int has_others(const char *text, bool *ret_has, struct cni_error *err)
{
	for (size_t i = 0; i < 2; i++)
		if (cni_nft_has_others(table, cni_portmap_families[i].published, text, ret_has,
				       err) < 0 ||
		    *ret_has)
			return *ret_has ? 0 : -1;
	return 0;
}

static int set_localnets(const struct cni_nft_element *localnets, size_t count, const char *value,
			 struct cni_error *err)
{
	for (size_t i = 0; i < count; i++) {
		freeing char *key = cni_format("net/ipv4/conf/%.15s/route_localnet",
					       (const char *)localnets[i].key.data);

		/* The interface may be gone. */
		if (cni_sysctl_set(key, value, err) < 0 && err->errnum != ENOENT)
			return -1;
	}
	return 0;
}

/* To what the administrator wants for all interfaces. */
static int restore_localnets(const struct cni_nft_element *localnets, size_t count,
			     struct cni_error *err)
{
	char value[8];

	if (cni_sysctl_get("net/ipv4/conf/default/route_localnet", value, sizeof(value), err) < 0)
		return -1;
	return set_localnets(localnets, count, value, err);
}

/* route_localnet goes back before the table does, since the rule that guards it is in there. Who is
 * killed in between is asked again, and then finds the table. */
static int remove_table(struct cni_nl *nl, struct cni_nft_tx *tx, struct cni_error *err)
{
	freeing struct cni_nft_element *localnets = NULL;
	struct cni_error ignored;
	size_t count = 0;

	if (cni_nft_list(nl, table, cni_portmap_localnets, &localnets, &count, err) < 0 ||
	    restore_localnets(localnets, count, err) < 0)
		return -1;
	cni_nft_del_table(tx, table);
	if (cni_nft_commit(tx, err) == 0)
		return 0;
	/* Refused: the table is there, and may have others' ports by now. */
	if (err->errnum == ERESTART)
		set_localnets(localnets, count, "1", &ignored);
	return -1;
}

static int remove_doomed(struct cni_nl *nl, uint32_t generation,
			 const struct cni_nft_doomed *doomed, bool has_others_left,
			 struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);

	if (!doomed->count)
		return 0;
	if (!has_others_left)
		return remove_table(nl, tx, err);
	cni_nft_doomed_delete(tx, table, doomed);
	return cni_nft_commit(tx, err);
}

static void tell_published(const struct cni_nft_doomed *doomed, struct cni_published *published)
{
	free(published->mappings);
	published->mappings = cni_alloc(doomed->count * sizeof(*published->mappings));
	published->count = 0;
	for (size_t i = 0; i < doomed->count; i++)
		for (size_t j = 0; j < 2; j++)
			if (doomed->items[i].set == cni_portmap_families[j].published)
				published->mappings[published->count++] = cni_portmap_mapping_of(
					&cni_portmap_families[j], &doomed->items[i].element.value);
}

struct removal {
	const struct cni_owner *owner; /* of DEL */
	struct cni_stale stale;	       /* of GC */
	struct cni_published *published;
};

static int del_owner(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	clearing_doomed struct cni_nft_doomed doomed = {0};
	const struct removal *removal = data;
	char text[CNI_OWNER_TEXT_SIZE];
	bool others = false;

	if (cni_portmap_doom_owner(nl, removal->owner, &doomed, err) < 0 ||
	    (doomed.count && has_others(cni_owner_format(removal->owner, text), &others, err) < 0))
		return -1;
	tell_published(&doomed, removal->published);
	return remove_doomed(nl, generation, &doomed, others, err);
}

int cni_portmap_del(struct cni_nl *nl, const struct cni_owner *owner,
		    struct cni_published *ret_published, struct cni_error *err)
{
	struct removal removal = {.owner = owner, .published = ret_published};

	*ret_published = (struct cni_published){0};
	return cni_nft_retry(nl, del_owner, &removal, err);
}

static int gc_network(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	clearing_doomed struct cni_nft_doomed doomed = {0};
	const struct removal *removal = data;
	bool others = false;

	for (size_t i = 0; i < 2; i++) {
		const struct cni_portmap_family *family = &cni_portmap_families[i];
		freeing struct cni_nft_element *backs = NULL;
		size_t count = 0;

		if (cni_nft_list(nl, table, family->published, &backs, &count, err) < 0)
			return -1;
		for (size_t j = 0; j < count; j++) {
			if (!cni_stale_has(&removal->stale, backs[j].comment))
				others = true;
			else if (doom_published(nl, family, &backs[j], &doomed, err) < 0)
				return -1;
		}
	}
	tell_published(&doomed, removal->published);
	return remove_doomed(nl, generation, &doomed, others, err);
}

int cni_portmap_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		   struct cni_published *ret_published, struct cni_error *err)
{
	struct removal removal = {.stale = cni_stale_make(network, valid),
				  .published = ret_published};
	int failed;

	*ret_published = (struct cni_published){0};
	failed = cni_nft_retry(nl, gc_network, &removal, err);
	cni_stale_clear(&removal.stale);
	return failed;
}
