/* SPDX-License-Identifier: Apache-2.0 */
/* Owned elements: adding and checking them. */
#include "nft_owned.h"

#include "cleanup.h"
#include "mem.h"
#include "nft_rule.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

/* ---- the skeleton ---- */

uint32_t cni_owned_rule_count(const struct cni_owned_chain *chain)
{
	uint32_t count = 0;

	while (chain->rules[count])
		count++;
	return count;
}

void cni_owned_put_skeleton(struct cni_nft_tx *tx, const struct cni_owned_table *table,
			    bool optional)
{
	for (const struct cni_owned_set *set = table->sets; set->set.name; set++)
		if (set->optional == optional)
			cni_nft_add_set(tx, &table->table, &set->set);
	for (const struct cni_owned_chain *chain = table->chains; chain->name; chain++) {
		if (chain->optional != optional)
			continue;
		if (chain->type)
			cni_nft_add_base_chain(tx, &table->table, chain->name, chain->type,
					       chain->hook, chain->priority);
		else
			cni_nft_add_chain(tx, &table->table, chain->name, "");
		cni_nft_flush_chain(tx, &table->table, chain->name);
	}
	/* A rule may jump to any of the chains. */
	for (const struct cni_owned_chain *chain = table->chains; chain->name; chain++)
		for (size_t i = 0; chain->optional == optional && chain->rules[i]; i++)
			cni_nft_rule(tx, &table->table, chain->name, "%s", chain->rules[i]);
}

static bool needs(const struct cni_owned_wish *wish, const struct cni_owned_chain *chain)
{
	return !chain->needed_with || cni_owned_count_jumps(&wish->items, chain->needed_with) > 0;
}

static bool needs_optional(const struct cni_owned_wish *wish)
{
	for (const struct cni_owned_chain *chain = wish->table->chains; chain->name; chain++)
		if (chain->optional && needs(wish, chain))
			return true;
	return false;
}

/* ---- the usual case ---- */

/* Asked first, because a transaction that fails takes the kernel milliseconds (synchronize_rcu() in
 * its __nf_tables_abort()). "nft flush table" leaves sets and chains without rules. The use of a chain that
 * elements jump to varies with these. */
static bool rules_are_there(struct cni_nl *nl, const struct cni_owned_wish *wish)
{
	for (const struct cni_owned_chain *chain = wish->table->chains; chain->name; chain++) {
		struct cni_error ignored;
		uint32_t use;

		if (!needs(wish, chain) ||
		    (chain->needed_with && !strcmp(chain->needed_with, chain->name)))
			continue;
		if (cni_nft_chain_use(nl, &wish->table->table, chain->name, &use, &ignored) < 0 ||
		    use != cni_owned_rule_count(chain) + chain->jumps)
			return false;
	}
	return true;
}

static void add_items(struct cni_nft_tx *tx, const struct cni_owned_table *table,
		      const struct cni_nft_items *items)
{
	for (size_t i = 0; i < items->count; i++)
		cni_nft_add_element(tx, &table->table, items->items[i].set,
				    &items->items[i].element);
}

static int add_to_existing(struct cni_nl *nl, const struct cni_owned_wish *wish,
			   struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, 0);

	add_items(tx, wish->table, &wish->items);
	return cni_nft_commit(tx, err);
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

/* The owners that go for a wish: its own, and others. */
struct goers {
	char (*texts)[CNI_OWNER_TEXT_SIZE];
	size_t count;
};

static bool goes(const char *comment, const void *data)
{
	const struct goers *goers = data;

	for (size_t i = 0; i < goers->count; i++)
		if (!strcmp(goers->texts[i], comment))
			return true;
	return false;
}

static void let_go(struct goers *goers, const char *text)
{
	goers->texts = cni_realloc_array(goers->texts, goers->count + 1, sizeof(*goers->texts));
	memset(goers->texts[goers->count], 0, sizeof(*goers->texts));
	strncpy(goers->texts[goers->count++], text, CNI_OWNER_TEXT_SIZE - 1);
}

/* A wish under way. */
struct making {
	struct cni_nl *nl;
	const struct cni_owned_wish *wish;
	struct goers goers;
	struct cni_nft_items doomed;
	struct cni_nft_items adding;
	struct cni_nft_items joining;
};

static void clear_making(struct making *making)
{
	free(making->goers.texts);
	cni_nft_items_clear(&making->doomed);
	cni_nft_items_clear(&making->adding);
	cni_nft_items_clear(&making->joining);
}

static int take_over(struct making *making, const struct cni_owner *owner, struct cni_error *err)
{
	let_go(&making->goers, owner->text);
	return cni_owned_find(making->nl, making->wish->table, owner, &making->doomed, err);
}

static int take_over_comment(struct making *making, const char *comment, struct cni_error *err)
{
	const struct cni_owner owner = cni_owner_of_text(comment);

	return take_over(making, &owner, err);
}

