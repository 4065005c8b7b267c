/* SPDX-License-Identifier: Apache-2.0 */
#include "forward.h"

#include "cleanup.h"
#include "firewall_table.h"
#include "forward_chain.h"
#include "forward_legacy.h"
#include "legacy_table.h"
#include "mem.h"
#include "nft_forward.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- the packets ---- */

enum { OUT, BACK, IN, PACKETS };

static void make_packets(const struct cni_forward_question *question, int family,
			 const struct cni_ip *ip, struct cni_packet packets[PACKETS])
{
	const struct cni_ip any = {.family = 0};

	if (!ip)
		ip = &any;
	packets[OUT] = (struct cni_packet){.family = family,
					   .source = *ip,
					   .in = question->interfaces,
					   .state = NF_CT_STATE_BIT(IP_CT_NEW)};
	packets[BACK] = (struct cni_packet){.family = family,
					    .destination = *ip,
					    .out = question->interfaces,
					    .state = NF_CT_STATE_BIT(IP_CT_ESTABLISHED)};
	packets[IN] = (struct cni_packet){.family = family,
					  .destination = *ip,
					  .out = question->interfaces,
					  .state = NF_CT_STATE_BIT(IP_CT_NEW),
					  .status = IPS_DST_NAT};
}

/* ---- one base chain ---- */

struct ask {
	struct cni_nl *nl;
	const struct cni_forward_question *question;
	struct cni_forward_answer *answer;
	struct cni_packet packets[PACKETS];
	int family;
};

/* A chain of the family inet is asked for both families. */
static void keep_other(char others[512], const char *first, const char *reason)
{
	size_t used = strlen(others);

	if (!strcmp(first, reason) || strstr(others, reason))
		return;
	snprintf(others + used, 512 - used, "%s%s", used ? "; " : "", reason);
}

static void keep(struct cni_forward_answer *answer, enum cni_forward_place place,
		 const struct cni_way *way, bool surely)
{
	bool is_news = !answer->places[place].drops || (surely && !answer->places[place].surely);

	if (surely && answer->places[place].surely)
		keep_other(answer->places[place].others, answer->places[place].reason, way->reason);
	answer->places[place].drops = true;
	answer->places[place].surely |= surely;
	if (is_news)
		memcpy(answer->places[place].reason, way->reason, sizeof(way->reason));
}

/* Finds a drop, if any: `ret_way` has the place, `ret_surely` becomes true if the drop is
 * certain. */
static int walk(const struct ask *ask, struct cni_ruleset *ruleset, const char *chain, bool drops,
		struct cni_way *ret_way, bool *ret_surely, struct cni_error *err)
{
	*ret_way = (struct cni_way){.is_dropped = false};
	*ret_surely = false;
	for (size_t i = 0; i < PACKETS && !*ret_surely; i++) {
		bool thorough = ask->question->thorough && i != IN;
		struct cni_way way;

		if (cni_ruleset_walk(ruleset, chain, drops, i, false, &way, err) < 0)
			return -1;
		if (thorough && way.is_dropped && way.may_pass &&
		    cni_ruleset_walk(ruleset, chain, drops, i, true, &way, err) < 0)
			return -1;
		*ret_surely = thorough && way.is_dropped && !way.may_pass;
		if (way.is_dropped && (!ret_way->is_dropped || *ret_surely))
			*ret_way = way;
	}
	return 0;
}

static struct cni_ruleset ruleset_of(const struct ask *ask, enum cni_forward_place place)
{
	const struct cni_forward_question *question = ask->question;
	bool accepts = question->accepts[place];
	bool is_iptables = place == CNI_FORWARD_NFT || place == CNI_FORWARD_LEGACY;
	bool is_skipped = is_iptables && (accepts || !question->thorough);

	return (struct cni_ruleset){.packets = ask->packets,
				    .packet_count = PACKETS,
				    .skipped = is_skipped ? question->chain : "",
				    .skipped_accepts = accepts};
}

/* ---- nf_tables ---- */

static bool is_of_firewalld(const struct cni_nft_base_chain *chain)
{
	return !strcmp(chain->table.name, "firewalld");
}

static enum cni_forward_place place_of(const struct cni_nft_base_chain *chain)
{
	if (is_of_firewalld(chain))
		return CNI_FORWARD_FIREWALLD;
	return chain->table.family != NFPROTO_INET && !strcmp(chain->table.name, "filter") &&
			       !strcmp(chain->name, "FORWARD")
		       ? CNI_FORWARD_NFT
		       : CNI_FORWARD_ELSEWHERE;
}

