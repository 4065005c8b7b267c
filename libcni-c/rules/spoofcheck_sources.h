/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that frames of a checked port go through. */
#ifndef CNI_SPOOFCHECK_SOURCES_H
#define CNI_SPOOFCHECK_SOURCES_H

#include "nft.h"

/* Drops what does not bear the port's hardware address. */
void cni_spoofcheck_add_mac_rule(struct cni_nft_tx *tx, const char *chain);

/* The rules of the chains `sources` and `fragments`: see spoofcheck.h for what they let through. */
void cni_spoofcheck_add_sources_rules(struct cni_nft_tx *tx);

#endif