/* Decides about the element in the way of an item, and about the item. */
static int place(struct making *making, const struct cni_nft_item *item, struct cni_error *err)
{
	const struct cni_owned_table *table = making->wish->table;
	enum cni_owned_answer answer = CNI_OWNED_TAKE;
	struct cni_nft_element there;
	int found = cni_nft_look_up(making->nl, &table->table, item->set, &item->element.key,
				    &there, err);

	if (found < 0)
		return -1;
	if (found && !cni_nft_items_has(&making->doomed, item->set, &item->element.key)) {
		/* An element of the wish's own owner has lost its way back. */
		if (table->meet && strcmp(there.comment, making->wish->owner->text) != 0 &&
		    table->meet(making->nl, making->wish, item, &there, &answer, err) < 0)
			return -1;
		if (answer == CNI_OWNED_TAKE_OVER &&
		    take_over_comment(making, there.comment, err) < 0)
			return -1;
		if (answer != CNI_OWNED_WAIT &&
		    !cni_nft_items_has(&making->doomed, item->set, &item->element.key))
			cni_nft_items_put(&making->doomed, item->set, &there);
	}
	cni_nft_items_put(answer == CNI_OWNED_WAIT ? &making->joining : &making->adding, item->set,
			  &item->element);
	return 0;
}

static int make(struct making *making, uint32_t generation, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(making->nl, generation);
	const struct cni_owned_wish *wish = making->wish;
	const struct cni_owned_goers goers = {goes, &making->goers};
	struct cni_owned_removal removal = {.nl = making->nl,
					    .tx = tx,
					    .table = wish->table,
					    .goers = &goers,
					    .doomed = &making->doomed,
					    .next = &making->adding};

	if (take_over(making, wish->owner, err) < 0)
		return -1;
	for (size_t i = 0; i < wish->items.count; i++)
		if (place(making, &wish->items.items[i], err) < 0)
			return -1;
	cni_nft_add_table(tx, &wish->table->table);
	cni_owned_put_skeleton(tx, wish->table, false);
	if (cni_owned_put_removal(&removal, &making->joining, err) < 0 ||
	    (wish->table->prepare && wish->table->prepare(making->nl, tx, wish, err) < 0))
		return -1;
	if (needs_optional(wish))
		cni_owned_put_skeleton(tx, wish->table, true);
	add_items(tx, wish->table, &making->adding);
	return cni_nft_commit(tx, err);
}

static int try_to_make(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	struct making making = {.nl = nl, .wish = *(const struct cni_owned_wish **)data};
	int failed = make(&making, generation, err);

	clear_making(&making);
	return failed;
}

int cni_owned_add_quickly(struct cni_nl *nl, const struct cni_owned_wish *wish,
			  struct cni_error *err)
{
	const struct cni_owned_table *table = wish->table;

	if (!rules_are_there(nl, wish) || (table->is_prepared && !table->is_prepared(nl, wish)))
		return 0;
	if (add_to_existing(nl, wish, err) == 0)
		return 1;
	return err->errnum == ENOENT || err->errnum == EEXIST || err->errnum == EBUSY ? 0 : -1;
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

static const char *family_text(const struct cni_nft_table *table)
{
	return table->family == NFPROTO_BRIDGE ? "bridge" : "inet";
}

int cni_owned_check_chain(struct cni_nl *nl, const struct cni_owned_wish *wish, const char *chain,
			  uint32_t rules, struct cni_error *err)
{
	const struct cni_nft_table *table = &wish->table->table;
	uint32_t count = 0;

	if (cni_nft_rule_count(nl, table, chain, &count, err) < 0 && err->errnum != ENOENT)
		return -1;
	if (count != rules)
		return cni_fail(err, CNI_EMISMATCH,
				"%s: chain '%s' of table '%s %s' has %u rules, expected %u",
				wish->what, chain, family_text(table), table->name, count, rules);
	return 0;
}

/* True if the owner waits for the element. */
static bool waits_for(struct cni_nl *nl, const struct cni_owned_wish *wish,
		      const struct cni_nft_item *item)
{
	clearing_items struct cni_nft_items place = {0};
	struct cni_error ignored;

	return cni_owned_find_place(nl, wish->table, wish->owner, item, &place, &ignored) == 0 &&
	       place.count;
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
				item->set, family_text(table), table->name, wish->owner->text);
	if (is_as_added(&found, expected) ||
	    (strcmp(found.comment, expected->comment) != 0 && waits_for(nl, wish, item)))
		return 0;
	return say_difference(wish, item, &found, err);
}

/* The chains that all need, or those that the wish needs besides. */
static int check_chains(struct cni_nl *nl, const struct cni_owned_wish *wish, bool besides,
			struct cni_error *err)
{
	for (const struct cni_owned_chain *chain = wish->table->chains; chain->name; chain++)
		if (besides == !!chain->needed_with && needs(wish, chain) &&
		    cni_owned_check_chain(nl, wish, chain->name, cni_owned_rule_count(chain), err) <
			    0)
			return -1;
	return 0;
}

int cni_owned_check(struct cni_nl *nl, const struct cni_owned_wish *wish, struct cni_error *err)
{
	if (check_chains(nl, wish, false, err) < 0)
		return -1;
	for (size_t i = 0; i < wish->items.count; i++)
		if (check_item(nl, wish, &wish->items.items[i], err) < 0)
			return -1;
	return check_chains(nl, wish, true, err);
}
