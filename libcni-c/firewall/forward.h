/* SPDX-License-Identifier: Apache-2.0 */
/* The search for a drop of a container's forwarded packets. The kernel forwards a packet only if
 * every base chain of the forward hook accepts the packet: the chains of nf_tables, in each table
 * of the families ip, ip6 and inet, and FORWARD of iptables-legacy(8).
 *
 * Three packets represent the container's traffic: a segment that opens a connection to outside,
 * the answer, and a segment to a published port. Each walks through the chains (forward_chain.h). A
 * rule that reads other things than addresses, interfaces, protocol and connection state may match:
 * if such a rule accepts, no later drop is certain.
 *
 * The search reads rules of base chains of the hook and of chains that the packets enter, 32,768 of
 * each chain at most. A longer chain counts as one that may accept. */
#ifndef CNI_FORWARD_H
#define CNI_FORWARD_H

#include "error.h"
#include "ip.h"
#include "nl.h"

#include <stdbool.h>
#include <stddef.h>

/* The place of a drop: FORWARD of table filter, of iptables-nft(8) or of iptables-legacy(8),
 * firewalld's table, or a chain that none of these tools reaches. */
enum cni_forward_place {
	CNI_FORWARD_NFT,
	CNI_FORWARD_LEGACY,
	CNI_FORWARD_FIREWALLD,
	CNI_FORWARD_ELSEWHERE,
	CNI_FORWARD_PLACES,
};

struct cni_forward_question {
	/* The container's; the first of each family stands for all. None: any address. */
	const struct cni_ip *addresses;
	size_t count;
	/* The host's interfaces that its packets come and go by; NULL: unknown. */
	const char *const *interfaces;
	/* Finds out whether an accept may come before a drop. Otherwise `surely` in the answer has
	 * no meaning, and jumps to `chain` are skipped. */
	bool thorough;
	/* The chain "CNI-FORWARD": a jump there accepts at the places that `accepts` has. */
	const char *chain;
	bool accepts[CNI_FORWARD_PLACES];
};

struct cni_forward_answer {
	struct {
		bool drops;  /* one of the three packets, unless a rule before accepts it */
		bool surely; /* one of the first two packets, and no rule before may accept it */
		char reason[512];
		char others[512]; /* if `surely`: more chains that drop, separated by "; " */
	} places[CNI_FORWARD_PLACES];
	bool has_firewalld; /* its table exists */
};

/* `nl` is a socket of NETLINK_NETFILTER. In a kernel without nf_tables only the legacy rules are
 * read. Fails with CNI_EKERNEL. */
int cni_forward_ask(struct cni_nl *nl, const struct cni_forward_question *question,
		    struct cni_forward_answer *ret_answer, struct cni_error *err);

#endif
