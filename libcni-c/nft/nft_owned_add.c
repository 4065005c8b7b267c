/* SPDX-License-Identifier: Apache-2.0 */
/* Owned elements: adding and checking them. */
#include "nft_owned.h"

#include "cleanup.h"

#include <errno.h>
#include <string.h>

static void add_items(struct cni_nft_tx *tx, const struct cni_owned_table *table,
		      const struct cni_nft_items *items)
{
	for (size_t i = 0; i < items->count; i++)
		cni_nft_add_element(tx, &table->table, items->items[i].set,
				    &items->items[i].element);
}

/* ---- the usual case ---- */

/* Looks first, because a transaction that fails takes the kernel milliseconds (synchronize_rcu() in
 * its __nf_tables_abort()). "nft flush table" leaves sets and chains without rules. */
int cni_owned_add_quickly(struct cni_nl *nl, const struct cni_owned_wish *wish,
			  struct cni_error *err)
{
	const struct cni_owned_table *table = wish->table;
	freeing_tx struct cni_nft_tx *tx = NULL;

	if (!cni_owned_has_skeleton(nl, wish) ||
	    (table->is_prepared && !table->is_prepared(nl, wish)))
		return 0;
	tx = cni_nft_tx_new(nl, 0);
	add_items(tx, table, &wish->items);
	if (cni_nft_commit(tx, err) == 0)
		return 1;
	return err->errnum == ENOENT || err->errnum == EEXIST || err->errnum == EBUSY ? 0 : -1;
}

/* ---- every case ---- */

int cni_owned_add_shared(struct cni_nl *nl, struct cni_nft_tx *tx,
			 const struct cni_nft_table *table, const struct cni_nft_item *item,
			 struct cni_error *err)
{
	struct cni_nft_element there;
	int found = cni_nft_look_up(nl, table, item->set, &item->element.key, &there, err);

	if (found == 0)
		cni_nft_add_element(tx, table, item->set, &item->element);
	return found < 0 ? -1 : 0;
}

/* Decides about the element in the way of an item, and about the item. */
static int place(struct cni_owned_change *change, const struct cni_nft_index *doomed,
		 const struct cni_nft_item *item, struct cni_error *err)
{
	const struct cni_owned_wish *wish = change->wish;
	const struct cni_owned_table *table = wish->table;
	enum cni_owned_answer answer = CNI_OWNED_TAKE;
	struct cni_nft_element there;
	int found = cni_nft_look_up(change->nl, &table->table, item->set, &item->element.key,
				    &there, err);

	if (found < 0)
		return -1;
	if (found && !cni_nft_index_has(doomed, item->set, &item->element.key)) {
		const struct cni_owner owner = cni_owner_of_text(there.comment);

		/* An element of the wish's own owner has lost its way back. */
		if (table->meet && strcmp(there.comment, wish->owner->text) != 0 &&
		    table->meet(change->nl, wish, item, &there, &answer, err) < 0)
			return -1;
		if (answer == CNI_OWNED_TAKE_OVER && cni_owned_find(change, &owner, err) < 0)
			return -1;
		if (answer != CNI_OWNED_WAIT &&
		    !cni_nft_index_has(doomed, item->set, &item->element.key))
			cni_nft_items_put(&change->doomed, item->set, &there);
	}
	cni_nft_items_put(answer == CNI_OWNED_WAIT ? &change->joining : &change->adding, item->set,
			  &item->element);
	return 0;
}

static int try_to_make(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	const struct cni_owned_wish *wish = *(const struct cni_owned_wish **)data;
	clearing_change struct cni_owned_change change = {
		.nl = nl, .tx = cni_nft_tx_new(nl, generation), .table = wish->table, .wish = wish};
	clearing_index struct cni_nft_index doomed = {.items = NULL};

	if (cni_owned_find(&change, wish->owner, err) < 0)
		return -1;
	doomed = cni_nft_index_make(&change.doomed);
	for (size_t i = 0; i < wish->items.count; i++)
		if (place(&change, &doomed, &wish->items.items[i], err) < 0)
			return -1;
	cni_owned_put_skeleton(change.tx, wish);
	if (cni_owned_put_removal(&change, err) < 0 ||
	    (wish->table->prepare && wish->table->prepare(nl, change.tx, wish, err) < 0))
		return -1;
	add_items(change.tx, wish->table, &change.adding);
	return cni_nft_commit(change.tx, err);
}

