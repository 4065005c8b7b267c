/* SPDX-License-Identifier: Apache-2.0 */
#include "masquerade_leave.h"

#include "cleanup.h"
#include "hash.h"
#include "mem.h"
#include "nft_rule.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cni_nft_table *const table = &cni_masquerade_table.table;
static const int families[2] = {AF_INET, AF_INET6};

/* ---- names ---- */

static void name_sets(const char *chain, char sets[2][CNI_LEAVE_NAME_SIZE])
{
	const char *digits = strchr(chain, '-');

	for (int i = 0; i < 2; i++)
		snprintf(sets[i], CNI_LEAVE_NAME_SIZE, "keep%d%.17s", i ? 6 : 4,
			 digits ? digits : "");
}

struct cni_leave cni_leave_of(const char *network)
{
	struct cni_leave leave = {.network = network};
	char digits[CNI_HASH_TEXT_SIZE];

	cni_hash_hex(network, strlen(network), digits);
	snprintf(leave.chain, sizeof(leave.chain), "leave-%.16s", digits);
	name_sets(leave.chain, leave.sets);
	return leave;
}

static void write_comment(const struct cni_destinations *destinations,
			  char comment[CNI_NFT_COMMENT_SIZE])
{
	char digest[CNI_DESTINATIONS_DIGEST_SIZE];

	snprintf(comment, CNI_NFT_COMMENT_SIZE, "destinations %s",
		 cni_destinations_digest(destinations, digest));
}

/* ---- looking ---- */

int cni_leave_find(struct cni_nl *nl, const char *network, struct cni_leave *ret_leave,
		   struct cni_error *err)
{
	struct cni_nft_rule_info last;
	size_t count;
	uint32_t use;

	*ret_leave = cni_leave_of(network);
	if (cni_nft_rule_at(nl, table, ret_leave->chain, CNI_LEAVE_RULES - 1, &last, &count, err) <
	    0)
		return -1;
	ret_leave->is_there = count > 0;
	if (count == CNI_LEAVE_RULES)
		snprintf(ret_leave->comment, sizeof(ret_leave->comment), "%.127s", last.comment);
	if (count)
		return 0;
	/* "nft flush table" leaves the chain. */
	ret_leave->is_there = cni_nft_chain_use(nl, table, ret_leave->chain, &use, err) == 0;
	return ret_leave->is_there || err->errnum == ENOENT ? 0 : -1;
}

bool cni_leave_has(const struct cni_leave *leave, const struct cni_destinations *destinations)
{
	char comment[CNI_NFT_COMMENT_SIZE];

	if (!*leave->comment)
		return false;
	write_comment(destinations, comment);
	return !strcmp(leave->comment, comment);
}

int cni_leave_target(struct cni_nl *nl, const char *net_chain, char target[CNI_NFT_NAME_SIZE],
		     size_t *ret_count, struct cni_error *err)
{
	struct cni_nft_rule_info last = {.jump = ""};

	if (cni_nft_rule_at(nl, table, net_chain, cni_masquerade_table.own_rules - 1, &last,
			    ret_count, err) < 0)
		return -1;
	memcpy(target, last.jump, CNI_NFT_NAME_SIZE);
	return 0;
}

/* ---- changing ---- */

static void put_sets(struct cni_nft_tx *tx, const struct cni_leave *leave,
		     const struct cni_destinations *destinations)
{
	for (size_t i = 0; i < 2; i++) {
		const struct cni_nft_set set = {.name = leave->sets[i],
						.key = {families[i] == AF_INET ? CNI_NFT_IPV4
									       : CNI_NFT_IPV6},
						.has_intervals = true};
		size_t count;
		const struct cni_net *nets = cni_destinations_of(destinations, families[i], &count);

		cni_nft_add_set(tx, table, &set);
		cni_nft_flush_set(tx, table, set.name);
		cni_nft_add_prefixes(tx, table, set.name, nets, count);
	}
}

