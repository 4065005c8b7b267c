/* SPDX-License-Identifier: Apache-2.0 */
/* The spoof check: taking it back. */
#include "spoofcheck.h"

#include "cleanup.h"
#include "spoofcheck_table.h"

#include <errno.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_spoofcheck_table;

/* ---- looking ---- */

/* Dooms the element if it is there, which it returns: 1, 0, or -1. */
static int doom_if(struct cni_nl *nl, const char *set, const struct cni_nft_bytes *key,
		   struct cni_nft_element *ret_element, struct cni_nft_doomed *doomed,
		   struct cni_error *err)
{
	int found = cni_spoofcheck_look_up(nl, set, key, ret_element, err);

	if (found > 0)
		cni_nft_doom(doomed, set, ret_element);
	return found;
}

/* An address that was given, and what lets it pass. */
static int doom_given(struct cni_nl *nl, const char *port, uint32_t index,
		      struct cni_nft_doomed *doomed, struct cni_error *err)
{
	struct cni_nft_bytes key = cni_spoofcheck_given_key(port, index);
	struct cni_nft_element element;
	struct cni_ip ip;
	int found = doom_if(nl, cni_spoofcheck_given, &key, &element, doomed, err);

	if (found <= 0)
		return found;
	ip = cni_spoofcheck_given_ip(&element.value);
	key = cni_spoofcheck_source_key(port, &ip);
	return doom_if(nl, cni_spoofcheck_set_of(&ip), &key, &element, doomed, err) < 0 ? -1 : 1;
}

static int doom_attachment(struct cni_nl *nl, const char *port, struct cni_nft_doomed *doomed,
			   struct cni_error *err)
{
	struct cni_nft_bytes key = cni_spoofcheck_key(port);
	struct cni_nft_element element;
	int found = doom_if(nl, cni_spoofcheck_attachments, &key, &element, doomed, err);

	if (found <= 0)
		return found;
	key = cni_spoofcheck_mac_key(port, element.value.data);
	return doom_if(nl, cni_spoofcheck_allowed, &key, &element, doomed, err) < 0 ? -1 : 1;
}

int cni_spoofcheck_doom_owner(struct cni_nl *nl, const struct cni_owner *owner,
			      struct cni_nft_doomed *doomed, struct cni_error *err)
{
	char port[CNI_IFNAME_SIZE];
	struct cni_nft_bytes key = cni_spoofcheck_key(cni_owner_ifname(owner, "veth", port));
	struct cni_nft_element guarded = {.jump = ""};
	int found;

	if (doom_attachment(nl, port, doomed, err) < 0 ||
	    doom_if(nl, cni_spoofcheck_guarded, &key, &guarded, doomed, err) < 0)
		return -1;
	/* Has no addresses. */
	if (!strcmp(guarded.jump, cni_spoofcheck_check_chain))
		return 0;
	for (uint32_t index = 0; (found = doom_given(nl, port, index, doomed, err)) > 0;)
		index++;
	return found;
}

/* ---- removing ---- */

static uint32_t count_jumps(const struct cni_nft_doomed *doomed, const char *chain)
{
	uint32_t count = 0;

	for (size_t i = 0; i < doomed->count; i++)
		count += !strcmp(doomed->items[i].element.jump, chain);
	return count;
}

/* Does nothing jump to the chain any more? Nor does anything to one that is not there. 1, 0, or -1.
 */
static int is_idle(struct cni_nl *nl, const char *chain, uint32_t rules,
		   const struct cni_nft_doomed *doomed, struct cni_error *err)
{
	uint32_t use;

	/* Each guarded port counts as one use of its chain, besides the chain's rules. */
	if (cni_nft_chain_use(nl, table, chain, &use, err) < 0)
		return err->errnum == ENOENT ? 1 : -1;
	return use - count_jumps(doomed, chain) <= rules;
}

int cni_spoofcheck_put_removal(struct cni_nl *nl, struct cni_nft_tx *tx,
			       const struct cni_nft_doomed *doomed,
			       const struct cni_spoofcheck *next, struct cni_error *err)
{
	bool had_sources = count_jumps(doomed, cni_spoofcheck_sources_chain) > 0;
	int idle = 0;
	int sources_idle = 0;

	if (!next)
		idle = is_idle(nl, cni_spoofcheck_check_chain, CNI_SPOOFCHECK_CHECK_RULES, doomed,
			       err);
	if (idle >= 0 && (idle || had_sources) && !(next && next->by_address))
		sources_idle = is_idle(nl, cni_spoofcheck_sources_chain,
				       CNI_SPOOFCHECK_SOURCES_RULES, doomed, err);
	if (idle < 0 || sources_idle < 0)
		return -1;
	if (idle && sources_idle) {
		cni_nft_del_table(tx, table);
		return 0;
	}
	cni_nft_doomed_delete(tx, table, doomed);
	if (had_sources && sources_idle)
		cni_spoofcheck_del_sources_skeleton(tx);
	return 0;
}

/* ---- the verbs ---- */

static int remove_all(struct cni_nl *nl, uint32_t generation, const struct cni_nft_doomed *doomed,
		      struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);

	if (!doomed->count)
		return 0;
	if (cni_spoofcheck_put_removal(nl, tx, doomed, NULL, err) < 0)
		return -1;
	return cni_nft_commit(tx, err);
}

static int del_owner(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	clearing_doomed struct cni_nft_doomed doomed = {0};
	const struct cni_owner *const *owner = data;

	if (cni_spoofcheck_doom_owner(nl, *owner, &doomed, err) < 0)
		return -1;
	return remove_all(nl, generation, &doomed, err);
}

int cni_spoofcheck_del(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err)
{
	return cni_nft_retry(nl, del_owner, &owner, err);
}

static int gc_network(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	const char *const sets[] = {cni_spoofcheck_guarded,	cni_spoofcheck_allowed,
				    cni_spoofcheck_attachments, cni_spoofcheck_sources4,
				    cni_spoofcheck_sources6,	cni_spoofcheck_given};
	clearing_doomed struct cni_nft_doomed doomed = {0};

	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		if (cni_nft_doom_stale(nl, table, sets[i], data, &doomed, err) < 0)
			return -1;
	return remove_all(nl, generation, &doomed, err);
}

int cni_spoofcheck_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		      struct cni_error *err)
{
	clearing_stale struct cni_stale stale = cni_stale_make(network, valid);

	return cni_nft_retry(nl, gc_network, &stale, err);
}
