/* SPDX-License-Identifier: Apache-2.0 */
#include "go_rules.h"

#include "cleanup.h"
#include "hash.h"
#include "mem.h"
#include "nft.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A chain of one container or interface, and the chain that jumps to it. */
struct own_chain {
	struct cni_nft_table table;
	const char *entry;
	char name[CNI_NFT_NAME_SIZE];
	char inner[CNI_NFT_NAME_SIZE]; /* the chain that `name` jumps to; "": none */
};

/* A chain with rules of many owners, told apart by their comments. */
struct shared_chain {
	struct cni_nft_table table;
	const char *name;
	bool by_beginning; /* the comment begins with `comment`; otherwise it equals `comment` */
	char comment[CNI_NFT_RULE_COMMENT_SIZE];
};

/* All places for rules of one kind. */
struct places {
	struct own_chain own[4];
	size_t own_count;
	struct shared_chain shared[6];
	size_t shared_count;
};

static const uint16_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};

/* ---- names ---- */

static void digits_of(const char *text, char digits[CNI_HASH_TEXT_SIZE])
{
	cni_hash_hex(text, strlen(text), digits);
}

/* As in pkg/utils. */
const char *cni_go_chain_name(const char *prefix, const struct cni_owner *owner,
			      char name[CNI_GO_CHAIN_SIZE])
{
	freeing char *text = cni_format("%s%s", owner->network, owner->container);
	char digits[CNI_HASH_TEXT_SIZE];

	digits_of(text, digits);
	snprintf(name, CNI_GO_CHAIN_SIZE, "CNI-%s%.*s", prefix, 24 - (int)strlen(prefix), digits);
	return name;
}

/* "<16 digits of the network>-", and with an owner "<16 digits of ifname:container>". */
static void begin_comment(const char *network, const char *container, const char *ifname,
			  char comment[CNI_NFT_RULE_COMMENT_SIZE])
{
	freeing char *text = cni_format("%s:%s", ifname, container);
	char of_network[CNI_HASH_TEXT_SIZE];
	char of_instance[CNI_HASH_TEXT_SIZE];

	digits_of(network, of_network);
	digits_of(text, of_instance);
	snprintf(comment, CNI_NFT_RULE_COMMENT_SIZE, "%.16s-%.16s", of_network,
		 *container ? of_instance : "");
}

/* ---- places ---- */

static void find_masquerade(const struct cni_owner *owner, struct places *places)
{
	struct shared_chain *shared = &places->shared[places->shared_count++];

	for (size_t i = 0; i < 2; i++) {
		struct own_chain *own = &places->own[places->own_count++];

		*own = (struct own_chain){.table = {families[i], "nat"}, .entry = "POSTROUTING"};
		cni_go_chain_name("", owner, own->name);
	}
	*shared = (struct shared_chain){.table = {NFPROTO_INET, "cni_plugins_masquerade"},
					.name = "masq_checks",
					.by_beginning = true};
	begin_comment(owner->network, owner->container, owner->ifname, shared->comment);
}

static void find_spoofcheck(const struct cni_owner *owner, struct places *places)
{
	struct own_chain *own = &places->own[places->own_count++];

	/* The kernel has refused a name that does not fit (NFT_NAME_MAXLEN is 256), or the name is
	 * longer than ours may be; a cut name matches no chain. */
	*own = (struct own_chain){.table = {NFPROTO_BRIDGE, "nat"}, .entry = "PREROUTING"};
	snprintf(own->name, sizeof(own->name), "cni-br-iface-%s-%s", owner->container,
		 owner->ifname);
	snprintf(own->inner, sizeof(own->inner), "cni-br-iface-%s-%s-mac", owner->container,
		 owner->ifname);
}

static void find_portmap(const struct cni_owner *owner, struct places *places)
{
	static const char *const chains[] = {"hostports", "hostip_hostports", "masquerading"};

	for (size_t i = 0; i < 2; i++) {
		struct own_chain *own = &places->own[places->own_count++];

		*own = (struct own_chain){.table = {families[i], "nat"},
					  .entry = "CNI-HOSTPORT-DNAT"};
		cni_go_chain_name("DN-", owner, own->name);
		for (size_t j = 0; j < 3; j++) {
			struct shared_chain *shared = &places->shared[places->shared_count++];

			*shared = (struct shared_chain){.table = {families[i], "cni_hostport"},
							.name = chains[j]};
			snprintf(shared->comment, sizeof(shared->comment), "%s", owner->container);
		}
	}
}

