/* SPDX-License-Identifier: Apache-2.0 */
/* Which iptables-restore(8) reaches which rules: those of nf_tables, and those of x_tables, which
 * are called legacy, are apart, and a host may have both. The command without a suffix is either,
 * by a link that an administrator can change at any time. */
#ifndef CNI_IPTABLES_TOOL_H
#define CNI_IPTABLES_TOOL_H

#include "decls.h"
#include "error.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* Several of them make a set. PLAIN is the command without a suffix, whichever it is. */
enum cni_iptables_tool {
	CNI_IPTABLES_PLAIN = 1,
	CNI_IPTABLES_NFT = 2,
	CNI_IPTABLES_LEGACY = 4,
};

/* "iptables", "iptables-nft", "iptables-legacy". */
const char *cni_iptables_tool_text(enum cni_iptables_tool tool);
/* False if there is none of this name. */
bool cni_iptables_tool_parse(const char *text, enum cni_iptables_tool *ret_tool);

/* The kind of the command without a suffix: by the name of the file that it is a link to
 * ("xtables-nft-multi"). PLAIN if that does not tell, or there is none. */
enum cni_iptables_tool cni_iptables_plain_kind(void);

/* The set with the kind of PLAIN in its place, if that is known. */
unsigned int cni_iptables_resolve(unsigned int set);

/* The program for a family (AF_INET, AF_INET6), which the caller frees: the command without a suffix
 * if it is of this kind, else the one with the suffix, else the one without if its --version says
 * that it is of the kind. Fails with CNI_EMISSING, naming what is missing. */
int cni_iptables_find(enum cni_iptables_tool tool, int family, char **ret_file,
		      struct cni_error *err);

CNI_END_DECLS

#endif
