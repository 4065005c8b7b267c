/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a transaction, for the files that add to it. */
#ifndef CNI_NFT_TX_H
#define CNI_NFT_TX_H

#include "nft.h"

#include <libnftnl/batch.h>

struct nftnl_rule;

struct cni_nft_tx {
	struct cni_nl *nl;
	struct nftnl_batch *batch;
	uint32_t first_seq; /* that of the batch's beginning; a message each follows */
	uint32_t next_seq;
	struct nlmsghdr *last; /* the message that was added last */
	const char **labels;   /* of each message, for errors: "add element to", "masquerade4" */
	size_t label_count;
	struct nftnl_rule *rule; /* being written, or NULL */
};

/* Where the next message goes. */
char *cni_nft_tx_buffer(struct cni_nft_tx *tx);

/* The message in the buffer is whole. `what` must live as long as the transaction. */
void cni_nft_tx_done(struct cni_nft_tx *tx, const char *what);

/* Space for the user data that holds `comment` as nft(8) writes it: type, length, text. All of
 * libnftnl's comment types are 0 (libnftnl/udata.h). Returns its size, 0 for none. */
uint32_t cni_nft_comment(const char *comment, uint8_t udata[CNI_NFT_COMMENT_SIZE + 2]);

#endif