static void find_places(enum cni_go_rules kind, const struct cni_owner *owner,
			struct places *ret_places)
{
	*ret_places = (struct places){0};
	switch (kind) {
	case CNI_GO_MASQUERADE:
		find_masquerade(owner, ret_places);
		break;
	case CNI_GO_SPOOFCHECK:
		find_spoofcheck(owner, ret_places);
		break;
	case CNI_GO_PORTMAP:
		find_portmap(owner, ret_places);
		break;
	}
}

/* ---- removing ---- */

/* 1 if there, 0 if not, -1 on failure. */
static int exists(struct cni_nl *nl, const struct own_chain *own, struct cni_error *err)
{
	uint32_t use;

	if (cni_nft_chain_use(nl, &own->table, own->name, &use, err) == 0)
		return 1;
	return err->errnum == ENOENT ? 0 : -1;
}

/* Removes the chain and the rules that jump to it. Returns 1 if there was one, 0 or -1. */
static int del_own(struct cni_nl *nl, struct cni_nft_tx *tx, const struct own_chain *own,
		   struct cni_error *err)
{
	freeing struct cni_nft_rule_info *rules = NULL;
	int there = exists(nl, own, err);
	size_t count = 0;

	if (there <= 0)
		return there;
	if (cni_nft_rules(nl, &own->table, own->entry, &rules, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(rules[i].jump, own->name))
			cni_nft_del_rule(tx, &own->table, own->entry, rules[i].handle);
	cni_nft_flush_chain(tx, &own->table, own->name);
	cni_nft_del_chain(tx, &own->table, own->name);
	if (*own->inner)
		cni_nft_del_chain(tx, &own->table, own->inner);
	return 1;
}

static bool has_comment(const struct cni_nft_rule_info *rule, const struct shared_chain *shared)
{
	return shared->by_beginning
		       ? !strncmp(rule->comment, shared->comment, strlen(shared->comment))
		       : !strcmp(rule->comment, shared->comment);
}

/* The same for single rules; with `tx` NULL it only looks. */
static int del_shared(struct cni_nl *nl, struct cni_nft_tx *tx, const struct shared_chain *shared,
		      struct cni_error *err)
{
	freeing struct cni_nft_rule_info *rules = NULL;
	size_t count = 0;
	int found = 0;

	if (cni_nft_rules(nl, &shared->table, shared->name, &rules, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!has_comment(&rules[i], shared))
			continue;
		found = 1;
		if (tx)
			cni_nft_del_rule(tx, &shared->table, shared->name, rules[i].handle);
	}
	return found;
}

static int del_places(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	const struct places *places = data;

	for (size_t i = 0; i < places->own_count; i++)
		if (del_own(nl, tx, &places->own[i], err) < 0)
			return -1;
	for (size_t i = 0; i < places->shared_count; i++)
		if (del_shared(nl, tx, &places->shared[i], err) < 0)
			return -1;
	return cni_nft_commit(tx, err);
}

int cni_go_rules_del(struct cni_nl *nl, enum cni_go_rules kind, const struct cni_owner *owner,
		     struct cni_error *err)
{
	struct places places;

