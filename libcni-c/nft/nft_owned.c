/* SPDX-License-Identifier: Apache-2.0 */
/* Owned elements: finding and removing them. */
#include "nft_owned.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An owner without its texts is a mistake in the caller: its elements would name no owner. */
static void require_texts(const struct cni_owner *owner)
{
	if (!*owner->text || !*owner->key)
		abort();
}

/* ---- wishes ---- */

struct cni_owned_wish cni_owned_wish_make(const struct cni_owned_table *table,
					  const struct cni_owner *owner, const void *data)
{
	struct cni_owned_wish wish = {
		.table = table, .what = table->what, .owner = owner, .data = data};

	require_texts(owner);
	table->put(&wish);
	return wish;
}

void cni_owned_wish_clear(struct cni_owned_wish *wish)
{
	cni_nft_items_clear(&wish->items);
}

struct cni_nft_element *cni_owned_put(struct cni_owned_wish *wish, const char *set,
				      const struct cni_nft_bytes *key)
{
	struct cni_nft_element element = {.key = *key};

	memcpy(element.comment, wish->owner->text, sizeof(element.comment));
	return cni_nft_items_put(&wish->items, set, &element);
}

struct cni_nft_bytes cni_owned_name_key(const char *name)
{
	struct cni_nft_bytes key = {.size = 0};

	cni_nft_bytes_add_ifname(&key, name);
	return key;
}

struct cni_nft_bytes cni_owned_address_key(const char *name, const struct cni_ip *ip)
{
	struct cni_nft_bytes key = cni_owned_name_key(name);

	cni_nft_bytes_add(&key, ip->bytes, cni_ip_size(ip));
	return key;
}

/* The key of the owner's way back number `index`. */
static struct cni_nft_bytes back_key(const struct cni_owned_set *set, const struct cni_owner *owner,
				     uint32_t index)
{
	struct cni_nft_bytes key = cni_owned_name_key(owner->key);

	if (set->role == CNI_OWNED_BY_INDEX)
		cni_nft_bytes_add(&key, &index, sizeof(index));
	return key;
}

struct cni_nft_element *cni_owned_put_back(struct cni_owned_wish *wish, const char *set)
{
	const struct cni_owned_set *of = cni_owned_set_of(wish->table, set);
	struct cni_nft_bytes key =
		back_key(of, wish->owner, wish->indices[of - wish->table->sets]++);

	return cni_owned_put(wish, set, &key);
}

const struct cni_owned_set *cni_owned_set_of(const struct cni_owned_table *table, const char *name)
{
	const struct cni_owned_set *set = table->sets;

	while (strcmp(set->set.name, name) != 0)
		set++;
	return set;
}

/* ---- finding ---- */

struct search {
	struct cni_nl *nl;
	const struct cni_owned_table *table;
	const struct cni_owner *owner;
	struct cni_nft_items *found;
	struct cni_nft_items followed; /* the leads of the last way back */
};

int cni_owned_find_place(struct cni_nl *nl, const struct cni_owned_table *table,
			 const struct cni_owner *owner, const struct cni_nft_item *awaited,
			 struct cni_nft_items *found, struct cni_error *err)
{
	clearing_items struct cni_nft_items list = {0};

