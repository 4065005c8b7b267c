/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall_choice.h"

#include "cleanup.h"
#include "firewalld.h"
#include "forward.h"
#include "forward_legacy.h"
#include "iptables.h"
#include "legacy_table.h"
#include "mem.h"
#include "nft.h"

#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

const struct cni_word cni_firewall_backends[] = {
	{"", CNI_FIREWALL_AUTOMATIC},	     {"nftables", CNI_FIREWALL_NFTABLES},
	{"iptables", CNI_FIREWALL_IPTABLES}, {"firewalld", CNI_FIREWALL_FIREWALLD},
	{"none", CNI_FIREWALL_NONE},	     {0},
};

const char *cni_firewall_backend_text(enum cni_firewall_backend backend)
{
	return backend == CNI_FIREWALL_AUTOMATIC ? "automatic"
						 : cni_word_text(cni_firewall_backends, backend);
}

bool cni_firewall_backend_parse(const char *text, enum cni_firewall_backend *ret_backend)
{
	uint32_t number = CNI_FIREWALL_AUTOMATIC;
	bool is_known = cni_word_parse(cni_firewall_backends, text, &number);

	*ret_backend = (enum cni_firewall_backend)number;
	return is_known;
}

/* ---- this host ---- */

bool cni_firewall_has_iptables(struct cni_nl *nl, enum cni_iptables_tool tool, int family)
{
	const struct cni_nft_table table = {family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6,
					    "filter"};
	struct cni_error ignored;
	uint32_t use;

	if (tool != CNI_IPTABLES_NFT && cni_legacy_has_table(family, "filter"))
		return true;
	return tool != CNI_IPTABLES_LEGACY &&
	       cni_nft_chain_use(nl, &table, CNI_IPTABLES_CHAIN, &use, &ignored) == 0;
}

static bool has_tool(enum cni_iptables_tool tool, struct cni_error *err)
{
	freeing char *file = NULL;

	return cni_iptables_find(tool, AF_INET, &file, err) == 0;
}

static const enum cni_iptables_tool tools_of[] = {
	[CNI_FORWARD_NFT] = CNI_IPTABLES_NFT, [CNI_FORWARD_LEGACY] = CNI_IPTABLES_LEGACY};

/* The command without a suffix may be of either kind. */
static bool accepts_in(const struct cni_firewall_choice *choice, int place)
{
	if (place == CNI_FORWARD_FIREWALLD)
		return choice && choice->backend == CNI_FIREWALL_FIREWALLD;
	return choice && choice->backend == CNI_FIREWALL_IPTABLES &&
	       place != CNI_FORWARD_ELSEWHERE &&
	       choice->tools & (tools_of[place] | CNI_IPTABLES_PLAIN);
}

static int ask(struct cni_nl *nl, const struct cni_firewall_traffic *traffic, bool thorough,
	       const struct cni_firewall_choice *choice, struct cni_forward_answer *ret_answer,
	       struct cni_error *err)
{
	struct cni_forward_question question = {.addresses = traffic->addresses,
						.count = traffic->count,
						.interfaces = traffic->interfaces,
						.thorough = thorough,
						.chain = CNI_IPTABLES_CHAIN};

	for (int place = 0; place < CNI_FORWARD_PLACES; place++)
		question.accepts[place] = accepts_in(choice, place);
	return cni_forward_ask(nl, &question, ret_answer, err);
}

/* ---- the choice ---- */

static void trace(const char *what, const char *why)
{
	if (getenv("CNI_C_TRACE"))
		fprintf(stderr, "choose firewall   %s: %s\n", what, why);
}

/* The tools that reach a dropping FORWARD. */
static unsigned int tools_against(const struct cni_forward_answer *answer)
{
	unsigned int tools = 0;

	for (int place = CNI_FORWARD_NFT; place <= CNI_FORWARD_LEGACY; place++) {
		struct cni_error err = {.msg = ""};

		if (!answer->places[place].drops)
			continue;
		if (has_tool(tools_of[place], &err)) {
			tools |= tools_of[place];
			trace(cni_iptables_tool_text(tools_of[place]),
			      answer->places[place].reason);
		} else {
			trace("not iptables", err.msg);
		}
	}
	if (answer->places[CNI_FORWARD_ELSEWHERE].drops)
		trace("no backend overrules", answer->places[CNI_FORWARD_ELSEWHERE].reason);
	return tools;
}

static int choose_tools(struct cni_nl *nl, const struct cni_firewall_traffic *traffic,
			struct cni_firewall_choice *ret_choice, struct cni_error *err)
{
	enum cni_iptables_tool plain = cni_iptables_plain_kind();
	struct cni_forward_answer answer;

	if (!has_tool(CNI_IPTABLES_PLAIN, err) || ask(nl, traffic, false, NULL, &answer, err) < 0)
		return -1;
	ret_choice->tools = plain;
	if (plain != CNI_IPTABLES_PLAIN)
		ret_choice->tools |= tools_against(&answer);
	return 0;
}

/* Gives the reason, too, for the trace. */
static int choose(struct cni_nl *nl, const struct cni_firewall_traffic *traffic,
		  struct cni_firewall_choice *ret_choice, const char **ret_why,
		  struct cni_error *err)
{
	struct cni_forward_answer answer;
	struct cni_error ignored;

