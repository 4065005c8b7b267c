/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups in nf_tables. nft_tx.c changes them. */
#include "nft.h"

#include "cleanup.h"
#include "mem.h"
#include "nft_read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

void cni_nft_bytes_add(struct cni_nft_bytes *bytes, const void *data, size_t size)
{
	uint32_t padded = (uint32_t)(size + 3) & ~3U;

	memcpy(bytes->data + bytes->size, data, size);
	memset(bytes->data + bytes->size + size, 0, padded - size);
	bytes->size += padded;
}

bool cni_nft_bytes_equal(const struct cni_nft_bytes *a, const struct cni_nft_bytes *b)
{
	return a->size == b->size && !memcmp(a->data, b->data, a->size);
}

struct cni_nft_bytes cni_nft_ip(const struct cni_ip *ip)
{
	struct cni_nft_bytes bytes = {.size = 0};

	cni_nft_bytes_add(&bytes, ip->bytes, cni_ip_size(ip));
	return bytes;
}

void cni_nft_bytes_add_ifname(struct cni_nft_bytes *bytes, const char *name)
{
	char padded[IFNAMSIZ] = "";

	strncpy(padded, name, sizeof(padded) - 1);
	cni_nft_bytes_add(bytes, padded, sizeof(padded));
}

/* libnftnl builds the message; the round trip is like any netlink message's. */
static void begin(struct cni_nl_message *m, uint16_t type, uint16_t family)
{
	m->overflowed = false;
	m->header = nftnl_nlmsg_build_hdr(m->buffer, type, family, 0, 0);
}

static int keep_generation(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	uint32_t *generation = data;

	*generation = cni_nft_read_u32(message, NFTA_GEN_ID, 0);
	return *generation ? 0 : cni_fail(err, CNI_EKERNEL, "the kernel gives none");
}

int cni_nft_generation(struct cni_nl *nl, uint32_t *ret_generation, struct cni_error *err)
{
	struct cni_nl_message m;

	begin(&m, NFT_MSG_GETGEN, NFPROTO_UNSPEC);
	if (cni_nl_get(nl, &m, keep_generation, ret_generation, err) < 0)
		return cni_fail_within(err, "nf_tables: read the generation");
	return 0;
}

bool cni_nft_is_there(struct cni_nl *nl)
{
	struct cni_error ignored;
	uint32_t generation;

	return cni_nft_generation(nl, &generation, &ignored) == 0;
}

static void ask_for_chain(struct cni_nl_message *m, const struct cni_nft_table *table,
			  const char *chain)
{
	struct nftnl_chain *object = cni_need(nftnl_chain_alloc());

	nftnl_chain_set_str(object, NFTNL_CHAIN_TABLE, table->name);
	nftnl_chain_set_str(object, NFTNL_CHAIN_NAME, chain);
	begin(m, NFT_MSG_GETCHAIN, table->family);
	nftnl_chain_nlmsg_build_payload(m->header, object);
	nftnl_chain_free(object);
}

static int keep_chain_use(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	(void)err;
	*(uint32_t *)data = cni_nft_read_u32(message, NFTA_CHAIN_USE, 0);
	return 0;
}

int cni_nft_chain_use(struct cni_nl *nl, const struct cni_nft_table *table, const char *chain,
		      uint32_t *ret_use, struct cni_error *err)
{
	struct cni_nl_message m;

	ask_for_chain(&m, table, chain);
	*ret_use = 0;
	if (cni_nl_get(nl, &m, keep_chain_use, ret_use, err) < 0)
		return cni_fail_within(err, "nf_tables: look up chain '%s' of table '%s'", chain,
				       table->name);
	return 0;
}

static int look_for_hook(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	static const struct cni_nl_policy policy[NFTA_CHAIN_HOOK + 1] = {
		[NFTA_CHAIN_HOOK] = {MNL_TYPE_NESTED},
	};
	const struct nlattr *table[NFTA_CHAIN_HOOK + 1];

	(void)err;
	cni_nl_parse(message, policy, table, NFTA_CHAIN_HOOK);
	*(bool *)data = table[NFTA_CHAIN_HOOK] != NULL;
	return 0;
}

