/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that lead packets from an interface's addresses to a table, in the container. */
#ifndef CNI_SOURCE_RULES_H
#define CNI_SOURCE_RULES_H

#include "attachment.h"
#include "decls.h"

#include <stdint.h>

CNI_BEGIN_DECLS

/* The addresses of CNI_IFNAME in at->result, with their gateways: those of the interface with its name,
 * and those without an interface. An array that the caller frees. */
struct cni_result_ip *cni_source_addresses(const struct cni_attachment *at, size_t *ret_count);

/* Deletes the rules of the attachment, in `table` if it is not 0: plain rules from a single address that
 * CNI_IFNAME has; or, if no link has the address, that the prevResult has, or that is in a rule with our
 * protocol: such a rule is left of an interface that is gone. Rules from an address of another link, or of a link
 * that is another container's (host_end.h), are another attachment's. */
int cni_source_rules_del(struct cni_attachment *at, uint32_t table, struct cni_error *err);

/* The tables to which plain rules lead packets from `ip`. An array that the caller frees. */
int cni_source_rules_find(struct cni_attachment *at, const struct cni_ip *ip, uint32_t **ret_tables,
			  size_t *ret_count, struct cni_error *err);

CNI_END_DECLS

#endif