static bool is_ours(const struct cni_nft_base_chain *chain)
{
	return chain->table.family == cni_firewall_table.table.family &&
	       !strcmp(chain->table.name, cni_firewall_table.table.name);
}

static int ask_chain(const struct ask *ask, const struct cni_nft_base_chain *chain,
		     struct cni_error *err)
{
	static const char *const families[] = {
		[NFPROTO_INET] = "inet", [NFPROTO_IPV4] = "ip", [NFPROTO_IPV6] = "ip6"};
	enum cni_forward_place place = place_of(chain);
	clearing_ruleset struct cni_ruleset ruleset = ruleset_of(ask, place);
	freeing char *table = cni_format("%s %s", families[chain->table.family], chain->table.name);
	struct cni_nft_reader reader = {ask->nl, &chain->table};
	struct cni_way way;
	bool surely;

	ruleset.table = table;
	ruleset.read = cni_nft_read_chain;
	ruleset.data = &reader;
	if (walk(ask, &ruleset, chain->name, chain->policy == NF_DROP, &way, &surely, err) < 0)
		return -1;
	if (way.is_dropped && !cni_nft_is_dormant(ask->nl, &chain->table))
		keep(ask->answer, place, &way, surely);
	return 0;
}

static int ask_nf_tables(const struct ask *ask, const struct cni_nft_base_chains *chains,
			 struct cni_error *err)
{
	int number = ask->family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;

	for (size_t i = 0; i < chains->count; i++) {
		const struct cni_nft_base_chain *chain = &chains->items[i];

		if ((chain->table.family != NFPROTO_INET && chain->table.family != number) ||
		    is_ours(chain))
			continue;
		if (ask_chain(ask, chain, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- iptables-legacy ---- */

static int ask_legacy(const struct ask *ask, struct cni_error *err)
{
	clearing_legacy struct cni_legacy_table table = {.family = 0};
	clearing_ruleset struct cni_ruleset ruleset = ruleset_of(ask, CNI_FORWARD_LEGACY);
	struct cni_way way;
	bool surely = false;

	if (!cni_legacy_has_table(ask->family, "filter"))
		return 0;
	ruleset.table =
		ask->family == AF_INET ? "filter of iptables-legacy" : "filter of ip6tables-legacy";
	ruleset.read = cni_legacy_read_chain;
	ruleset.data = &table;
	if (cni_legacy_read(ask->family, &table, err) < 0) {
		/* An accept there does no harm. */
		way.is_dropped = true;
		snprintf(way.reason, sizeof(way.reason), "%.500s", err->msg);
	} else if (walk(ask, &ruleset, "FORWARD", table.drops, &way, &surely, err) < 0) {
		return -1;
	}
	if (way.is_dropped)
		keep(ask->answer, CNI_FORWARD_LEGACY, &way, surely);
	return 0;
}

/* ---- all places ---- */

static const struct cni_ip *first_of(const struct cni_forward_question *question, int family)
{
	for (size_t i = 0; i < question->count; i++)
		if (question->addresses[i].family == family)
			return &question->addresses[i];
	return NULL;
}

static bool has_firewalld(const struct cni_nft_base_chains *chains)
{
	for (size_t i = 0; i < chains->count; i++)
		if (is_of_firewalld(&chains->items[i]))
			return true;
	return false;
}

int cni_forward_ask(struct cni_nl *nl, const struct cni_forward_question *question,
		    struct cni_forward_answer *ret_answer, struct cni_error *err)
{
	static const int families[] = {AF_INET, AF_INET6};
	clearing_base_chains struct cni_nft_base_chains chains = {.items = NULL};
	struct ask ask = {.nl = nl, .question = question, .answer = ret_answer};

	*ret_answer = (struct cni_forward_answer){.has_firewalld = false};
	if (cni_nft_forward_chains(nl, &chains, err) < 0)
		return -1;
	ret_answer->has_firewalld = has_firewalld(&chains);
	for (size_t i = 0; i < 2; i++) {
		const struct cni_ip *ip = first_of(question, families[i]);

		if (question->count && !ip)
			continue;
		ask.family = families[i];
		make_packets(question, ask.family, ip, ask.packets);
		if (ask_nf_tables(&ask, &chains, err) < 0 || ask_legacy(&ask, err) < 0)
			return cni_fail_within(err, "look for what drops forwarded packets");
	}
	return 0;
}
