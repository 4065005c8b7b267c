/* SPDX-License-Identifier: Apache-2.0 */
/* A packet's walk through chains of rules, of nf_tables or of x_tables. Rules are judged while they
 * are read (forward_packet.h): rules that decide about no packet are not kept. */
#ifndef CNI_FORWARD_CHAIN_H
#define CNI_FORWARD_CHAIN_H

#include "error.h"
#include "forward_packet.h"

#include <stdbool.h>
#include <stddef.h>

/* Bounds: rules of one chain, chains, jumps on the way (the kernel allows 16, NFT_JUMP_STACK_SIZE),
 * steps of one walk. A chain with more rules decides nothing for certain. */
#define CNI_CHAIN_RULES	   32768
#define CNI_RULESET_CHAINS 256
#define CNI_RULESET_DEPTH  16
#define CNI_RULESET_STEPS  262144

struct cni_forward_rule {
	size_t packet; /* the index of the judged packet */
	enum cni_match match;
	enum cni_verdict verdict;
	char *target;  /* of JUMP and GOTO */
	size_t number; /* of the rule in the chain, from 1 */
};

struct cni_forward_chain {
	char *name;
	struct cni_forward_rule *rules;
	size_t count;
	bool is_too_long;
};

struct cni_ruleset {
	const char *table; /* "inet filter", for messages */
	const struct cni_packet *packets;
	size_t packet_count;
	/* A chain that the caller knows: a jump there accepts, or does nothing. "": none. */
	const char *skipped;
	bool skipped_accepts;
	/* Reads the rules of chain->name into `chain` with cni_forward_chain_add(). */
	int (*read)(const struct cni_ruleset *ruleset, struct cni_forward_chain *chain,
		    struct cni_error *err);
	void *data;

	struct cni_forward_chain *chains; /* read ones */
	size_t chain_count;
};

void cni_ruleset_clear(struct cni_ruleset *ruleset);
#define clearing_ruleset __attribute__((cleanup(cni_ruleset_clear)))

/* Appends the rule with this number and its judgement for one of the packets. */
void cni_forward_chain_add(struct cni_forward_chain *chain, size_t packet, size_t number,
			   const struct cni_judgement *judgement);

/* The end of a walk. */
struct cni_way {
	bool is_dropped;  /* by a rule or a policy without an unconditional rule before */
	bool may_pass;	  /* a rule before may accept */
	char reason[512]; /* of the drop: "rule 7 of chain 'forward' of table 'inet filter' … */
};

/* Walks from the base chain `chain`, whose policy is `drops`. With `thorough`, reads also chains
 * that the packet may enter, to know whether they accept; otherwise they may accept. */
int cni_ruleset_walk(struct cni_ruleset *ruleset, const char *chain, bool drops, size_t packet,
		     bool thorough, struct cni_way *ret_way, struct cni_error *err);

#endif