	if (cni_owned_list_waiting(nl, table, awaited->set, &awaited->element.key, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (!strcmp(list.items[i].element.comment, owner->text))
			cni_nft_items_put(found, list.items[i].set, &list.items[i].element);
	return 0;
}

/* A way back may lead to an element that has passed to another owner. */
static int follow_lead(const struct search *search, const struct cni_nft_item *lead,
		       struct cni_error *err)
{
	struct cni_nft_element element;
	int found = cni_nft_look_up(search->nl, &search->table->table, lead->set,
				    &lead->element.key, &element, err);

	if (found < 0)
		return -1;
	if (!found || strcmp(element.comment, search->owner->text) != 0)
		return cni_owned_find_place(search->nl, search->table, search->owner, lead,
					    search->found, err);
	cni_nft_items_put(search->found, lead->set, &element);
	return 0;
}

/* All ports of an address lead to the same elements for its sources: each is followed once. */
static int follow(struct search *search, const char *set, const struct cni_nft_element *back,
		  struct cni_error *err)
{
	struct cni_nft_items leads = {0};
	int failed = 0;

	if (search->table->follow)
		search->table->follow(set, back, &leads);
	for (size_t i = 0; i < leads.count && !failed; i++)
		if (!cni_nft_items_has(&search->followed, leads.items[i].set,
				       &leads.items[i].element.key))
			failed = follow_lead(search, &leads.items[i], err);
	cni_nft_items_clear(&search->followed);
	search->followed = leads;
	return failed;
}

/* All of the owner's ways back in the set. */
static int find_in(struct search *search, const struct cni_owned_set *set, struct cni_error *err)
{
	for (uint32_t i = 0; i == 0 || set->role == CNI_OWNED_BY_INDEX; i++) {
		struct cni_nft_bytes key = back_key(set, search->owner, i);
		struct cni_nft_element back;
		int found = cni_nft_look_up(search->nl, &search->table->table, set->set.name, &key,
					    &back, err);

		if (found <= 0)
			return found;
		cni_nft_items_put(search->found, set->set.name, &back);
		if (follow(search, set->set.name, &back, err) < 0)
			return -1;
	}
	return 0;
}

int cni_owned_find(struct cni_nl *nl, const struct cni_owned_table *table,
		   const struct cni_owner *owner, struct cni_nft_items *found,
		   struct cni_error *err)
{
	struct search search = {.nl = nl, .table = table, .owner = owner, .found = found};
	int failed = 0;

	for (const struct cni_owned_set *set = table->sets; set->set.name && !failed; set++)
		if (cni_owned_is_back(set))
			failed = find_in(&search, set, err);
	cni_nft_items_clear(&search.followed);
	cni_nft_items_unique(found);
	return failed;
}

/* All elements of the owners that go, also those without a way back. */
static int find_goers(struct cni_nl *nl, const struct cni_owned_table *table,
		      const struct cni_owned_goers *goers, struct cni_nft_items *found,
		      struct cni_error *err)
{
	for (const struct cni_owned_set *set = table->sets; set->set.name; set++) {
		freeing struct cni_nft_element *elements = NULL;
		size_t count = 0;

		if (set->role == CNI_OWNED_SHARED)
			continue;
		if (cni_nft_list(nl, &table->table, set->set.name, &elements, &count, err) < 0)
			return -1;
		for (size_t i = 0; i < count; i++)
			if (goers->goes(elements[i].comment, goers->data))
				cni_nft_items_put(found, set->set.name, &elements[i]);
	}
	return 0;
}

/* ---- removing ---- */

uint32_t cni_owned_count_jumps(const struct cni_nft_items *items, const char *chain)
{
	uint32_t count = 0;

	for (size_t i = 0; items && i < items->count; i++)
		count += !strcmp(items->items[i].element.jump, chain);
	return count;
}

int cni_owned_fate_of(const struct cni_owned_removal *removal, const char *chain, uint32_t rules,
		      enum cni_owned_fate *ret_fate, struct cni_error *err)
{
	const struct cni_owned_table *table = removal->table;
	uint32_t doomed = cni_owned_count_jumps(removal->doomed, chain);
	uint32_t use;

	*ret_fate = CNI_OWNED_STAYS;
	if (cni_owned_count_jumps(removal->next, chain))
		return 0;
	if (cni_nft_chain_use(removal->nl, &table->table, chain, &use, err) < 0) {
		*ret_fate = CNI_OWNED_ABSENT;
		return err->errnum == ENOENT ? 0 : -1;
	}
	if (use - doomed <= rules)
		*ret_fate = CNI_OWNED_GOES;
	return 0;
}

int cni_owned_is_idle(struct cni_owned_removal *removal, bool *ret_idle, struct cni_error *err)
{
	const struct cni_owned_table *table = removal->table;
	uint32_t skeleton = 0;
	uint32_t use;

	*ret_idle = false;
	for (const struct cni_owned_chain *chain = table->chains; chain->name; chain++) {
		enum cni_owned_fate fate = CNI_OWNED_GOES;

		if (chain->optional)
			continue;
		if (chain->needed_with &&
		    cni_owned_fate_of(removal, chain->name, cni_owned_rule_count(chain), &fate,
				      err) < 0)
			return -1;
		if (fate == CNI_OWNED_STAYS)
			return 0;
		skeleton++;
	}
	for (const struct cni_owned_set *set = table->sets; set->set.name; set++)
		skeleton += !set->optional;
	if (cni_nft_table_use(removal->nl, &table->table, &use, err) < 0)
		return -1;
	*ret_idle = use - removal->released <= skeleton;
	return 0;
}

static void release_optional(struct cni_owned_removal *removal)
{
	const struct cni_owned_table *table = removal->table;

	for (const struct cni_owned_chain *chain = table->chains; chain->name; chain++)
		if (chain->optional) {
			cni_nft_del_chain(removal->tx, &table->table, chain->name);
			removal->released++;
		}
	for (const struct cni_owned_set *set = table->sets; set->set.name; set++)
		if (set->optional) {
			cni_nft_del_set(removal->tx, &table->table, set->set.name);
			removal->released++;
		}
}

static int release_chain(struct cni_owned_removal *removal, const char *name, struct cni_error *err)
{
	const struct cni_owned_table *table = removal->table;
	const struct cni_owned_chain *chain = table->chains;
	enum cni_owned_fate fate;

	while (chain->name && strcmp(chain->name, name) != 0)
		chain++;
	if (chain->name && !chain->optional)
		return 0;
	if (cni_owned_fate_of(removal, name,
			      chain->name ? cni_owned_rule_count(chain) : table->own_rules, &fate,
			      err) < 0)
		return -1;
	if (fate != CNI_OWNED_GOES)
		return 0;
	if (chain->name) {
		release_optional(removal);
		return 0;
	}
	cni_nft_del_chain(removal->tx, &table->table, name);
	removal->released++;
	return table->release ? table->release(removal, name, err) : 0;
}

static bool jumped_before(const struct cni_nft_items *doomed, size_t item)
{
	for (size_t i = 0; i < item; i++)
		if (!strcmp(doomed->items[i].element.jump, doomed->items[item].element.jump))
			return true;
	return false;
}

int cni_owned_put_removal(struct cni_owned_removal *removal, const struct cni_nft_items *joining,
			  struct cni_error *err)
{
	const struct cni_nft_items *doomed = removal->doomed;

	for (size_t i = 0; i < doomed->count; i++)
		/* Lists are rewritten as a whole. */
		if (cni_owned_set_of(removal->table, doomed->items[i].set)->role !=
		    CNI_OWNED_WAITING)
			cni_nft_del_element(removal->tx, &removal->table->table,
					    doomed->items[i].set, &doomed->items[i].element.key);
	if (cni_owned_put_lists(removal, joining, err) < 0)
		return -1;
	for (size_t i = 0; i < doomed->count; i++)
		if (*doomed->items[i].element.jump && !jumped_before(doomed, i) &&
		    release_chain(removal, doomed->items[i].element.jump, err) < 0)
			return -1;
	return 0;
}

struct attempt {
	const struct cni_owned_table *table;
	const struct cni_owner *owner; /* that goes; NULL: all goers */
	struct cni_owned_goers goers;
	struct cni_nft_items *removed; /* may be NULL */
};

static int remove_doomed(struct cni_owned_removal *removal, struct cni_error *err)
{
	const struct cni_owned_table *table = removal->table;
	struct cni_error ignored;
	bool idle = false;

	if (cni_owned_put_removal(removal, NULL, err) < 0 ||
	    (table->is_idle ? table->is_idle : cni_owned_is_idle)(removal, &idle, err) < 0)
		return -1;
	if (!idle)
		return cni_nft_commit(removal->tx, err);
	if (table->close && table->close(removal->nl, true, err) < 0)
		return -1;
	cni_nft_del_table(removal->tx, &table->table);
	if (cni_nft_commit(removal->tx, err) == 0)
		return 0;
	/* The table exists, and may have elements of other owners by now. */
	if (table->close && err->errnum == ERESTART)
		table->close(removal->nl, false, &ignored);
	return -1;
}

static int try_to_remove(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	clearing_items struct cni_nft_items doomed = {0};
	clearing_items struct cni_nft_items led = {0};
	const struct attempt *attempt = data;
	struct cni_owned_removal removal = {.nl = nl,
					    .tx = tx,
					    .table = attempt->table,
					    .goers = &attempt->goers,
					    .doomed = &doomed,
					    .led = &led};

	if ((attempt->owner ? cni_owned_find(nl, attempt->table, attempt->owner, &doomed, err)
			    : find_goers(nl, attempt->table, &attempt->goers, &doomed, err)) < 0)
		return -1;
	if (!doomed.count)
		return 0;
	if (remove_doomed(&removal, err) < 0)
		return -1;
	if (attempt->removed) {
		*attempt->removed = doomed;
		doomed = (struct cni_nft_items){0};
	}
	return 0;
}

static bool is_text(const char *comment, const void *data)
{
	return !strcmp(comment, data);
}

int cni_owned_del(struct cni_nl *nl, const struct cni_owned_table *table,
		  const struct cni_owner *owner, struct cni_nft_items *removed,
		  struct cni_error *err)
{
	struct attempt attempt = {.table = table,
				  .owner = owner,
				  .goers = {is_text, owner->text},
				  .removed = removed};

	require_texts(owner);
	return cni_nft_retry(nl, try_to_remove, &attempt, err);
}

int cni_owned_remove(struct cni_nl *nl, const struct cni_owned_table *table,
		     const struct cni_owned_goers *goers, struct cni_nft_items *removed,
		     struct cni_error *err)
{
	struct attempt attempt = {.table = table, .goers = *goers, .removed = removed};

	return cni_nft_retry(nl, try_to_remove, &attempt, err);
}

static bool is_stale(const char *comment, const void *data)
{
	return cni_stale_has(data, comment);
}

int cni_owned_gc(struct cni_nl *nl, const struct cni_owned_table *table, const char *network,
		 const struct cni_owners *valid, struct cni_nft_items *removed,
		 struct cni_error *err)
{
	clearing_stale struct cni_stale stale = cni_stale_make(network, valid);
	const struct cni_owned_goers goers = {is_stale, &stale};

	return cni_owned_remove(nl, table, &goers, removed, err);
}
