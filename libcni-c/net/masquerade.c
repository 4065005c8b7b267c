/* SPDX-License-Identifier: Apache-2.0 */
#include "masquerade.h"

#include "cleanup.h"
#include "masquerade_table.h"
#include "mem.h"
#include "nft_doomed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct attachment {
	const struct cni_owner *owner;
	const struct cni_net *nets;
	size_t count;
};

static void add_elements(struct cni_nft_tx *tx, const struct attachment *at)
{
	uint32_t indices[2] = {0, 0};
	char name[CNI_IFNAME_SIZE];

	cni_owner_ifname(at->owner, "veth", name);
	for (size_t i = 0; i < at->count; i++) {
		const struct cni_masq_family *family = cni_masq_family_of(&at->nets[i].ip);
		uint32_t *index = &indices[family - cni_masq_families];
		struct cni_nft_element verdict = {.key = cni_nft_ip(&at->nets[i].ip)};
		struct cni_nft_element back = {.key = cni_masq_attachment_key(name, (*index)++),
					       .value = verdict.key};
		char comment[CNI_NFT_COMMENT_SIZE];

		cni_masq_name_chain(at->owner->network, &at->nets[i], verdict.jump, comment);
		cni_owner_format(at->owner, verdict.comment);
		memcpy(back.comment, verdict.comment, sizeof(back.comment));
		cni_nft_add_element(tx, &cni_masq_table, family->verdicts, &verdict);
		cni_nft_add_element(tx, &cni_masq_table, family->attachments, &back);
	}
}

/* ---- looking and removing ---- */

/* Everything that bears the owner's name, found without knowing its addresses. */
static int doom_owner(struct cni_nl *nl, const struct cni_owner *owner,
		      struct cni_nft_doomed *doomed, struct cni_error *err)
{
	char text[CNI_OWNER_TEXT_SIZE];
	char name[CNI_IFNAME_SIZE];

	cni_owner_format(owner, text);
	cni_owner_ifname(owner, "veth", name);
	for (size_t i = 0; i < 2; i++)
		for (uint32_t index = 0;; index++) {
			struct cni_nft_bytes key = cni_masq_attachment_key(name, index);
			struct cni_nft_element verdict;
			struct cni_nft_element back;
			int found = cni_masq_look_up(nl, cni_masq_families[i].attachments, &key,
						     &back, err);

			if (found < 0)
				return -1;
			if (!found)
				break;
			cni_nft_doom(doomed, cni_masq_families[i].attachments, &back);
			found = cni_masq_look_up(nl, cni_masq_families[i].verdicts, &back.value,
						 &verdict, err);
			if (found < 0)
				return -1;
			/* Since then it may have become somebody else's. */
			if (found && !strcmp(verdict.comment, text))
				cni_nft_doom(doomed, cni_masq_families[i].verdicts, &verdict);
		}
	return 0;
}

/* What holds one of the addresses now, whoever it belongs to: the ledger has given it to us. */
static int doom_predecessors(struct cni_nl *nl, const struct attachment *at,
			     struct cni_nft_doomed *doomed, struct cni_error *err)
{
	for (size_t i = 0; i < at->count; i++) {
		const struct cni_masq_family *family = cni_masq_family_of(&at->nets[i].ip);
		struct cni_nft_bytes key = cni_nft_ip(&at->nets[i].ip);
		struct cni_nft_element element;
		int found = cni_masq_look_up(nl, family->verdicts, &key, &element, err);

		if (found < 0)
			return -1;
		if (found && !cni_nft_is_doomed(doomed, family->verdicts, &key))
			cni_nft_doom(doomed, family->verdicts, &element);
	}
	return 0;
}

static bool jumped_before(const struct cni_nft_doomed *doomed, size_t item)
{
	for (size_t i = 0; i < item; i++)
		if (!strcmp(doomed->items[i].element.jump, doomed->items[item].element.jump))
			return true;
	return false;
}

