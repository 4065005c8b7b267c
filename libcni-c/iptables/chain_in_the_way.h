/* SPDX-License-Identifier: Apache-2.0 */
/* A chain of another program with a name that iptables-nft(8) needs: which one it is. */
#ifndef CNI_CHAIN_IN_THE_WAY_H
#define CNI_CHAIN_IN_THE_WAY_H

#include "decls.h"
#include "error.h"
#include "iptables_tool.h"

#include <stdbool.h>
#include <stddef.h>

CNI_BEGIN_DECLS

struct cni_needed_chain {
	const char *name;
	bool is_base; /* one of iptables' own, at a hook */
};

/* After a run of `tool` in `table` has failed. iptables-nft(8) refuses a chain with one of its names that is of the
 * other kind, and prints "Operation not supported" or "does not exist". Puts the first such chain of `needed` in
 * front of the message of `err`, if there is one. Returns -1. */
int cni_chain_in_the_way(enum cni_iptables_tool tool, int family, const char *table,
			 const struct cni_needed_chain *needed, size_t count,
			 struct cni_error *err);

CNI_END_DECLS

#endif
