/* SPDX-License-Identifier: Apache-2.0 */
/* The drop that a container's forwarded packets meet. The kernel forwards a packet only if every base
 * chain of its forward hook accepts it: those of nf_tables, of each table of the families ip, ip6
 * and inet, and FORWARD of iptables-legacy(8).
 *
 * Three packets stand for what a container sends and receives: a segment that begins a connection
 * to outside, the answer to it, and a segment that comes to a published port. Each is led through
 * the chains (forward_chain.h). A rule that looks at something else than addresses, interfaces,
 * protocol and connection state may match: if it accepts, nothing is said to drop for certain.
 *
 * Rules are read of base chains of the hook and of chains that the packets enter, and of no other:
 * 32,768 of each chain at most. One with more counts as one that may accept. */
#ifndef CNI_FORWARD_H
#define CNI_FORWARD_H

#include "error.h"
#include "ip.h"
#include "nl.h"

#include <stdbool.h>
#include <stddef.h>

/* Where something drops: in FORWARD of table filter, as iptables-nft(8) has it or as
 * iptables-legacy(8) has it, in firewalld's table, or in a chain that none of them reaches. */
enum cni_forward_place {
	CNI_FORWARD_NFT,
	CNI_FORWARD_LEGACY,
	CNI_FORWARD_FIREWALLD,
	CNI_FORWARD_ELSEWHERE,
	CNI_FORWARD_PLACES,
};

struct cni_forward_question {
	/* Of the container; the first of each family stands for all. None: all that may be. */
	const struct cni_ip *addresses;
	size_t count;
	/* Interfaces of the host by which its packets come and go; NULL: not known. */
	const char *const *interfaces;
	/* Whether what comes before a drop may accept. Otherwise `surely` in the answer is not
	 * looked for, and jumps to `chain` are passed over. */
	bool thorough;
	/* The chain "CNI-FORWARD": where `accepts`, a jump to it accepts. */
	const char *chain;
	bool accepts[CNI_FORWARD_PLACES];
};

struct cni_forward_answer {
	struct {
		bool drops;  /* one of the three, unless a rule before accepts it */
		bool surely; /* one of the first two, and nothing before may accept it */
		char reason[512];
	} places[CNI_FORWARD_PLACES];
	bool has_firewalld; /* its table is there */
};

/* `nl` is a socket of NETLINK_NETFILTER. In a kernel without nf_tables only the legacy rules are
 * looked at. Fails with CNI_EKERNEL. */
int cni_forward_ask(struct cni_nl *nl, const struct cni_forward_question *question,
		    struct cni_forward_answer *ret_answer, struct cni_error *err);

#endif
