/* SPDX-License-Identifier: Apache-2.0 */
/* The base chains of nf_tables at the forward hook, and reading their rules. */
#ifndef CNI_NFT_FORWARD_H
#define CNI_NFT_FORWARD_H

#include "forward_chain.h"
#include "nft.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cni_nft_base_chain {
	struct cni_nft_table table; /* of the families ip, ip6, inet */
	char *name;
	uint32_t policy; /* NF_ACCEPT, NF_DROP */
};

struct cni_nft_base_chains {
	struct cni_nft_base_chain *items;
	size_t count;
};

/* Lists the base chains, in one dump of all chains. A kernel without nf_tables has none. Fails with
 * CNI_EKERNEL. */
int cni_nft_forward_chains(struct cni_nl *nl, struct cni_nft_base_chains *ret_chains,
			   struct cni_error *err);
void cni_nft_base_chains_clear(struct cni_nft_base_chains *chains);
#define clearing_base_chains __attribute__((cleanup(cni_nft_base_chains_clear)))

/* True if the chains of the table are not registered with their hooks (NFT_TABLE_F_DORMANT). */
bool cni_nft_is_dormant(struct cni_nl *nl, const struct cni_nft_table *table);

/* For cni_ruleset's `read`; its data is a struct cni_nft_reader. A missing chain has no rules. */
struct cni_nft_reader {
	struct cni_nl *nl;
	const struct cni_nft_table *table;
};
int cni_nft_read_chain(const struct cni_ruleset *ruleset, struct cni_forward_chain *chain,
		       struct cni_error *err);

#endif
