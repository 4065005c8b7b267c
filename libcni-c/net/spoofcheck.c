/* SPDX-License-Identifier: Apache-2.0 */
/* The spoof check: adding and checking. */
#include "spoofcheck.h"

#include "cleanup.h"
#include "spoofcheck_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_spoofcheck_table;

/* What is wanted, and all that this is in the table. */
struct guard {
	const struct cni_spoofcheck *wanted;
	struct cni_spoofcheck_items all;
};

/* ---- the usual case ---- */

static void add_items(struct cni_nft_tx *tx, const struct guard *guard)
{
	for (size_t i = 0; i < guard->all.count; i++)
		cni_nft_add_element(tx, table, guard->all.items[i].set,
				    &guard->all.items[i].element);
}

/* Asked before, since a transaction that fails keeps the kernel busy for milliseconds. Somebody's
 * "nft flush table" leaves sets and chains standing; then prerouting, which nothing jumps to, has
 * no use. */
static bool rules_are_there(struct cni_nl *nl, const struct cni_spoofcheck *wanted)
{
	struct cni_error ignored;
	uint32_t use;

	if (cni_nft_chain_use(nl, table, cni_spoofcheck_prerouting, &use, &ignored) < 0 ||
	    use != CNI_SPOOFCHECK_PREROUTING_RULES)
		return false;
	return !wanted->by_address ||
	       cni_nft_chain_use(nl, table, cni_spoofcheck_sources_chain, &use, &ignored) == 0;
}

static int add_to_existing(struct cni_nl *nl, const struct guard *guard, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, 0);

	add_items(tx, guard);
	return cni_nft_commit(tx, err);
}

/* ---- every case ---- */

/* Whatever stands where something of ours is to be, though the way back does not lead to it. */
static int doom_what_is_in_the_way(struct cni_nl *nl, const struct guard *guard,
				   struct cni_nft_doomed *doomed, struct cni_error *err)
{
	for (size_t i = 0; i < guard->all.count; i++) {
		const struct cni_spoofcheck_item *item = &guard->all.items[i];
		struct cni_nft_element element;
		int found;

		if (cni_nft_is_doomed(doomed, item->set, &item->element.key))
			continue;
		found = cni_spoofcheck_look_up(nl, item->set, &item->element.key, &element, err);
		if (found < 0)
			return -1;
		if (found)
			cni_nft_doom(doomed, item->set, &element);
	}
	return 0;
}

static int add_with_everything(struct cni_nl *nl, uint32_t generation, void *data,
			       struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	clearing_doomed struct cni_nft_doomed doomed = {0};
	const struct guard *guard = data;

	if (cni_spoofcheck_doom_owner(nl, guard->wanted->owner, &doomed, err) < 0 ||
	    doom_what_is_in_the_way(nl, guard, &doomed, err) < 0 ||
	    cni_spoofcheck_put_removal(nl, tx, &doomed, guard->wanted, err) < 0)
		return -1;
	cni_spoofcheck_add_skeleton(tx);
	if (guard->wanted->by_address)
		cni_spoofcheck_add_sources_skeleton(tx);
	add_items(tx, guard);
	return cni_nft_commit(tx, err);
}

static int add(struct cni_nl *nl, struct guard *guard, struct cni_error *err)
{
	if (rules_are_there(nl, guard->wanted)) {
		if (add_to_existing(nl, guard, err) == 0)
			return 0;
		if (err->errnum != ENOENT && err->errnum != EEXIST && err->errnum != EBUSY)
			return -1;
	}
	return cni_nft_retry(nl, add_with_everything, guard, err);
}

int cni_spoofcheck_add(struct cni_nl *nl, const struct cni_spoofcheck *wanted,
		       struct cni_error *err)
{
	struct guard guard = {wanted, cni_spoofcheck_items_of(wanted)};
	int failed = add(nl, &guard, err);

	free(guard.all.items);
	return failed;
}

/* ---- checking ---- */