	find_places(kind, owner, &places);
	if (cni_nft_retry(nl, del_places, &places, err) < 0)
		return cni_fail_within(err, "what the Go plugin has left");
	return 0;
}

int cni_go_rules_exist(struct cni_nl *nl, enum cni_go_rules kind, const struct cni_owner *owner,
		       bool *ret_exist, struct cni_error *err)
{
	struct places places;
	int found = 0;

	find_places(kind, owner, &places);
	for (size_t i = 0; i < places.own_count && !found; i++)
		found = exists(nl, &places.own[i], err);
	for (size_t i = 0; i < places.shared_count && !found; i++)
		found = del_shared(nl, NULL, &places.shared[i], err);
	*ret_exist = found > 0;
	return found < 0 ? -1 : 0;
}

/* ---- GC ---- */

bool cni_go_comment_read(const char *comment, const char *network,
			 char container[CNI_GO_CONTAINER_SIZE])
{
	freeing char *begin = cni_format("name: \"%s\" id: \"", network);
	const char *found = strstr(comment, begin);
	size_t length;

	if (!found)
		return false;
	found += strlen(begin);
	length = strcspn(found, "\"");
	snprintf(container, CNI_GO_CONTAINER_SIZE, "%.*s", (int)length, found);
	return found[length] == '"';
}

struct gc {
	enum cni_go_rules kind;
	const char *network;
	const struct cni_owners *valid;
};

/* Removes the chains of containers that are not valid any more, each once. */
static int gc_entry(struct cni_nl *nl, struct cni_nft_tx *tx, const struct gc *gc,
		    const struct cni_nft_table *table, const char *entry, const char *prefix,
		    struct cni_error *err)
{
	freeing struct cni_nft_rule_info *rules = NULL;
	size_t count = 0;

	if (cni_nft_rules(nl, table, entry, &rules, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct own_chain own = {.table = *table, .entry = entry};
		struct cni_owner owner = {.network = gc->network};
		char container[CNI_GO_CONTAINER_SIZE];
		bool again = false;

		if (!cni_go_comment_read(rules[i].comment, gc->network, container) ||
		    cni_owners_has_container(gc->valid, container))
			continue;
		owner.container = container;
		cni_go_chain_name(prefix, &owner, own.name);
		for (size_t j = 0; j < i; j++)
			again |= !strcmp(rules[j].jump, own.name);
		if (!again && !strcmp(rules[i].jump, own.name) && del_own(nl, tx, &own, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_valid(const struct gc *gc, const char *comment)
{
	for (size_t i = 0; i < gc->valid->count; i++) {
		const struct cni_owner *owner = &gc->valid->items[i];
		char begin[CNI_NFT_RULE_COMMENT_SIZE];

		begin_comment(gc->network, owner->container, owner->ifname, begin);
		if (!strncmp(comment, begin, strlen(begin)))
			return true;
	}
	return false;
}

static int gc_masq_checks(struct cni_nl *nl, struct cni_nft_tx *tx, const struct gc *gc,
			  struct cni_error *err)
{
	static const struct cni_nft_table table = {NFPROTO_INET, "cni_plugins_masquerade"};
	freeing struct cni_nft_rule_info *rules = NULL;
	char begin[CNI_NFT_RULE_COMMENT_SIZE];
	size_t count = 0;

	begin_comment(gc->network, "", "", begin);
	if (cni_nft_rules(nl, &table, "masq_checks", &rules, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!strncmp(rules[i].comment, begin, strlen(begin)) &&
		    !is_valid(gc, rules[i].comment))
			cni_nft_del_rule(tx, &table, "masq_checks", rules[i].handle);
	return 0;
}

static int gc_network(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	const struct gc *gc = data;
	bool ports = gc->kind == CNI_GO_PORTMAP;

	for (size_t i = 0; i < 2; i++) {
		struct cni_nft_table table = {families[i], "nat"};

		if (gc_entry(nl, tx, gc, &table, ports ? "CNI-HOSTPORT-DNAT" : "POSTROUTING",
			     ports ? "DN-" : "", err) < 0)
			return -1;
	}
	if (gc->kind == CNI_GO_MASQUERADE && gc_masq_checks(nl, tx, gc, err) < 0)
		return -1;
	return cni_nft_commit(tx, err);
}

int cni_go_rules_gc(struct cni_nl *nl, enum cni_go_rules kind, const char *network,
		    const struct cni_owners *valid, struct cni_error *err)
{
	struct gc gc = {kind, network, valid};

	if (kind == CNI_GO_SPOOFCHECK)
		return 0;
	if (cni_nft_retry(nl, gc_network, &gc, err) < 0)
		return cni_fail_within(err, "what the Go plugin has left");
	return 0;
}
