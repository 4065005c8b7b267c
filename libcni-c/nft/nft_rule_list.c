/* SPDX-License-Identifier: Apache-2.0 */
/* Listing the rules of a chain, and removing one. nft_rule.c writes rules. */
#include "mem.h"
#include "nft_read.h"
#include "nft_tx.h"

#include <errno.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

struct list {
	struct cni_nft_rule_info *items;
	size_t count;
};

static int append_rule(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	struct list *list = data;

	(void)err;
	if ((list->count & (list->count - 1)) == 0)
		list->items = cni_realloc_array(list->items, list->count ? list->count * 2 : 1,
						sizeof(*list->items));
	cni_nft_read_rule(message, &list->items[list->count++]);
	return 0;
}

static void restart(void *data)
{
	((struct list *)data)->count = 0;
}

static void begin(struct cni_nl_message *m, const struct cni_nft_table *table, const char *chain)
{
	struct nftnl_rule *object = cni_need(nftnl_rule_alloc());

	nftnl_rule_set_str(object, NFTNL_RULE_TABLE, table->name);
	nftnl_rule_set_str(object, NFTNL_RULE_CHAIN, chain);
	m->overflowed = false;
	m->header = nftnl_nlmsg_build_hdr(m->buffer, NFT_MSG_GETRULE, table->family, NLM_F_DUMP, 0);
	nftnl_rule_nlmsg_build_payload(m->header, object);
	nftnl_rule_free(object);
}

int cni_nft_rules(struct cni_nl *nl, const struct cni_nft_table *table, const char *chain,
		  struct cni_nft_rule_info **ret_rules, size_t *ret_count, struct cni_error *err)
{
	struct list list = {0};
	struct cni_nl_message m;

	begin(&m, table, chain);
	if (cni_nl_dump(nl, &m, append_rule, restart, &list, err) < 0 && err->errnum != ENOENT) {
		free(list.items);
		return cni_fail_within(err, "nf_tables: list the rules of chain '%s'", chain);
	}
	*ret_rules = list.items;
	*ret_count = list.count;
	return 0;
}

struct place {
	size_t index;
	struct cni_nft_rule_info *rule;
	size_t count;
};

/* Reading a rule costs more than all else of a look-up: the others are counted. */
static int read_at(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	struct place *place = data;

	(void)err;
	if (place->count++ == place->index)
		cni_nft_read_rule(message, place->rule);
	return 0;
}

static void restart_place(void *data)
{
	((struct place *)data)->count = 0;
}

int cni_nft_rule_at(struct cni_nl *nl, const struct cni_nft_table *table, const char *chain,
		    size_t index, struct cni_nft_rule_info *ret_rule, size_t *ret_count,
		    struct cni_error *err)
{
	struct place place = {.index = index, .rule = ret_rule};
	struct cni_nl_message m;

	begin(&m, table, chain);
	if (cni_nl_dump(nl, &m, read_at, restart_place, &place, err) < 0 && err->errnum != ENOENT)
		return cni_fail_within(err, "nf_tables: list the rules of chain '%s'", chain);
	*ret_count = place.count;
	return 0;
}

void cni_nft_del_rule(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *chain,
		      uint64_t handle)
{
	struct nftnl_rule *object = cni_need(nftnl_rule_alloc());
	struct nlmsghdr *header = nftnl_nlmsg_build_hdr(cni_nft_tx_buffer(tx), NFT_MSG_DELRULE,
							table->family, 0, tx->next_seq);

	nftnl_rule_set_str(object, NFTNL_RULE_TABLE, table->name);
	nftnl_rule_set_str(object, NFTNL_RULE_CHAIN, chain);
	nftnl_rule_set_u64(object, NFTNL_RULE_HANDLE, handle);
	nftnl_rule_nlmsg_build_payload(header, object);
	nftnl_rule_free(object);
	cni_nft_tx_done(tx, "delete rule");
}