/* The key that has asked for it. */
static const char *key_of(const struct cni_spoofcheck *wanted)
{
	return wanted->by_address ? "ipspoofchk" : "macspoofchk";
}

static int check_chain(struct cni_nl *nl, const struct cni_spoofcheck *wanted, const char *chain,
		       uint32_t expected, struct cni_error *err)
{
	uint32_t count = 0;

	if (cni_nft_rule_count(nl, table, chain, &count, err) < 0 && err->errnum != ENOENT)
		return -1;
	if (count != expected)
		return cni_fail(err, CNI_EMISMATCH,
				"%s: chain '%s' of table 'bridge %s' has %u rules, expected %u",
				key_of(wanted), chain, table->name, count, expected);
	return 0;
}

/* What a port is guarded for or by, if it is not what was wanted. */
static int compare(const struct cni_spoofcheck *wanted, const struct cni_spoofcheck_item *item,
		   const struct cni_nft_element *found, struct cni_error *err)
{
	char expected[CNI_MAC_TEXT_SIZE];
	char other[CNI_MAC_TEXT_SIZE];

	if (item->set == cni_spoofcheck_attachments &&
	    memcmp(found->value.data, wanted->mac, CNI_MAC_SIZE) != 0)
		return cni_fail(err, CNI_EMISMATCH, "%s: %s is guarded for %s, expected %s",
				key_of(wanted), item->about,
				cni_mac_format(found->value.data, other),
				cni_mac_format(wanted->mac, expected));
	if (wanted->by_address && strcmp(found->jump, item->element.jump) != 0)
		return cni_fail(err, CNI_EMISMATCH,
				"%s: %s in map '%s' jumps to '%s', expected '%s'", key_of(wanted),
				item->about, item->set, found->jump, item->element.jump);
	return 0;
}

static int check_item(struct cni_nl *nl, const struct cni_spoofcheck *wanted,
		      const struct cni_spoofcheck_item *item, struct cni_error *err)
{
	bool is_map = item->element.value.size || *item->element.jump;
	struct cni_nft_element found;
	int there = cni_spoofcheck_look_up(nl, item->set, &item->element.key, &found, err);

	if (there < 0)
		return -1;
	if (!there)
		return cni_fail(err, CNI_EMISMATCH, "%s: %s is not in %s '%s' of table 'bridge %s'",
				key_of(wanted), item->about, is_map ? "map" : "set", item->set,
				table->name);
	return compare(wanted, item, &found, err);
}

static int check(struct cni_nl *nl, const struct guard *guard, struct cni_error *err)
{
	static const struct {
		const char *name;
		uint32_t rules;
		bool by_address;
		bool always;
	} chains[] = {
		{cni_spoofcheck_check_chain, CNI_SPOOFCHECK_CHECK_RULES, false, false},
		{cni_spoofcheck_sources_chain, CNI_SPOOFCHECK_SOURCES_RULES, true, false},
		{cni_spoofcheck_fragments_chain, CNI_SPOOFCHECK_FRAGMENTS_RULES, true, false},
		{cni_spoofcheck_prerouting, CNI_SPOOFCHECK_PREROUTING_RULES, false, true},
	};
	const struct cni_spoofcheck *wanted = guard->wanted;

	for (size_t i = 0; i < guard->all.count; i++)
		if (check_item(nl, wanted, &guard->all.items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < sizeof(chains) / sizeof(*chains); i++)
		if ((chains[i].by_address == wanted->by_address || chains[i].always) &&
		    check_chain(nl, wanted, chains[i].name, chains[i].rules, err) < 0)
			return -1;
	return 0;
}

int cni_spoofcheck_check(struct cni_nl *nl, const struct cni_spoofcheck *wanted,
			 struct cni_error *err)
{
	struct guard guard = {wanted, cni_spoofcheck_items_of(wanted)};
	int failed = check(nl, &guard, err);

	free(guard.all.items);
	return failed;
}
