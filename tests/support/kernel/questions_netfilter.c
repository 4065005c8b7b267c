/* SPDX-License-Identifier: Apache-2.0 */
#include "questions.h"

#include "cleanup.h"
#include "conntrack.h"
#include "nft.h"
#include "nft_forward.h"

#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct cni_ip ip(const char *text)
{
	struct cni_ip parsed = {0};

	if (cni_ip_parse(text, &parsed) < 0)
		abort();
	return parsed;
}

/* ---- nf_tables ---- */

static const struct cni_nft_table mine = {NFPROTO_INET, "mine"};
static const struct cni_nft_table filter = {NFPROTO_IPV4, "filter"};

static int generation(struct cni_nl *nl, struct cni_error *err)
{
	uint32_t found;

	return cni_nft_generation(nl, &found, err);
}

static int table_use(struct cni_nl *nl, struct cni_error *err)
{
	uint32_t found;

	return cni_nft_table_use(nl, &mine, &found, err);
}

static int chain_use(struct cni_nl *nl, struct cni_error *err)
{
	uint32_t found;

	return cni_nft_chain_use(nl, &mine, "shared", &found, err);
}

static int missing_chain(struct cni_nl *nl, struct cni_error *err)
{
	uint32_t found;

	return cni_nft_chain_use(nl, &mine, "none", &found, err);
}

static int base_chains(struct cni_nl *nl, struct cni_error *err)
{
	clearing_base_chains struct cni_nft_base_chains found = {.items = NULL};

	return cni_nft_forward_chains(nl, &found, err);
}

static int is_base(struct cni_nl *nl, struct cni_error *err)
{
	bool found = false;

	return cni_nft_chain_is_base(nl, &mine, "base", &found, err);
}

static int rule_count(struct cni_nl *nl, struct cni_error *err)
{
	uint32_t found;

	return cni_nft_rule_count(nl, &mine, "shared", &found, err);
}

static int rules_of(struct cni_nl *nl, const struct cni_nft_table *table, const char *chain,
		    struct cni_error *err)
{
	freeing struct cni_nft_rule_info *found = NULL;
	size_t count = 0;

	if (cni_nft_rules(nl, table, chain, &found, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (strlen(found[i].jump) >= sizeof(found[i].jump) ||
		    strlen(found[i].comment) >= sizeof(found[i].comment))
			abort();
	return 0;
}

static int rules(struct cni_nl *nl, struct cni_error *err)
{
	return rules_of(nl, &mine, "shared", err);
}

static int rules_of_iptables(struct cni_nl *nl, struct cni_error *err)
{
	return rules_of(nl, &filter, "FORWARD", err);
}

static void see_element(const struct cni_nft_element *element)
{
	if (element->key.size > sizeof(element->key.data) ||
	    element->value.size > sizeof(element->value.data) ||
	    strlen(element->jump) >= sizeof(element->jump) ||
	    strlen(element->comment) >= sizeof(element->comment))
		abort();
}

static int element(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_ip address = ip("10.1.0.7");
	struct cni_nft_bytes key = cni_nft_ip(&address);
	struct cni_nft_element found = {.key = {.size = 0}};

	if (cni_nft_get(nl, &mine, "jumps", &key, &found, err) < 0)
		return -1;
	see_element(&found);
	return 0;
}

static int elements_of(struct cni_nl *nl, const char *set, struct cni_error *err)
{
	freeing struct cni_nft_element *found = NULL;
	size_t count = 0;

	if (cni_nft_list(nl, &mine, set, &found, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		see_element(&found[i]);
	return 0;
}

static int jumps(struct cni_nl *nl, struct cni_error *err)
{
	return elements_of(nl, "jumps", err);
}

static int ports(struct cni_nl *nl, struct cni_error *err)
{
	return elements_of(nl, "ports", err);
}

static int names(struct cni_nl *nl, struct cni_error *err)
{
	return elements_of(nl, "names", err);
}

static bool is_other(const char *comment, const void *data)
{
	return strcmp(comment, data) != 0;
}

static int others(struct cni_nl *nl, struct cni_error *err)
{
	bool found;

	(void)nl;
	return cni_nft_has_other(&mine, "jumps", is_other, "blue/red/eth0", &found, err);
}

static int transaction(struct cni_nl *nl, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, 0);

	cni_nft_add_table(tx, &mine);
	cni_nft_add_chain(tx, &mine, "late", "blue");
	return cni_nft_commit(tx, err);
}

static int refused_transaction(struct cni_nl *nl, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, 0);

	cni_nft_add_chain(tx, &mine, "later", "blue");
	cni_nft_del_chain(tx, &mine, "none");
	cni_nft_del_set(tx, &mine, "none");
	return cni_nft_commit(tx, err);
}

static const struct question nftables_items[] = {
	{"generation", generation},
	{"table-use", table_use},
	{"chain-use", chain_use},
	{"missing-chain", missing_chain},
	{"base-chains", base_chains},
	{"is-base", is_base},
	{"rule-count", rule_count},
	{"rules", rules},
	{"rules-of-iptables", rules_of_iptables},
	{"element", element},
	{"jumps", jumps},
	{"ports", ports},
	{"names", names},
	{"others", others},
	{"transaction", transaction},
	{"refused-transaction", refused_transaction},
};
const struct questions nftables_questions = {"nftables", NETLINK_NETFILTER, nftables_items,
					     COUNT(nftables_items)};

/* ---- conntrack ---- */

/* Half of the host's addresses. */
static bool is_local(const struct cni_ip *address, void *data)
{
	(void)data;
	return address->bytes[cni_ip_size(address) - 1] & 1;
}

static int forget(struct cni_nl *nl, uint8_t family, const char *address, struct cni_error *err)
{
	struct cni_conntrack_target targets[] = {
		{.port = 53}, {.port = 53, .address = ip(address)}, {.port = 54}};

	return cni_conntrack_forget(nl, family, IPPROTO_UDP, targets, COUNT(targets), is_local,
				    NULL, err);
}

static int flows4(struct cni_nl *nl, struct cni_error *err)
{
	return forget(nl, AF_INET, "192.0.2.1", err);
}

static int flows6(struct cni_nl *nl, struct cni_error *err)
{
	return forget(nl, AF_INET6, "2001:db8::1", err);
}

static int flows_of_one_port(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_conntrack_target target = {.port = 5353};

	return cni_conntrack_forget(nl, AF_INET, IPPROTO_UDP, &target, 1, is_local, NULL, err);
}

static const struct question conntrack_items[] = {
	{"flows4", flows4},
	{"flows6", flows6},
	{"flows-of-one-port", flows_of_one_port},
};
const struct questions conntrack_questions = {"conntrack", NETLINK_NETFILTER, conntrack_items,
					      COUNT(conntrack_items)};