int cni_nft_chain_is_base(struct cni_nl *nl, const struct cni_nft_table *table, const char *chain,
			  bool *ret_is, struct cni_error *err)
{
	struct cni_nl_message m;

	ask_for_chain(&m, table, chain);
	return cni_nl_get(nl, &m, look_for_hook, ret_is, err);
}

static int keep_table_use(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	(void)err;
	*(uint32_t *)data = cni_nft_read_u32(message, NFTA_TABLE_USE, 0);
	return 0;
}

int cni_nft_table_use(struct cni_nl *nl, const struct cni_nft_table *table, uint32_t *ret_use,
		      struct cni_error *err)
{
	struct nftnl_table *object = cni_need(nftnl_table_alloc());
	struct cni_nl_message m;

	nftnl_table_set_str(object, NFTNL_TABLE_NAME, table->name);
	begin(&m, NFT_MSG_GETTABLE, table->family);
	nftnl_table_nlmsg_build_payload(m.header, object);
	nftnl_table_free(object);
	if (cni_nl_get(nl, &m, keep_table_use, ret_use, err) < 0)
		return cni_fail_within(err, "nf_tables: look up table '%s'", table->name);
	return 0;
}

static int count_rule(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	(void)message;
	(void)err;
	++*(uint32_t *)data;
	return 0;
}

static void restart_count(void *data)
{
	*(uint32_t *)data = 0;
}

int cni_nft_rule_count(struct cni_nl *nl, const struct cni_nft_table *table, const char *chain,
		       uint32_t *ret_count, struct cni_error *err)
{
	struct nftnl_rule *object = cni_need(nftnl_rule_alloc());
	struct cni_nl_message m;
	uint32_t count = 0;

	nftnl_rule_set_str(object, NFTNL_RULE_TABLE, table->name);
	nftnl_rule_set_str(object, NFTNL_RULE_CHAIN, chain);
	begin(&m, NFT_MSG_GETRULE, table->family);
	nftnl_rule_nlmsg_build_payload(m.header, object);
	nftnl_rule_free(object);
	if (cni_nl_dump(nl, &m, count_rule, restart_count, &count, err) < 0)
		return cni_fail_within(err, "nf_tables: list the rules of chain '%s'", chain);
	*ret_count = count;
	return 0;
}

static void keep(const struct cni_nft_element *element, void *data)
{
	*(struct cni_nft_element *)data = *element;
}

static int keep_element(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	(void)err;
	*(struct cni_nft_element *)data = (struct cni_nft_element){.key = {.size = 0}};
	cni_nft_read_elements(message, keep, data);
	return 0;
}

static struct nftnl_set *new_set(const struct cni_nft_table *table, const char *set)
{
	struct nftnl_set *object = cni_need(nftnl_set_alloc());

	nftnl_set_set_str(object, NFTNL_SET_TABLE, table->name);
	nftnl_set_set_str(object, NFTNL_SET_NAME, set);
	return object;
}

int cni_nft_get(struct cni_nl *nl, const struct cni_nft_table *table, const char *set,
		const struct cni_nft_bytes *key, struct cni_nft_element *ret_element,
		struct cni_error *err)
{
	struct nftnl_set *object = new_set(table, set);
	struct nftnl_set_elem *element = cni_need(nftnl_set_elem_alloc());
	struct cni_nl_message m;

	nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, key->data, key->size);
	nftnl_set_elem_add(object, element);
	begin(&m, NFT_MSG_GETSETELEM, table->family);
	nftnl_set_elems_nlmsg_build_payload(m.header, object);
	nftnl_set_free(object);
	if (cni_nl_get(nl, &m, keep_element, ret_element, err) < 0)
		return cni_fail_within(err, "nf_tables: look into map '%s' of table '%s'", set,
				       table->name);
	return 0;
}

