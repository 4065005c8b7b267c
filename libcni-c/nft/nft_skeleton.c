/* SPDX-License-Identifier: Apache-2.0 */
/* Owned elements: the chains of the skeleton, and those that elements jump to. */
#include "nft_owned.h"

#include "nft_rule.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

static uint32_t rule_count(const struct cni_owned_chain *chain)
{
	uint32_t count = 0;

	while (chain->rules[count])
		count++;
	return count;
}

uint32_t cni_owned_count_jumps(const struct cni_nft_items *items, const char *chain)
{
	uint32_t count = 0;

	for (size_t i = 0; i < items->count; i++)
		count += !strcmp(items->items[i].element.jump, chain);
	return count;
}

static bool needs(const struct cni_owned_wish *wish, const struct cni_owned_chain *chain)
{
	return !chain->needed_with || cni_owned_count_jumps(&wish->items, chain->needed_with) > 0;
}

/* ---- making ---- */

static void put_chains(struct cni_nft_tx *tx, const struct cni_owned_table *table, bool optional)
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

void cni_owned_put_skeleton(struct cni_nft_tx *tx, const struct cni_owned_wish *wish)
{
	bool needs_optional = false;

	cni_nft_add_table(tx, &wish->table->table);
	put_chains(tx, wish->table, false);
	for (const struct cni_owned_chain *chain = wish->table->chains; chain->name; chain++)
		needs_optional |= chain->optional && needs(wish, chain);
	if (needs_optional)
		put_chains(tx, wish->table, true);
}

/* ---- looking ---- */

/* The use of a chain that elements jump to varies. */
bool cni_owned_has_skeleton(struct cni_nl *nl, const struct cni_owned_wish *wish)
{
	for (const struct cni_owned_chain *chain = wish->table->chains; chain->name; chain++) {
		bool varies = chain->needed_with && !strcmp(chain->needed_with, chain->name);
		struct cni_error ignored;
		uint32_t use;

		if (needs(wish, chain) && !varies &&
		    (cni_nft_chain_use(nl, &wish->table->table, chain->name, &use, &ignored) < 0 ||
		     use != rule_count(chain) + chain->jumps))
			return false;
	}
	return true;
}

const char *cni_owned_family_text(const struct cni_nft_table *table)
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
				wish->what, chain, cni_owned_family_text(table), table->name, count,
				rules);
	return 0;
}

int cni_owned_check_skeleton(struct cni_nl *nl, const struct cni_owned_wish *wish, bool needed_with,
			     struct cni_error *err)
{
	for (const struct cni_owned_chain *chain = wish->table->chains; chain->name; chain++)
		if (needed_with == !!chain->needed_with && needs(wish, chain) &&
		    cni_owned_check_chain(nl, wish, chain->name, rule_count(chain), err) < 0)
			return -1;
	return 0;
}

/* ---- the last jump goes ---- */

int cni_owned_fate_of(const struct cni_owned_change *change, const char *chain, uint32_t rules,
		      enum cni_owned_fate *ret_fate, struct cni_error *err)
{
	uint32_t doomed = cni_owned_count_jumps(&change->doomed, chain);
	uint32_t use;

	*ret_fate = CNI_OWNED_STAYS;
	if (cni_owned_count_jumps(&change->adding, chain))
		return 0;
	if (cni_nft_chain_use(change->nl, &change->table->table, chain, &use, err) < 0) {
		*ret_fate = CNI_OWNED_ABSENT;
		return err->errnum == ENOENT ? 0 : -1;
	}
	if (use - doomed <= rules)
		*ret_fate = CNI_OWNED_GOES;
	return 0;
}

int cni_owned_is_idle(struct cni_owned_change *change, bool *ret_idle, struct cni_error *err)
{
	const struct cni_owned_table *table = change->table;
	uint32_t skeleton = 0;
	uint32_t use;

	*ret_idle = false;
	for (const struct cni_owned_chain *chain = table->chains; chain->name; chain++) {
		enum cni_owned_fate fate = CNI_OWNED_GOES;

		if (chain->optional)
			continue;
		if (chain->needed_with &&
		    cni_owned_fate_of(change, chain->name, rule_count(chain), &fate, err) < 0)
			return -1;
		if (fate == CNI_OWNED_STAYS)
			return 0;
		skeleton++;
	}
	for (const struct cni_owned_set *set = table->sets; set->set.name; set++)
		skeleton += !set->optional;
	if (cni_nft_table_use(change->nl, &table->table, &use, err) < 0)
		return -1;
	*ret_idle = use - change->released <= skeleton;
	return 0;
}

/* The optional sets and chains go together. */
static void release_optional(struct cni_owned_change *change)
{
	const struct cni_owned_table *table = change->table;

	for (const struct cni_owned_chain *chain = table->chains; chain->name; chain++)
		if (chain->optional) {
			cni_nft_del_chain(change->tx, &table->table, chain->name);
			change->released++;
		}
	for (const struct cni_owned_set *set = table->sets; set->set.name; set++)
		if (set->optional) {
			cni_nft_del_set(change->tx, &table->table, set->set.name);
			change->released++;
		}
}

static int release_chain(struct cni_owned_change *change, const char *name, struct cni_error *err)
{
	const struct cni_owned_table *table = change->table;
	const struct cni_owned_chain *chain = table->chains;
	enum cni_owned_fate fate;

	while (chain->name && strcmp(chain->name, name) != 0)
		chain++;
	if (chain->name && !chain->optional)
		return 0;
	if (cni_owned_fate_of(change, name, chain->name ? rule_count(chain) : table->own_rules,
			      &fate, err) < 0)
		return -1;
	if (fate == CNI_OWNED_GOES && chain->name)
		release_optional(change);
	if (fate != CNI_OWNED_GOES || chain->name)
		return 0;
	cni_nft_del_chain(change->tx, &table->table, name);
	change->released++;
	return table->release ? table->release(change, name, err) : 0;
}

int cni_owned_release(struct cni_owned_change *change, struct cni_error *err)
{
	for (size_t i = 0; i < change->doomed.count; i++) {
		const char *chain = change->doomed.items[i].element.jump;
		struct cni_nft_items before = {change->doomed.items, i};

		if (*chain && !cni_owned_count_jumps(&before, chain) &&
		    release_chain(change, chain, err) < 0)
			return -1;
	}
	return 0;
}
