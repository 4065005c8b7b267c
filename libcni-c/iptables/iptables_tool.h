/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the iptables-restore(8) for a kind of rules. Rules of nf_tables and of x_tables, called
 * legacy, are separate, and a host may have both. The command without a suffix is of either kind,
 * by a link that an administrator can change at any time. */
#ifndef CNI_IPTABLES_TOOL_H
#define CNI_IPTABLES_TOOL_H

#include "decls.h"
#include "error.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* Bits of a set. PLAIN is the command without a suffix, of either kind. */
enum cni_iptables_tool {
	CNI_IPTABLES_PLAIN = 1,
	CNI_IPTABLES_NFT = 2,
	CNI_IPTABLES_LEGACY = 4,
};

/* The longest name of a chain (XT_EXTENSION_MAXNAMELEN, linux/netfilter/x_tables.h). */
#define CNI_IPTABLES_NAME_MAX 28

/* True if the text can be the name of a chain. */
bool cni_iptables_is_chain_name(const char *text);

/* "iptables", "iptables-nft", "iptables-legacy". */
const char *cni_iptables_tool_text(enum cni_iptables_tool tool);
/* False for an unknown name. */
bool cni_iptables_tool_parse(const char *text, enum cni_iptables_tool *ret_tool);

/* The kind of the command without a suffix, by the target of its link ("xtables-nft-multi"). PLAIN
 * if the target does not tell the kind, or there is no command. */
enum cni_iptables_tool cni_iptables_plain_kind(void);

/* The set with PLAIN replaced by its kind, if that is known. */
unsigned int cni_iptables_resolve(unsigned int set);

/* The program for a family (AF_INET, AF_INET6), which the caller frees: the command without a
 * suffix if its link tells this kind, otherwise the command with the suffix, otherwise the one
 * without if its --version tells this kind. Fails with CNI_EMISSING, naming the missing program. */
int cni_iptables_find(enum cni_iptables_tool tool, int family, char **ret_file,
		      struct cni_error *err);

CNI_END_DECLS

#endif
