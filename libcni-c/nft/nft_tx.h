/* SPDX-License-Identifier: Apache-2.0 */
/* A transaction from inside, for the files that add messages. */
#ifndef CNI_NFT_TX_H
#define CNI_NFT_TX_H

#include "nft.h"

#include <libnftnl/batch.h>

struct cni_nft_tx {
	struct cni_nl *nl;
	struct nftnl_batch *batch;
	uint32_t first_seq; /* of the batch's beginning; one for each message follows */
	uint32_t next_seq;
	struct nlmsghdr *last; /* the last message */
	const char **labels;   /* of each message, for errors: "add element to", "masquerade4" */
	size_t label_count;
	char **texts; /* labels that were made for this transaction */
	size_t text_count;
};

/* The place of the next message. */
char *cni_nft_tx_buffer(struct cni_nft_tx *tx);

/* Ends the message in the buffer. `what` must live as long as the transaction. */
void cni_nft_tx_done(struct cni_nft_tx *tx, const char *what);

/* Fills `udata` with `comment` as nft(8) writes comments: type, length, text. All of libnftnl's
 * comment types are 0 (libnftnl/udata.h). Returns the size, 0 for no comment. */
uint32_t cni_nft_comment(const char *comment, uint8_t udata[CNI_NFT_COMMENT_SIZE + 2]);

#endif