/* Will one of the addresses (NULL: there are none) jump to the chain? */
static bool is_wanted(const struct attachment *at, const char *chain)
{
	for (size_t i = 0; at && i < at->count; i++) {
		char comment[CNI_NFT_COMMENT_SIZE];
		char wanted[24];

		cni_masq_name_chain(at->owner->network, &at->nets[i], wanted, comment);
		if (!strcmp(wanted, chain))
			return true;
	}
	return false;
}

/* Deletes the chains of networks that nothing else jumps to, nor `at` is about to, and says how
 * many those are. */
static int delete_idle_chains(struct cni_nl *nl, struct cni_nft_tx *tx,
			      const struct cni_nft_doomed *doomed, const struct attachment *at,
			      uint32_t *ret_deleted, struct cni_error *err)
{
	for (size_t i = 0; i < doomed->count; i++) {
		const char *chain = doomed->items[i].element.jump;
		uint32_t ours = 0;
		uint32_t use;

		if (!*chain || jumped_before(doomed, i) || is_wanted(at, chain))
			continue;
		for (size_t j = i; j < doomed->count; j++)
			ours += !strcmp(doomed->items[j].element.jump, chain);
		if (cni_nft_chain_use(nl, &cni_masq_table, chain, &use, err) < 0)
			return -1;
		if (use - ours > CNI_MASQ_NETWORK_RULES)
			continue;
		cni_nft_del_chain(tx, &cni_masq_table, chain);
		++*ret_deleted;
	}
	return 0;
}

/* Removes the elements, and what has become idle by it. */
static int remove_doomed(struct cni_nl *nl, uint32_t generation,
			 const struct cni_nft_doomed *doomed, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	uint32_t deleted = 0;
	uint32_t use;

	if (!doomed->count)
		return 0;
	cni_nft_doomed_delete(tx, &cni_masq_table, doomed);
	if (delete_idle_chains(nl, tx, doomed, NULL, &deleted, err) < 0 ||
	    cni_nft_table_use(nl, &cni_masq_table, &use, err) < 0)
		return -1;
	if (use - deleted <= CNI_MASQ_SKELETON_USE)
		cni_nft_del_table(tx, &cni_masq_table);
	return cni_nft_commit(tx, err);
}

/* ---- the verbs ---- */

/* Are postrouting and the network's chains there, with their rules? Somebody's "nft flush table"
 * leaves maps and chains standing. Asked before, since a transaction that fails keeps the kernel
 * busy for milliseconds (synchronize_rcu() in its __nf_tables_abort()). */
static bool chains_are_there(struct cni_nl *nl, const struct attachment *at)
{
	struct cni_error ignored;
	uint32_t rules;

	/* Nothing jumps to postrouting, so its uses are its rules. */
	if (cni_nft_chain_use(nl, &cni_masq_table, cni_masq_postrouting, &rules, &ignored) < 0 ||
	    rules != CNI_MASQ_POSTROUTING_RULES)
		return false;
	for (size_t i = 0; i < at->count; i++) {
		char comment[CNI_NFT_COMMENT_SIZE];
		char chain[CNI_MASQ_CHAIN_SIZE];

		cni_masq_name_chain(at->owner->network, &at->nets[i], chain, comment);
		if (cni_nft_rule_count(nl, &cni_masq_table, chain, &rules, &ignored) < 0 ||
		    rules != CNI_MASQ_NETWORK_RULES)
			return false;
	}
	return true;
}

/* How things are all the time but the first: the network's chain is there and nothing stands in the
 * way. Two elements for each address, one transaction. */
static int add_to_existing(struct cni_nl *nl, const struct attachment *at, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, 0);

	add_elements(tx, at);
	return cni_nft_commit(tx, err);
}

/* 1: the chain is there with its rules, 0: it must be (re)made, -1: failed. */
static int chain_is_there(struct cni_nl *nl, const char *chain, uint32_t rules,
			  struct cni_error *err)
{
	uint32_t count;