int cni_nft_look_up(struct cni_nl *nl, const struct cni_nft_table *table, const char *set,
		    const struct cni_nft_bytes *key, struct cni_nft_element *ret_element,
		    struct cni_error *err)
{
	if (cni_nft_get(nl, table, set, key, ret_element, err) == 0)
		return 1;
	return err->errnum == ENOENT ? 0 : -1;
}

static int ignore(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	(void)message;
	(void)data;
	(void)err;
	return 0;
}

int cni_nft_has_set(struct cni_nl *nl, const struct cni_nft_table *table, const char *set,
		    struct cni_error *err)
{
	struct nftnl_set *object = new_set(table, set);
	struct cni_nl_message m;

	begin(&m, NFT_MSG_GETSET, table->family);
	nftnl_set_nlmsg_build_payload(m.header, object);
	nftnl_set_free(object);
	if (cni_nl_get(nl, &m, ignore, NULL, err) == 0)
		return 1;
	return err->errnum == ENOENT ? 0 : -1;
}

struct list {
	struct cni_nft_element *items;
	size_t count;
};

static void append(const struct cni_nft_element *element, void *data)
{
	struct list *list = data;

	/* Doubling: a thousand pods are ten reallocations. */
	if ((list->count & (list->count - 1)) == 0)
		list->items = cni_realloc_array(list->items, list->count ? list->count * 2 : 1,
						sizeof(*list->items));
	list->items[list->count++] = *element;
}

static int append_elements(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	(void)err;
	cni_nft_read_elements(message, append, data);
	return 0;
}

static void restart_list(void *data)
{
	((struct list *)data)->count = 0;
}

int cni_nft_list(struct cni_nl *nl, const struct cni_nft_table *table, const char *set,
		 struct cni_nft_element **ret_elements, size_t *ret_count, struct cni_error *err)
{
	struct nftnl_set *object = new_set(table, set);
	struct list list = {0};
	struct cni_nl_message m;

	begin(&m, NFT_MSG_GETSETELEM, table->family);
	nftnl_set_elems_nlmsg_build_payload(m.header, object);
	nftnl_set_free(object);
	if (cni_nl_dump(nl, &m, append_elements, restart_list, &list, err) < 0 &&
	    err->errnum != ENOENT) {
		free(list.items);
		return cni_fail_within(err, "nf_tables: list map '%s' of table '%s'", set,
				       table->name);
	}
	*ret_elements = list.items;
	*ret_count = list.count;
	return 0;
}

struct others {
	bool (*is_other)(const char *comment, const void *data);
	const void *data;
	bool found;
};

static void compare_comment(const struct cni_nft_element *element, void *data)
{
	struct others *others = data;

	others->found |= others->is_other(element->comment, others->data);
}

static int stop_at_another(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	struct others *others = data;

	cni_nft_read_elements(message, compare_comment, data);
	return others->found ? cni_fail(err, CNI_EKERNEL, "enough was seen") : 0;
}

int cni_nft_has_other(const struct cni_nft_table *table, const char *set,
		      bool (*is_other)(const char *comment, const void *data), const void *data,
		      bool *ret_has, struct cni_error *err)
{
	/* A socket of its own, because the rest of the answer stays unread. */
	closing_nl struct cni_nl nl = {0};
	struct nftnl_set *object = new_set(table, set);
	struct others others = {.is_other = is_other, .data = data};
	struct cni_nl_message m;
	int failed;

	begin(&m, NFT_MSG_GETSETELEM, table->family);
	nftnl_set_elems_nlmsg_build_payload(m.header, object);
	nftnl_set_free(object);
	failed = cni_nl_open(&nl, NETLINK_NETFILTER, -1, err);
	if (!failed)
		failed = cni_nl_dump_until(&nl, &m, stop_at_another, &others, err);
	*ret_has = others.found;
	return failed < 0 && !others.found && err->errnum != ENOENT ? -1 : 0;
}