void cni_leave_put(struct cni_nft_tx *tx, const struct cni_leave *leave,
		   const struct cni_destinations *destinations)
{
	char comment[CNI_NFT_COMMENT_SIZE];

	put_sets(tx, leave, destinations);
	cni_nft_add_chain(tx, table, leave->chain, leave->network);
	cni_nft_flush_chain(tx, table, leave->chain);
	cni_nft_rule(tx, table, leave->chain, "meta nfproto ipv4 ip daddr @%s return",
		     leave->sets[0]);
	cni_nft_rule(tx, table, leave->chain, "meta nfproto ipv6 ip6 daddr @%s return",
		     leave->sets[1]);
	write_comment(destinations, comment);
	cni_nft_rule(tx, table, leave->chain, "masquerade comment \"%s\"", comment);
}

/* ---- the net- chains ---- */

/* True for an element that the wish replaces, and for those of chains that it writes. */
static bool is_of_wish(const struct cni_owned_wish *wish, const char *set,
		       const struct cni_nft_element *element)
{
	if (!wish)
		return false;
	if (!strcmp(element->comment, wish->owner->text) ||
	    cni_nft_items_has(&wish->items, set, &element->key))
		return true;
	for (size_t i = 0; i < wish->items.count; i++)
		if (!strcmp(wish->items.items[i].element.jump, element->jump))
			return true;
	return false;
}

static bool has_jump(const struct cni_nft_items *chains, const char *chain)
{
	for (size_t i = 0; i < chains->count; i++)
		if (!strcmp(chains->items[i].element.jump, chain))
			return true;
	return false;
}

/* An element for each chain: a network has few. */
static int list_chains(struct cni_nl *nl, const char *network, const struct cni_owned_wish *wish,
		       struct cni_nft_items *chains, struct cni_error *err)
{
	for (const struct cni_owned_set *set = cni_masquerade_table.sets; set->set.name; set++) {
		freeing struct cni_nft_element *elements = NULL;
		size_t count = 0;

		if (set->set.value[0] != CNI_NFT_VERDICT)
			continue;
		if (cni_nft_list(nl, table, set->set.name, &elements, &count, err) < 0)
			return -1;
		for (size_t i = 0; i < count; i++)
			if (cni_owner_text_is_of(elements[i].comment, network) &&
			    !is_of_wish(wish, set->set.name, &elements[i]) &&
			    !has_jump(chains, elements[i].jump))
				cni_nft_items_put(chains, set->set.name, &elements[i]);
	}
	return 0;
}

/* A chain that lacks rules is left to CHECK and MEND of its attachments. */
static int lead_chain(struct cni_nl *nl, struct cni_nft_tx *tx, const char *net_chain,
		      const char *leave_chain, struct cni_error *err)
{
	freeing struct cni_nft_rule_info *rules = NULL;
	size_t count;

	if (cni_nft_rules(nl, table, net_chain, &rules, &count, err) < 0)
		return -1;
	if (count != cni_masquerade_table.own_rules || *rules[count - 1].jump)
		return 0;
	cni_nft_del_rule(tx, table, net_chain, rules[count - 1].handle);
	cni_nft_rule(tx, table, net_chain, "goto %s", leave_chain);
	return 0;
}

int cni_leave_lead(struct cni_nl *nl, struct cni_nft_tx *tx, const struct cni_leave *leave,
		   const struct cni_owned_wish *wish, size_t *ret_count, struct cni_error *err)
{
	clearing_items struct cni_nft_items chains = {0};

	if (list_chains(nl, leave->network, wish, &chains, err) < 0)
		return -1;
	for (size_t i = 0; i < chains.count; i++)
		if (lead_chain(nl, tx, chains.items[i].element.jump, leave->chain, err) < 0)
			return -1;
	*ret_count = chains.count;
	return 0;
}

int cni_leave_del(struct cni_nl *nl, struct cni_nft_tx *tx, const char *chain, uint32_t *released,
		  struct cni_error *err)
{
	char sets[2][CNI_LEAVE_NAME_SIZE];

