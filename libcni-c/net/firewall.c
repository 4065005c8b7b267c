/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall.h"

#include "cleanup.h"
#include "firewall_table.h"
#include "mem.h"

#include <errno.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_firewall_table;

static void add_elements(struct cni_nft_tx *tx, const struct cni_firewall *firewall)
{
	struct cni_nft_element policy = {.key = cni_firewall_owner_key(firewall->owner)};
	uint32_t indices[2] = {0, 0};

	cni_owner_format(firewall->owner, policy.comment);
	cni_firewall_name_chain(firewall->policy, firewall->bridge, policy.jump);
	cni_nft_add_element(tx, table, cni_firewall_policies, &policy);
	for (size_t i = 0; i < firewall->count; i++) {
		const struct cni_firewall_family *family =
			cni_firewall_family_of(&firewall->addresses[i]);
		uint32_t *index = &indices[family - cni_firewall_families];
		struct cni_nft_element member = {.key = cni_nft_ip(&firewall->addresses[i])};
		struct cni_nft_element back = {.key = cni_firewall_address_key(firewall->owner,
									       (*index)++),
					       .value = member.key};

		memcpy(member.comment, policy.comment, sizeof(member.comment));
		memcpy(back.comment, policy.comment, sizeof(back.comment));
		cni_nft_add_element(tx, table, family->members, &member);
		cni_nft_add_element(tx, table, family->addresses, &back);
	}
}

/* ---- the usual case ---- */

/* How things are all the time but the first: the rules are there, and others have the policy. Asked
 * before, since a transaction that fails keeps the kernel busy for milliseconds. */
static bool is_prepared(struct cni_nl *nl, const struct cni_firewall *firewall)
{
	char chain[CNI_NFT_NAME_SIZE];
	struct cni_error ignored;
	uint32_t use;

	/* Nothing jumps to it, so its uses are its rules. */
	if (cni_nft_chain_use(nl, table, cni_firewall_forward, &use, &ignored) < 0 ||
	    use != CNI_FIREWALL_RULES)
		return false;
	cni_firewall_name_chain(firewall->policy, firewall->bridge, chain);
	return cni_nft_chain_use(nl, table, chain, &use, &ignored) == 0;
}

static int add_to_existing(struct cni_nl *nl, const struct cni_firewall *firewall,
			   struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, 0);

	add_elements(tx, firewall);
	return cni_nft_commit(tx, err);
}

/* ---- every case ---- */

/* What holds one of the addresses now, whoever it belongs to: it is ours now. */
static int doom_predecessors(struct cni_nl *nl, const struct cni_firewall *firewall,
			     struct cni_nft_doomed *doomed, struct cni_error *err)
{
	for (size_t i = 0; i < firewall->count; i++) {
		const struct cni_firewall_family *family =
			cni_firewall_family_of(&firewall->addresses[i]);
		struct cni_nft_bytes key = cni_nft_ip(&firewall->addresses[i]);
		struct cni_nft_element element;
		int found = cni_firewall_look_up(nl, family->members, &key, &element, err);

		if (found < 0)
			return -1;
		if (found && !cni_nft_is_doomed(doomed, family->members, &key))
			cni_nft_doom(doomed, family->members, &element);
	}
	return 0;
}

static int add_missing_skeleton(struct cni_nl *nl, struct cni_nft_tx *tx, struct cni_error *err)
{
	uint32_t rules = 0;

	if (cni_nft_rule_count(nl, table, cni_firewall_forward, &rules, err) < 0 &&
	    err->errnum != ENOENT)
		return -1;
	cni_firewall_add_skeleton(tx);
	if (rules != CNI_FIREWALL_RULES)
		cni_firewall_add_rules(tx);
	return 0;
}

static int add_missing_policy(struct cni_nl *nl, struct cni_nft_tx *tx,
			      const struct cni_firewall *firewall, const char *chain,
			      struct cni_error *err)
{
	struct cni_firewall_of_bridge elements[CNI_FIREWALL_OF_BRIDGE];
	size_t count = cni_firewall_of_bridge(firewall->policy, firewall->bridge, elements);

	cni_nft_add_chain(tx, table, chain, "counts attachments");
	for (size_t i = 0; i < count; i++) {
		struct cni_nft_element element = {.key = elements[i].key};
		struct cni_nft_element there;
		int found = cni_firewall_look_up(nl, elements[i].set, &element.key, &there, err);

		if (found < 0)
			return -1;
		if (!found)
			cni_nft_add_element(tx, table, elements[i].set, &element);
	}
	return 0;
}

static int add_with_everything(struct cni_nl *nl, uint32_t generation, void *data,
			       struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	clearing_doomed struct cni_nft_doomed doomed = {0};
	const struct cni_firewall *firewall = data;
	char chain[CNI_NFT_NAME_SIZE];
	uint32_t deleted = 0;

	cni_firewall_name_chain(firewall->policy, firewall->bridge, chain);
	if (cni_firewall_doom_owner(nl, firewall->owner, &doomed, err) < 0 ||
	    doom_predecessors(nl, firewall, &doomed, err) < 0 ||
	    add_missing_skeleton(nl, tx, err) < 0)
		return -1;
	cni_nft_doomed_delete(tx, table, &doomed);
	if (cni_firewall_release(nl, tx, &doomed, chain, &deleted, err) < 0 ||
	    add_missing_policy(nl, tx, firewall, chain, err) < 0)
		return -1;
	add_elements(tx, firewall);
	return cni_nft_commit(tx, err);
}

int cni_firewall_add(struct cni_nl *nl, const struct cni_firewall *firewall, struct cni_error *err)
{
	struct cni_firewall copy = *firewall;

	if (is_prepared(nl, firewall)) {
		if (add_to_existing(nl, firewall, err) == 0)
			return 0;
		if (err->errnum != ENOENT && err->errnum != EEXIST && err->errnum != EBUSY)
			return -1;
	}
	return cni_nft_retry(nl, add_with_everything, &copy, err);
}
