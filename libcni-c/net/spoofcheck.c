/* SPDX-License-Identifier: Apache-2.0 */
#include "spoofcheck.h"

#include "cleanup.h"
#include "nft.h"
#include "nft_rule.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_bridge.h>
#include <string.h>

static const struct cni_nft_table table = {NFPROTO_BRIDGE, "cni"};

static const char prerouting[] = "prerouting";
static const char check[] = "check";
static const char guarded[] = "guarded";
static const char allowed[] = "allowed";
static const char attachments[] = "attachments";

/* linux/netfilter_bridge.h: NF_BR_PRI_FILTER_BRIDGED, nft's "filter" in this family. */
#define PRIORITY NF_BR_PRI_FILTER_BRIDGED

static struct cni_nft_bytes name_key(const char *name)
{
	struct cni_nft_bytes key = {.size = 0};

	cni_nft_bytes_add_ifname(&key, name);
	return key;
}

static struct cni_nft_bytes pair_key(const struct cni_nft_bytes *name,
				     const struct cni_nft_bytes *mac)
{
	struct cni_nft_bytes key = *name;

	cni_nft_bytes_add(&key, mac->data, CNI_MAC_SIZE);
	return key;
}

struct guard {
	const struct cni_owner *owner;
	const uint8_t *mac;
};

static void add_elements(struct cni_nft_tx *tx, const struct guard *guard)
{
	struct cni_nft_element element = {.jump = ""};
	char name[CNI_IFNAME_SIZE];
	struct cni_nft_bytes mac = {.size = 0};

	cni_owner_format(guard->owner, element.comment);
	element.key = name_key(cni_owner_ifname(guard->owner, "veth", name));
	cni_nft_bytes_add(&mac, guard->mac, CNI_MAC_SIZE);
	mac.size = CNI_MAC_SIZE;

	element.value = mac;
	cni_nft_add_element(tx, &table, attachments, &element);
	element.value.size = 0;
	memcpy(element.jump, check, sizeof(check));
	cni_nft_add_element(tx, &table, guarded, &element);
	element.jump[0] = '\0';
	element.key = pair_key(&element.key, &mac);
	cni_nft_add_element(tx, &table, allowed, &element);
}

static void del_elements(struct cni_nft_tx *tx, const struct cni_nft_element *attachment)
{
	struct cni_nft_bytes pair = pair_key(&attachment->key, &attachment->value);

	cni_nft_del_element(tx, &table, attachments, &attachment->key);
	cni_nft_del_element(tx, &table, guarded, &attachment->key);
	cni_nft_del_element(tx, &table, allowed, &pair);
}

static void add_skeleton(struct cni_nft_tx *tx)
{
	static const struct cni_nft_set sets[] = {
		{guarded, {CNI_NFT_IFNAME}, {CNI_NFT_VERDICT}},
		{allowed, {CNI_NFT_IFNAME, CNI_NFT_ETHER}, {CNI_NFT_NONE}},
		{attachments, {CNI_NFT_IFNAME}, {CNI_NFT_ETHER}},
	};

	cni_nft_add_table(tx, &table);
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		cni_nft_add_set(tx, &table, &sets[i]);
	cni_nft_add_chain(tx, &table, check, "");
	cni_nft_add_base_chain(tx, &table, prerouting, "filter", NF_BR_PRE_ROUTING, PRIORITY);
}

static void add_rules(struct cni_nft_tx *tx)
{
	cni_nft_flush_chain(tx, &table, check);
	cni_nft_flush_chain(tx, &table, prerouting);
	/* iifname . ether saddr != @allowed drop */
	cni_nft_rule(tx, &table, check);
	cni_nft_iifname_ether_source_not_in(tx, allowed);
	cni_nft_verdict(tx, NF_DROP);
	cni_nft_rule_end(tx);
	/* iifname vmap @guarded */
	cni_nft_rule(tx, &table, prerouting);
	cni_nft_iifname_vmap(tx, guarded);
	cni_nft_rule_end(tx);
}

/* 1 if there, 0 if not, -1 on failure. */
static int find(struct cni_nl *nl, const struct cni_owner *owner, const char *set,
		struct cni_nft_element *ret_element, struct cni_error *err)
{
	char name[CNI_IFNAME_SIZE];
	struct cni_nft_bytes key = name_key(cni_owner_ifname(owner, "veth", name));

	if (cni_nft_get(nl, &table, set, &key, ret_element, err) == 0)
		return 1;
	return err->errnum == ENOENT ? 0 : -1;
}

static int add_with_everything(struct cni_nl *nl, uint32_t generation, void *data,
			       struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	const struct guard *guard = data;
	struct cni_nft_element before;
	int found = find(nl, guard->owner, attachments, &before, err);

	if (found < 0)
		return -1;
	if (found)
		del_elements(tx, &before);
	add_skeleton(tx);
	add_rules(tx);
	add_elements(tx, guard);
	return cni_nft_commit(tx, err);
}