	name_sets(chain, sets);
	cni_nft_flush_chain(tx, table, chain);
	cni_nft_del_chain(tx, table, chain);
	++*released;
	for (size_t i = 0; i < 2; i++) {
		int there = cni_nft_has_set(nl, table, sets[i], err);

		if (there < 0)
			return -1;
		if (!there)
			continue;
		cni_nft_del_set(tx, table, sets[i]);
		++*released;
	}
	return 0;
}

int cni_leave_release(struct cni_owned_change *change, const char *leave, struct cni_error *err)
{
	struct cni_nft_element lead = {.jump = ""};
	uint32_t rules;
	uint32_t use;

	strncpy(lead.jump, leave, sizeof(lead.jump) - 1);
	cni_nft_items_put(&change->led, "", &lead);
	if (cni_nft_rule_count(change->nl, table, leave, &rules, err) < 0 ||
	    cni_nft_chain_use(change->nl, table, leave, &use, err) < 0)
		return -1;
	if (use > rules + cni_owned_count_jumps(&change->led, leave))
		return 0;
	return cni_leave_del(change->nl, change->tx, leave, &change->released, err);
}

/* ---- the destinations alone ---- */

struct setting {
	const char *network;
	const struct cni_destinations *destinations;
	bool has_any;
};

static int try_to_set(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	struct setting *setting = data;
	struct cni_leave leave;
	size_t count;

	if (cni_leave_find(nl, setting->network, &leave, err) < 0)
		return -1;
	setting->has_any = leave.is_there;
	if (!leave.is_there && !setting->destinations->count)
		return 0;
	if (!cni_leave_has(&leave, setting->destinations))
		cni_leave_put(tx, &leave, setting->destinations);
	if (!leave.is_there) {
		if (cni_leave_lead(nl, tx, &leave, NULL, &count, err) < 0)
			return -1;
		setting->has_any = count > 0;
	}
	return setting->has_any ? cni_nft_commit(tx, err) : 0;
}

int cni_masquerade_set_destinations(struct cni_nl *nl, const char *network,
				    const struct cni_destinations *destinations, bool *ret_has_any,
				    struct cni_error *err)
{
	struct setting setting = {.network = network, .destinations = destinations};
	int failed = cni_nft_retry(nl, try_to_set, &setting, err);

	*ret_has_any = setting.has_any;
	return failed;
}

bool cni_masquerade_has_digest(struct cni_nl *nl, const char *network, const char *digest)
{
	struct cni_error ignored;
	struct cni_leave leave;
	const char *last;

	if (cni_leave_find(nl, network, &leave, &ignored) < 0)
		return false;
	last = strrchr(leave.comment, ' ');
	return last && !strcmp(last + 1, digest);
}

struct dropping {
	const char *network;
	bool is_used;
};

static int try_to_drop(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	clearing_change struct cni_owned_change change = {
		.nl = nl, .tx = cni_nft_tx_new(nl, generation), .table = &cni_masquerade_table};
	struct dropping *dropping = data;
	const struct cni_leave leave = cni_leave_of(dropping->network);
	uint32_t rules;
	uint32_t use;
	bool is_idle;

	dropping->is_used = false;
	if (cni_nft_chain_use(nl, table, leave.chain, &use, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	if (cni_nft_rule_count(nl, table, leave.chain, &rules, err) < 0)
		return -1;
	dropping->is_used = use > rules;
	if (dropping->is_used)
		return 0;
	if (cni_leave_del(nl, change.tx, leave.chain, &change.released, err) < 0 ||
	    cni_owned_is_idle(&change, &is_idle, err) < 0)
		return -1;
	if (is_idle)
		cni_nft_del_table(change.tx, table);
	return cni_nft_commit(change.tx, err);
}

int cni_masquerade_drop_destinations(struct cni_nl *nl, const char *network, bool *ret_is_used,
				     struct cni_error *err)
{
	struct dropping dropping = {.network = network};
	int failed = cni_nft_retry(nl, try_to_drop, &dropping, err);

	*ret_is_used = dropping.is_used;
	return failed;
}
