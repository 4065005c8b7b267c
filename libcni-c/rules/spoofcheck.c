/* SPDX-License-Identifier: Apache-2.0 */
#include "spoofcheck.h"

#include "spoofcheck_table.h"

#include <stdio.h>
#include <string.h>

static struct cni_owned_wish wish_of(const struct cni_spoofcheck *wanted)
{
	struct cni_owned_wish wish =
		cni_owned_wish_make(&cni_spoofcheck_table,
				    wanted->by_address ? "ipspoofchk" : "macspoofchk",
				    wanted->owner, wanted);

	cni_spoofcheck_put(&wish, wanted);
	return wish;
}

int cni_spoofcheck_add(struct cni_nl *nl, const struct cni_spoofcheck *wanted,
		       struct cni_error *err)
{
	clearing_wish struct cni_owned_wish wish = wish_of(wanted);

	return cni_owned_add(nl, &wish, err);
}

/* True if the port has its IP addresses checked. */
static bool is_stricter(struct cni_nl *nl, const struct cni_owned_wish *wish)
{
	struct cni_nft_bytes key = cni_owned_name_key(wish->owner->key);
	struct cni_nft_element found;
	struct cni_error ignored;

	return cni_nft_look_up(nl, &cni_spoofcheck_table.table, cni_spoofcheck_guarded, &key,
			       &found, &ignored) > 0 &&
	       !strcmp(found.jump, cni_spoofcheck_sources_chain);
}

int cni_spoofcheck_check(struct cni_nl *nl, const struct cni_spoofcheck *wanted,
			 struct cni_error *err)
{
	clearing_wish struct cni_owned_wish wish = wish_of(wanted);

	if (cni_owned_check(nl, &wish, err) < 0) {
		struct cni_nft_element *guarded = &wish.items.items[0].element;

		if (wanted->by_address || !is_stricter(nl, &wish))
			return -1;
		snprintf(guarded->jump, sizeof(guarded->jump), "%s", cni_spoofcheck_sources_chain);
		return cni_owned_check(nl, &wish, err);
	}
	if (!wanted->by_address)
		return cni_owned_check_chain(nl, &wish, cni_spoofcheck_check_chain,
					     CNI_SPOOFCHECK_CHECK_RULES, err);
	if (cni_owned_check_chain(nl, &wish, cni_spoofcheck_sources_chain,
				  CNI_SPOOFCHECK_SOURCES_RULES, err) < 0)
		return -1;
	return cni_owned_check_chain(nl, &wish, cni_spoofcheck_fragments_chain,
				     CNI_SPOOFCHECK_FRAGMENTS_RULES, err);
}

int cni_spoofcheck_del(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err)
{
	return cni_owned_del(nl, &cni_spoofcheck_table, owner, NULL, err);
}

int cni_spoofcheck_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		      struct cni_error *err)
{
	return cni_owned_gc(nl, &cni_spoofcheck_table, network, valid, NULL, err);
}

int cni_spoofcheck_sweep(struct cni_nl *nl, struct cni_error *err)
{
	size_t left;

	return cni_owned_sweep(nl, &cni_spoofcheck_table, NULL, &left, err);
}
