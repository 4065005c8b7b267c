/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the spoof check, which spoofcheck.h shows. */
#ifndef CNI_SPOOFCHECK_TABLE_H
#define CNI_SPOOFCHECK_TABLE_H

#include "nft_owned.h"
#include "spoofcheck.h"

extern const struct cni_owned_table cni_spoofcheck_table;

extern const char cni_spoofcheck_guarded[];
extern const char cni_spoofcheck_allowed[];
extern const char cni_spoofcheck_sources4[];
extern const char cni_spoofcheck_sources6[];

/* Chains outside the skeleton, because elements jump to them; and the number of their rules. */
extern const char cni_spoofcheck_check_chain[];
extern const char cni_spoofcheck_sources_chain[];
extern const char cni_spoofcheck_fragments_chain[];
#define CNI_SPOOFCHECK_CHECK_RULES     1
#define CNI_SPOOFCHECK_SOURCES_RULES   16
#define CNI_SPOOFCHECK_FRAGMENTS_RULES 6

/* Puts all elements of a port into the wish. */
void cni_spoofcheck_put(struct cni_owned_wish *wish, const struct cni_spoofcheck *wanted);

#endif
