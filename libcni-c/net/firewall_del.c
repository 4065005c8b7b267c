/* SPDX-License-Identifier: Apache-2.0 */
/* The firewall's table: taking out of it. */
#include "firewall.h"

#include "cleanup.h"
#include "firewall_table.h"

#include <errno.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_firewall_table;

/* ---- what is to go ---- */

static int doom_addresses(struct cni_nl *nl, const struct cni_firewall_family *family,
			  const struct cni_owner *owner, const char *text,
			  struct cni_nft_doomed *doomed, struct cni_error *err)
{
	for (uint32_t index = 0;; index++) {
		struct cni_nft_bytes key = cni_firewall_address_key(owner, index);
		struct cni_nft_element member;
		struct cni_nft_element back;
		int found = cni_firewall_look_up(nl, family->addresses, &key, &back, err);

		if (found <= 0)
			return found;
		cni_nft_doom(doomed, family->addresses, &back);
		found = cni_firewall_look_up(nl, family->members, &back.value, &member, err);
		if (found < 0)
			return -1;
		/* Since then it may have become somebody else's. */
		if (found && !strcmp(member.comment, text))
			cni_nft_doom(doomed, family->members, &member);
	}
}

int cni_firewall_doom_owner(struct cni_nl *nl, const struct cni_owner *owner,
			    struct cni_nft_doomed *doomed, struct cni_error *err)
{
	struct cni_nft_bytes key = cni_firewall_owner_key(owner);
	char text[CNI_OWNER_TEXT_SIZE];
	struct cni_nft_element policy;
	int found = cni_firewall_look_up(nl, cni_firewall_policies, &key, &policy, err);

	if (found < 0)
		return -1;
	if (found)
		cni_nft_doom(doomed, cni_firewall_policies, &policy);
	cni_owner_format(owner, text);
	for (size_t i = 0; i < 2; i++)
		if (doom_addresses(nl, &cni_firewall_families[i], owner, text, doomed, err) < 0)
			return -1;
	return 0;
}

/* ---- what goes with it ---- */

enum fate { ABSENT, STAYS, GOES };

/* What becomes of a chain once the doomed elements are gone? */
static int tell_fate(struct cni_nl *nl, const struct cni_nft_doomed *doomed, const char *chain,
		     const char *kept, enum fate *ret_fate, struct cni_error *err)
{
	uint32_t ours = 0;
	uint32_t use;

	*ret_fate = STAYS;
	if (kept && !strcmp(chain, kept))
		return 0;
	for (size_t i = 0; i < doomed->count; i++)
		ours += !strcmp(doomed->items[i].element.jump, chain);
	if (cni_nft_chain_use(nl, table, chain, &use, err) < 0) {
		*ret_fate = ABSENT;
		return err->errnum == ENOENT ? 0 : -1;
	}
	if (ours && use == ours)
		*ret_fate = GOES;
	return 0;
}

static int delete_if_there(struct cni_nl *nl, struct cni_nft_tx *tx, const char *set,
			   const struct cni_nft_bytes *key, struct cni_error *err)
{
	struct cni_nft_element element;
	int found = cni_firewall_look_up(nl, set, key, &element, err);

	if (found > 0)
		cni_nft_del_element(tx, table, set, key);
	return found < 0 ? -1 : 0;
}

/* A bridge may have attachments of both policies, which share `bridges` and `same`. */
static int release_bridge(struct cni_nl *nl, struct cni_nft_tx *tx,
			  const struct cni_nft_doomed *doomed, const char *chain, const char *kept,
			  struct cni_error *err)
{
	struct cni_nft_bytes plain;
	struct cni_nft_bytes pair;
	enum cni_firewall_policy policy;
	char sibling[CNI_NFT_NAME_SIZE];
	char bridge[CNI_IFNAME_SIZE];
	enum fate fate;

	if (!cni_firewall_parse_chain(chain, &policy, bridge) || policy == CNI_FIREWALL_OPEN)
		return 0;
	plain = cni_firewall_bridge_key(bridge);
	pair = cni_firewall_pair_key(bridge);
	if (policy == CNI_FIREWALL_ISOLATED &&
	    delete_if_there(nl, tx, cni_firewall_isolated, &pair, err) < 0)
		return -1;
	cni_firewall_name_chain(policy == CNI_FIREWALL_ISOLATED ? CNI_FIREWALL_SAME_BRIDGE
								: CNI_FIREWALL_ISOLATED,
				bridge, sibling);
	if (tell_fate(nl, doomed, sibling, kept, &fate, err) < 0)
		return -1;
	/* If both go, one of them takes it. */
	if (fate == STAYS || (fate == GOES && policy == CNI_FIREWALL_ISOLATED))
		return 0;
	if (delete_if_there(nl, tx, cni_firewall_bridges, &plain, err) < 0)
		return -1;
	return delete_if_there(nl, tx, cni_firewall_same, &pair, err);
}

static bool jumped_before(const struct cni_nft_doomed *doomed, size_t item)
{
	for (size_t i = 0; i < item; i++)
		if (!strcmp(doomed->items[i].element.jump, doomed->items[item].element.jump))
			return true;
	return false;
}

int cni_firewall_release(struct cni_nl *nl, struct cni_nft_tx *tx,
			 const struct cni_nft_doomed *doomed, const char *kept,
			 uint32_t *ret_deleted, struct cni_error *err)
{
	for (size_t i = 0; i < doomed->count; i++) {
		const char *chain = doomed->items[i].element.jump;
		enum fate fate;

		if (!*chain || jumped_before(doomed, i))
			continue;
		if (tell_fate(nl, doomed, chain, kept, &fate, err) < 0)
			return -1;
		if (fate != GOES)
			continue;
		if (release_bridge(nl, tx, doomed, chain, kept, err) < 0)
			return -1;
		cni_nft_del_chain(tx, table, chain);
		++*ret_deleted;
	}
	return 0;
}

/* ---- removing ---- */

static int remove_doomed(struct cni_nl *nl, uint32_t generation,
			 const struct cni_nft_doomed *doomed, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	uint32_t deleted = 0;
	uint32_t use;

	if (!doomed->count)
		return 0;
	cni_nft_doomed_delete(tx, table, doomed);
	if (cni_firewall_release(nl, tx, doomed, NULL, &deleted, err) < 0 ||
	    cni_nft_table_use(nl, table, &use, err) < 0)
		return -1;
	if (use - deleted <= CNI_FIREWALL_SKELETON_USE)
		cni_nft_del_table(tx, table);
	return cni_nft_commit(tx, err);
}

static int del_owner(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	clearing_doomed struct cni_nft_doomed doomed = {0};

	if (cni_firewall_doom_owner(nl, data, &doomed, err) < 0)
		return -1;
	return remove_doomed(nl, generation, &doomed, err);
}

int cni_firewall_del(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err)
{
	struct cni_owner copy = *owner;

	return cni_nft_retry(nl, del_owner, &copy, err);
}

static int gc_network(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	clearing_doomed struct cni_nft_doomed doomed = {0};

	if (cni_nft_doom_stale(nl, table, cni_firewall_policies, data, &doomed, err) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (cni_nft_doom_stale(nl, table, cni_firewall_families[i].members, data, &doomed,
				       err) < 0 ||
		    cni_nft_doom_stale(nl, table, cni_firewall_families[i].addresses, data, &doomed,
				       err) < 0)
			return -1;
	return remove_doomed(nl, generation, &doomed, err);
}

int cni_firewall_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		    struct cni_error *err)
{
	clearing_stale struct cni_stale stale = cni_stale_make(network, valid);

	return cni_nft_retry(nl, gc_network, &stale, err);
}
