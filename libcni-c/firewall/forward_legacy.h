/* SPDX-License-Identifier: Apache-2.0 */
/* The table filter of iptables-legacy(8) and ip6tables-legacy(8), which nf_tables does not show. */
#ifndef CNI_FORWARD_LEGACY_H
#define CNI_FORWARD_LEGACY_H

#include "forward_chain.h"

#include <stdbool.h>
#include <stdint.h>

struct cni_legacy_table {
	int family;
	bool drops;    /* the policy of FORWARD */
	uint8_t *data; /* its rules one after the other, as in linux/netfilter_ipv4/ip_tables.h */
	size_t size;
	size_t forward;	    /* where FORWARD begins */
	size_t forward_end; /* where its policy is */
};

/* Fails as cni_legacy_load(). */
int cni_legacy_read(int family, struct cni_legacy_table *ret_table, struct cni_error *err);
void cni_legacy_clear(struct cni_legacy_table *table);
#define clearing_legacy __attribute__((cleanup(cni_legacy_clear)))

/* For cni_ruleset's `read`; its data is the table. */
int cni_legacy_read_chain(const struct cni_ruleset *ruleset, struct cni_forward_chain *chain,
			  struct cni_error *err);

#endif