static int add_to_existing(struct cni_nl *nl, const struct guard *guard, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, 0);

	add_elements(tx, guard);
	return cni_nft_commit(tx, err);
}

int cni_spoofcheck_add(struct cni_nl *nl, const struct cni_owner *owner,
		       const uint8_t mac[CNI_MAC_SIZE], struct cni_error *err)
{
	struct guard guard = {owner, mac};
	uint32_t use;

	/* Asked before, since a transaction that fails keeps the kernel busy for milliseconds. */
	if (cni_nft_chain_use(nl, &table, check, &use, err) == 0) {
		if (add_to_existing(nl, &guard, err) == 0)
			return 0;
		if (err->errnum != ENOENT && err->errnum != EEXIST)
			return -1;
	}
	return cni_nft_retry(nl, add_with_everything, &guard, err);
}

/* Removes what these attachments have; the table as well, if that is all there is: each guarded
 * port counts as one use of the chain, besides its rule. */
static int remove_all(struct cni_nl *nl, uint32_t generation, const struct cni_nft_element *doomed,
		      size_t count, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	uint32_t use;

	if (!count)
		return 0;
	if (cni_nft_chain_use(nl, &table, check, &use, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		del_elements(tx, &doomed[i]);
	if (use - count <= 1)
		cni_nft_del_table(tx, &table);
	return cni_nft_commit(tx, err);
}

static int del_owner(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	const struct guard *guard = data;
	struct cni_nft_element element;
	int found = find(nl, guard->owner, attachments, &element, err);

	return found < 0 ? -1 : remove_all(nl, generation, &element, (size_t)found, err);
}

int cni_spoofcheck_del(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err)
{
	struct guard guard = {owner, NULL};

	return cni_nft_retry(nl, del_owner, &guard, err);
}

struct gc {
	const char *network;
	char **texts; /* of the valid owners, sorted */
	size_t count;
};

static int gc_network(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	freeing struct cni_nft_element *elements = NULL;
	const struct gc *gc = data;
	size_t doomed = 0;
	size_t count = 0;

	if (cni_nft_list(nl, &table, attachments, &elements, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (cni_owner_text_is_of(elements[i].comment, gc->network) &&
		    !cni_owner_texts_has(gc->texts, gc->count, elements[i].comment))
			elements[doomed++] = elements[i];
	return remove_all(nl, generation, elements, doomed, err);
}

int cni_spoofcheck_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		      struct cni_error *err)
{
	struct gc gc = {network, cni_owner_texts(valid), valid->count};
	int failed = cni_nft_retry(nl, gc_network, &gc, err);

	cni_owner_texts_free(gc.texts, gc.count);
	return failed;
}

static int check_chain(struct cni_nl *nl, const char *chain, struct cni_error *err)
{
	uint32_t count = 0;

	if (cni_nft_rule_count(nl, &table, chain, &count, err) < 0 && err->errnum != ENOENT)
		return -1;
	if (count != 1)
		return cni_fail(err, CNI_EMISMATCH,
				"macspoofchk: chain '%s' of table 'bridge %s' has %u rules, "
				"expected 1",
				chain, table.name, count);
	return 0;
}

int cni_spoofcheck_check(struct cni_nl *nl, const struct cni_owner *owner,
			 const uint8_t mac[CNI_MAC_SIZE], struct cni_error *err)
{
	char text[CNI_MAC_TEXT_SIZE];
	struct cni_nft_element element;
	struct cni_nft_bytes expected = {.size = 0};
	struct cni_nft_bytes pair;
	char name[CNI_IFNAME_SIZE];
	int found;

	cni_owner_ifname(owner, "veth", name);
	cni_mac_format(mac, text);
	cni_nft_bytes_add(&expected, mac, CNI_MAC_SIZE);
	for (size_t i = 0; i < 2; i++) {
		const char *set = i ? attachments : guarded;

		found = find(nl, owner, set, &element, err);
		if (found < 0)
			return -1;
		if (!found)
			return cni_fail(err, CNI_EMISMATCH,
					"macspoofchk: '%s' is not in map '%s' of table 'bridge %s'",
					name, set, table.name);
	}
	if (memcmp(element.value.data, mac, CNI_MAC_SIZE) != 0) {
		char other[CNI_MAC_TEXT_SIZE];

		return cni_fail(err, CNI_EMISMATCH,
				"macspoofchk: '%s' is guarded for %s, expected %s", name,
				cni_mac_format(element.value.data, other), text);
	}
	pair = pair_key(&element.key, &expected);
	if (cni_nft_get(nl, &table, allowed, &pair, &element, err) < 0)
		return err->errnum != ENOENT
			       ? -1
			       : cni_fail(err, CNI_EMISMATCH,
					  "macspoofchk: '%s' . %s is not in set '%s' of table "
					  "'bridge %s'",
					  name, text, allowed, table.name);
	if (check_chain(nl, check, err) < 0)
		return -1;
	return check_chain(nl, prerouting, err);
}
