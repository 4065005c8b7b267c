/* SPDX-License-Identifier: Apache-2.0 */
#include "forward_chain.h"

#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void clear_chain(struct cni_forward_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		free(chain->rules[i].target);
	free(chain->rules);
	free(chain->name);
}

void cni_ruleset_clear(struct cni_ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->chain_count; i++)
		clear_chain(&ruleset->chains[i]);
	free(ruleset->chains);
	ruleset->chains = NULL;
	ruleset->chain_count = 0;
}

void cni_forward_chain_add(struct cni_forward_chain *chain, size_t packet, size_t number,
			   const struct cni_judgement *judgement)
{
	if (judgement->match == CNI_MATCH_NO || judgement->verdict == CNI_VERDICT_CONTINUE)
		return;
	if ((chain->count & (chain->count - 1)) == 0)
		chain->rules = cni_realloc_array(chain->rules, chain->count ? chain->count * 2 : 1,
						 sizeof(*chain->rules));
	chain->rules[chain->count++] = (struct cni_forward_rule){
		.packet = packet,
		.match = judgement->match,
		.verdict = judgement->verdict,
		.target = *judgement->target ? cni_strdup(judgement->target) : NULL,
		.number = number};
}

/* ---- reading chains ---- */

/* The index of the chain, or -1. */
static int find_chain(struct cni_ruleset *ruleset, const char *name, size_t *ret_index,
		      struct cni_error *err)
{
	struct cni_forward_chain chain = {0};

	for (*ret_index = 0; *ret_index < ruleset->chain_count; ++*ret_index)
		if (!strcmp(ruleset->chains[*ret_index].name, name))
			return 0;
	chain.name = cni_strdup(name);
	if (ruleset->chain_count >= CNI_RULESET_CHAINS) {
		chain.is_too_long = true;
	} else if (ruleset->read(ruleset, &chain, err) < 0) {
		clear_chain(&chain);
		return -1;
	}
	ruleset->chains = cni_realloc_array(ruleset->chains, ruleset->chain_count + 1,
					    sizeof(*ruleset->chains));
	ruleset->chains[ruleset->chain_count++] = chain;
	return 0;
}

/* ---- walking ---- */

struct walk {
	struct cni_ruleset *ruleset;
	size_t packet;
	bool thorough;
	size_t steps;
	struct cni_way *way;
	struct cni_error *err;
};

/* FAILED: `err` is filled. */
enum end { END_FAILED, END_OPEN, END_ACCEPTED, END_DROPPED };

static enum end walk_chain(struct walk *walk, const char *name, int depth, bool surely);

static enum end drop(struct walk *walk, const char *name, const struct cni_forward_rule *rule)
{
	snprintf(walk->way->reason, sizeof(walk->way->reason),
		 "rule %zu of chain '%s' of table '%s' is an unconditional %s", rule->number, name,
		 walk->ruleset->table, rule->verdict == CNI_VERDICT_DROP ? "drop" : "reject");
	return END_DROPPED;
}

/* The end that a jump leads to; OPEN: the next rule decides. */
static enum end enter(struct walk *walk, const struct cni_forward_rule *rule, int depth,
		      bool surely)
{
	const struct cni_ruleset *ruleset = walk->ruleset;
	enum end end;

	if (!strcmp(rule->target, ruleset->skipped)) {
		if (ruleset->skipped_accepts && surely && rule->match == CNI_MATCH_YES)
			return END_ACCEPTED;
		walk->way->may_pass |= ruleset->skipped_accepts;
		return END_OPEN;
	}
	if (rule->match == CNI_MATCH_MAYBE && !walk->thorough) {
		walk->way->may_pass = true;
		return END_OPEN;
	}
	end = walk_chain(walk, rule->target, depth + 1, surely && rule->match == CNI_MATCH_YES);
	return end == END_FAILED || rule->match == CNI_MATCH_YES ? end : END_OPEN;
}

/* OPEN: the next rule decides, unless the rule is a RETURN or GOTO. */
static enum end follow(struct walk *walk, const char *name, const struct cni_forward_rule *rule,
		       int depth, bool surely)
{
	switch (rule->verdict) {
	case CNI_VERDICT_ACCEPT:
		if (rule->match == CNI_MATCH_YES && surely)
			return END_ACCEPTED;
		walk->way->may_pass = true;
		return rule->match == CNI_MATCH_YES ? END_ACCEPTED : END_OPEN;
	case CNI_VERDICT_DROP:
	case CNI_VERDICT_REJECT:
		return rule->match == CNI_MATCH_YES ? drop(walk, name, rule) : END_OPEN;
	case CNI_VERDICT_JUMP:
	case CNI_VERDICT_GOTO:
		return enter(walk, rule, depth, surely);
	case CNI_VERDICT_ELSEWHERE:
		walk->way->may_pass = true;
		return END_OPEN;
	case CNI_VERDICT_RETURN:
	case CNI_VERDICT_CONTINUE:
		break;
	}
	return END_OPEN;
}

static bool leaves(const struct cni_forward_rule *rule)
{
	return rule->verdict == CNI_VERDICT_RETURN || rule->verdict == CNI_VERDICT_GOTO;
}

static enum end walk_chain(struct walk *walk, const char *name, int depth, bool surely)
{
	size_t index;

	if (depth > CNI_RULESET_DEPTH) {
		walk->way->may_pass = true;
		return END_OPEN;
	}
	if (find_chain(walk->ruleset, name, &index, walk->err) < 0)
		return END_FAILED;
	walk->way->may_pass |= walk->ruleset->chains[index].is_too_long;
	/* By index: reading another chain moves the array. */
	for (size_t i = 0; i < walk->ruleset->chains[index].count; i++) {
		struct cni_forward_rule rule = walk->ruleset->chains[index].rules[i];
		enum end end;

		if (rule.packet != walk->packet)
			continue;
		if (++walk->steps > CNI_RULESET_STEPS) {
			walk->way->may_pass = true;
			return END_OPEN;
		}
		end = follow(walk, name, &rule, depth, surely);
		if (end != END_OPEN)
			return end;
		if (leaves(&rule) && rule.match == CNI_MATCH_YES)
			return END_OPEN;
		/* From here on it is uncertain that the packet sees the rest of the chain. */
		walk->way->may_pass |= leaves(&rule);
	}
	return END_OPEN;
}

int cni_ruleset_walk(struct cni_ruleset *ruleset, const char *chain, bool drops, size_t packet,
		     bool thorough, struct cni_way *ret_way, struct cni_error *err)
{
	struct walk walk = {.ruleset = ruleset,
			    .packet = packet,
			    .thorough = thorough,
			    .way = ret_way,
			    .err = err};
	enum end end;

	*ret_way = (struct cni_way){.is_dropped = false};
	end = walk_chain(&walk, chain, 0, true);
	if (end == END_FAILED)
		return -1;
	ret_way->is_dropped = end == END_DROPPED || (end == END_OPEN && drops);
	if (end == END_OPEN && drops)
		snprintf(ret_way->reason, sizeof(ret_way->reason),
			 "the policy of chain '%s' of table '%s' is drop", chain, ruleset->table);
	return 0;
}