	if (cni_nft_rule_count(nl, &cni_masq_table, chain, &count, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	return count == rules;
}

static int add_missing_chains(struct cni_nl *nl, struct cni_nft_tx *tx, const struct attachment *at,
			      struct cni_error *err)
{
	char made[8][CNI_MASQ_CHAIN_SIZE];
	size_t made_count = 0;
	int there = chain_is_there(nl, cni_masq_postrouting, CNI_MASQ_POSTROUTING_RULES, err);

	if (there < 0)
		return -1;
	cni_masq_add_skeleton(tx);
	if (!there) {
		cni_nft_flush_chain(tx, &cni_masq_table, cni_masq_postrouting);
		cni_masq_add_postrouting_rules(tx);
	}
	for (size_t i = 0; i < at->count; i++) {
		char comment[CNI_NFT_COMMENT_SIZE];
		char chain[CNI_MASQ_CHAIN_SIZE];
		bool again = false;

		cni_masq_name_chain(at->owner->network, &at->nets[i], chain, comment);
		for (size_t j = 0; j < made_count; j++)
			again |= !strcmp(made[j], chain);
		if (again)
			continue;
		there = chain_is_there(nl, chain, CNI_MASQ_NETWORK_RULES, err);
		if (there < 0)
			return -1;
		if (!there)
			cni_masq_add_network_chain(tx, chain, comment, &at->nets[i]);
		if (made_count < sizeof(made) / sizeof(*made))
			memcpy(made[made_count++], chain, sizeof(chain));
	}
	return 0;
}

static int add_with_everything(struct cni_nl *nl, uint32_t generation, void *data,
			       struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	clearing_doomed struct cni_nft_doomed doomed = {0};
	const struct attachment *at = data;
	uint32_t deleted = 0;

	if (doom_owner(nl, at->owner, &doomed, err) < 0 ||
	    doom_predecessors(nl, at, &doomed, err) < 0 || add_missing_chains(nl, tx, at, err) < 0)
		return -1;
	cni_nft_doomed_delete(tx, &cni_masq_table, &doomed);
	if (delete_idle_chains(nl, tx, &doomed, at, &deleted, err) < 0)
		return -1;
	add_elements(tx, at);
	return cni_nft_commit(tx, err);
}

int cni_masquerade_add(struct cni_nl *nl, const struct cni_owner *owner, const struct cni_net *nets,
		       size_t count, struct cni_error *err)
{
	struct attachment at = {owner, nets, count};

	if (chains_are_there(nl, &at)) {
		if (add_to_existing(nl, &at, err) == 0)
			return 0;
		if (err->errnum != ENOENT && err->errnum != EEXIST && err->errnum != EBUSY)
			return -1;
	}
	return cni_nft_retry(nl, add_with_everything, &at, err);
}

static int del_owner(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	clearing_doomed struct cni_nft_doomed doomed = {0};
	const struct attachment *at = data;

	if (doom_owner(nl, at->owner, &doomed, err) < 0)
		return -1;
	return remove_doomed(nl, generation, &doomed, err);
}

int cni_masquerade_del(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err)
{
	struct attachment at = {.owner = owner};

	return cni_nft_retry(nl, del_owner, &at, err);
}

static int gc_network(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	clearing_doomed struct cni_nft_doomed doomed = {0};

	for (size_t i = 0; i < 2; i++) {
		const struct cni_masq_family *family = &cni_masq_families[i];

		if (cni_nft_doom_stale(nl, &cni_masq_table, family->verdicts, data, &doomed, err) <
			    0 ||
		    cni_nft_doom_stale(nl, &cni_masq_table, family->attachments, data, &doomed,
				       err) < 0)
			return -1;
	}
	return remove_doomed(nl, generation, &doomed, err);
}

int cni_masquerade_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		      struct cni_error *err)
{
	clearing_stale struct cni_stale stale = cni_stale_make(network, valid);

	return cni_nft_retry(nl, gc_network, &stale, err);
}