int cni_owned_make(struct cni_nl *nl, const struct cni_owned_wish *wish, struct cni_error *err)
{
	return cni_nft_retry(nl, try_to_make, &wish, err);
}

int cni_owned_add(struct cni_nl *nl, const struct cni_owned_wish *wish, struct cni_error *err)
{
	int done = cni_owned_add_quickly(nl, wish, err);

	if (done)
		return done < 0 ? -1 : 0;
	return cni_owned_make(nl, wish, err);
}

/* ---- checking ---- */

/* True if the owner waits for the element. */
static bool waits_for(struct cni_nl *nl, const struct cni_owned_wish *wish,
		      const struct cni_nft_item *item)
{
	clearing_change struct cni_owned_change look = {.nl = nl, .table = wish->table};
	struct cni_error ignored;

	return cni_owned_find_place(&look, wish->owner, item, &ignored) == 0 && look.doomed.count;
}

static bool is_as_added(const struct cni_nft_element *found, const struct cni_nft_element *expected)
{
	return !strcmp(found->comment, expected->comment) && !strcmp(found->jump, expected->jump) &&
	       cni_nft_bytes_equal(&found->value, &expected->value);
}

static int say_difference(const struct cni_owned_wish *wish, const struct cni_nft_item *item,
			  const struct cni_nft_element *found, struct cni_error *err)
{
	const struct cni_nft_element *expected = &item->element;
	char about[CNI_NFT_KEY_TEXT_SIZE];

	cni_nft_key_format(&cni_owned_set_of(wish->table, item->set)->set, &expected->key, about);
	if (strcmp(found->comment, expected->comment) != 0)
		return cni_fail(err, CNI_EMISMATCH, "%s: %s in '%s' belongs to '%s', expected '%s'",
				wish->what, about, item->set, found->comment, expected->comment);
	if (strcmp(found->jump, expected->jump) != 0)
		return cni_fail(err, CNI_EMISMATCH, "%s: %s in '%s' jumps to '%s', expected '%s'",
				wish->what, about, item->set, found->jump, expected->jump);
	return cni_fail(err, CNI_EMISMATCH,
			"%s: %s in '%s' has another value than ADD gave it for '%s'", wish->what,
			about, item->set, expected->comment);
}

static int check_item(struct cni_nl *nl, const struct cni_owned_wish *wish,
		      const struct cni_nft_item *item, struct cni_error *err)
{
	const struct cni_nft_table *table = &wish->table->table;
	const struct cni_nft_element *expected = &item->element;
	char about[CNI_NFT_KEY_TEXT_SIZE];
	struct cni_nft_element found;
	int there = cni_nft_look_up(nl, table, item->set, &expected->key, &found, err);

	if (there < 0)
		return -1;
	if (!there)
		return cni_fail(err, CNI_EMISMATCH,
				"%s: %s is not in '%s' of table '%s %s', expected it there for "
				"'%s'",
				wish->what,
				cni_nft_key_format(&cni_owned_set_of(wish->table, item->set)->set,
						   &expected->key, about),
				item->set, cni_owned_family_text(table), table->name,
				wish->owner->text);
	if (is_as_added(&found, expected) ||
	    (strcmp(found.comment, expected->comment) != 0 && waits_for(nl, wish, item)))
		return 0;
	return say_difference(wish, item, &found, err);
}

int cni_owned_check(struct cni_nl *nl, const struct cni_owned_wish *wish, struct cni_error *err)
{
	if (cni_owned_check_skeleton(nl, wish, false, err) < 0)
		return -1;
	for (size_t i = 0; i < wish->items.count; i++)
		if (check_item(nl, wish, &wish->items.items[i], err) < 0)
			return -1;
	return cni_owned_check_skeleton(nl, wish, true, err);
}