	*ret_choice = (struct cni_firewall_choice){.backend = CNI_FIREWALL_FIREWALLD};
	*ret_why = "it is running";
	if (cni_firewalld_status(err) == 0)
		return 0;
	if (err->code != CNI_EMISSING)
		return -1;
	trace("not firewalld", err->msg);
	if (ask(nl, traffic, false, NULL, &answer, err) < 0)
		return -1;
	ret_choice->backend = CNI_FIREWALL_IPTABLES;
	ret_choice->tools = tools_against(&answer);
	*ret_why = "FORWARD of table filter drops, and can be overruled there";
	if (ret_choice->tools)
		return 0;
	if (!cni_nft_is_there(nl) && has_tool(CNI_IPTABLES_PLAIN, &ignored)) {
		ret_choice->tools = cni_iptables_plain_kind();
		*ret_why = "the kernel has no nf_tables";
		return 0;
	}
	ret_choice->backend = CNI_FIREWALL_NFTABLES;
	*ret_why = "nothing drops what iptables could accept";
	return 0;
}

int cni_firewall_choose(struct cni_nl *nl, enum cni_firewall_backend written,
			const struct cni_firewall_traffic *traffic,
			struct cni_firewall_choice *ret_choice, struct cni_error *err)
{
	const char *why;

	*ret_choice = (struct cni_firewall_choice){.backend = written};
	if (written == CNI_FIREWALL_IPTABLES)
		return choose_tools(nl, traffic, ret_choice, err);
	if (written != CNI_FIREWALL_AUTOMATIC)
		return 0;
	if (choose(nl, traffic, ret_choice, &why, err) < 0)
		return cni_fail_within(err, "choose a backend");
	trace(cni_firewall_backend_text(ret_choice->backend), why);
	return 0;
}

/* ---- accepts in vain ---- */

/* The other chains that certainly drop, for the details. */
static int fail_others(const struct cni_forward_answer *answer, int first,
		       const bool will_accept[CNI_FORWARD_PLACES], struct cni_error *err)
{
	freeing char *others = cni_strdup(answer->places[first].others);

	for (int place = first + 1; place < CNI_FORWARD_PLACES; place++) {
		const char *more = answer->places[place].others;
		freeing char *before = NULL;

		if (!answer->places[place].surely || will_accept[place])
			continue;
		before = others;
		others = cni_format("%s%s%s%s%s", before, *before ? "; " : "",
				    answer->places[place].reason, *more ? "; " : "", more);
	}
	return *others ? cni_fail_details(err, "%s", others) : -1;
}

int cni_firewall_reaches(struct cni_nl *nl, const struct cni_firewall_choice *choice,
			 const struct cni_firewall_traffic *traffic, bool may_move, int code,
			 struct cni_error *err)
{
	struct cni_forward_answer answer;
	bool will_accept[CNI_FORWARD_PLACES];
	struct cni_error ignored;

	if (choice->backend == CNI_FIREWALL_NONE)
		return 0;
	if (ask(nl, traffic, true, choice, &answer, err) < 0)
		return -1;
	if (may_move && choice->backend != CNI_FIREWALL_FIREWALLD && answer.has_firewalld &&
	    cni_firewalld_status(&ignored) == 0)
		return cni_fail(err, code,
				"firewalld is running, and overrules what backend %s accepts",
				cni_firewall_backend_text(choice->backend));
	/* Before ADD the accepts are missing; they will come first. */
	for (int place = 0; place < CNI_FORWARD_PLACES; place++)
		will_accept[place] = !traffic->count && accepts_in(choice, place);
	for (int place = 0; place < CNI_FORWARD_PLACES; place++) {
		if (!answer.places[place].surely || will_accept[place])
			continue;
		cni_fail(
			err, code,
			"%s, which backend %s cannot overrule: what containers send and receive is "
			"dropped there",
			answer.places[place].reason, cni_firewall_backend_text(choice->backend));
		return fail_others(&answer, place, will_accept, err);
	}
	return 0;
}

/* ---- STATUS ---- */

int cni_firewall_backend_status(struct cni_nl *nl, enum cni_firewall_backend backend,
				struct cni_error *err)
{
	const struct cni_firewall_traffic all = {.interfaces = NULL};
	struct cni_firewall_choice choice = {.backend = backend};
	uint32_t generation;
	int failed;

	failed = cni_firewall_choose(nl, backend, &all, &choice, err);
	if (!failed && backend == CNI_FIREWALL_FIREWALLD)
		failed = cni_firewalld_status(err);
	if (!failed && choice.backend == CNI_FIREWALL_NFTABLES)
		failed = cni_nft_generation(nl, &generation, err);
	if (!failed)
		failed = cni_firewall_reaches(nl, &choice, &all, false, CNI_ELIMITED, err);
	if (!failed)
		return 0;
	if (err->code != CNI_ELIMITED)
		err->code = CNI_EUNAVAILABLE;
	return cni_fail_within(err, "backend %s", cni_firewall_backend_text(choice.backend));
}
