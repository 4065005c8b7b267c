/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for frames of a checked port. */
#ifndef CNI_SPOOFCHECK_SOURCES_H
#define CNI_SPOOFCHECK_SOURCES_H

#include "nft.h"

/* Drops frames without the port's MAC address. */
void cni_spoofcheck_add_mac_rule(struct cni_nft_tx *tx, const char *chain);

/* The rules of the chains `sources` and `fragments`. spoofcheck.h lists what they accept. */
void cni_spoofcheck_add_sources_rules(struct cni_nft_tx *tx);

#endif
