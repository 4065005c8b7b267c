/* SPDX-License-Identifier: Apache-2.0 */
/* nf_tables: look-ups, and one transaction that changes. Look-ups go by key and list nothing of
 * other owners, so no cost here grows with pods or foreign rules (but for nft_forward.h).
 *
 * A transaction can carry the generation that its author has read: the kernel refuses the
 * transaction (ERESTART) if anything has changed since. "Delete this element, but only while it is
 * container A's" becomes atomic: read the owner, delete with the generation, try again if refused.
 * Source: NFNL_BATCH_GENID, linux/netfilter/nfnetlink.h. */
#ifndef CNI_NFT_H
#define CNI_NFT_H

#include "error.h"
#include "ip.h"
#include "nl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cni_nft_table {
	uint16_t family; /* NFPROTO_INET, NFPROTO_BRIDGE */
	const char *name;
};

/* The bytes of a key or a value, each field padded to four bytes. */
struct cni_nft_bytes {
	uint8_t data[64];
	uint32_t size;
};

void cni_nft_bytes_add(struct cni_nft_bytes *bytes, const void *data, size_t size);
bool cni_nft_bytes_equal(const struct cni_nft_bytes *a, const struct cni_nft_bytes *b);
/* A key or value that is one address. */
struct cni_nft_bytes cni_nft_ip(const struct cni_ip *ip);
/* An interface name, padded to IFNAMSIZ as in the kernel's meta expressions. */
void cni_nft_bytes_add_ifname(struct cni_nft_bytes *bytes, const char *name);

/* An element of a set or map. `comment` is user data for the kernel; nft(8) prints it. */
#define CNI_NFT_NAME_SIZE    128 /* NFT_NAME_MAXLEN is 256; ours are short */
#define CNI_NFT_COMMENT_SIZE 128
struct cni_nft_element {
	struct cni_nft_bytes key;
	struct cni_nft_bytes value;   /* of a map of values; otherwise empty */
	char jump[CNI_NFT_NAME_SIZE]; /* of a verdict map: the chain; otherwise "" */
	uint32_t verdict;	      /* of a verdict map: NF_ACCEPT, NFT_JUMP, … */
	char comment[CNI_NFT_COMMENT_SIZE];
	bool ends_interval; /* of a set of intervals: the key is the first one behind an interval */
};

/* ---- looking ---- */

/* The generation of this namespace's rules. */
int cni_nft_generation(struct cni_nl *nl, uint32_t *ret_generation, struct cni_error *err);
/* True if the kernel has nf_tables and permits reading them. */
bool cni_nft_is_there(struct cni_nl *nl);

/* The number of a chain's own rules and of jumps to the chain (NFTA_CHAIN_USE); of a table's chains
 * and sets (NFTA_TABLE_USE). Fails with errnum ENOENT if there is none. */
int cni_nft_chain_use(struct cni_nl *nl, const struct cni_nft_table *table, const char *chain,
		      uint32_t *ret_use, struct cni_error *err);
int cni_nft_table_use(struct cni_nl *nl, const struct cni_nft_table *table, uint32_t *ret_use,
		      struct cni_error *err);

/* `*ret_is` becomes true for a base chain, one at a hook. Fails with errnum ENOENT if there is no such chain. */
int cni_nft_chain_is_base(struct cni_nl *nl, const struct cni_nft_table *table, const char *chain,
			  bool *ret_is, struct cni_error *err);

/* The number of rules in a chain. */
int cni_nft_rule_count(struct cni_nl *nl, const struct cni_nft_table *table, const char *chain,
		       uint32_t *ret_count, struct cni_error *err);

/* A rule of a chain: the handle by which it is removed, the chain it jumps to ("": none), and its
 * comment, as nft(8) and iptables-nft(8) write comments. */
#define CNI_NFT_RULE_COMMENT_SIZE 256 /* xt_comment has 256; nft 128 */
struct cni_nft_rule_info {
	uint64_t handle;
	char jump[CNI_NFT_NAME_SIZE];
	char comment[CNI_NFT_RULE_COMMENT_SIZE];
};

/* The rules of a chain, an array that the caller frees. A missing chain has none. */
int cni_nft_rules(struct cni_nl *nl, const struct cni_nft_table *table, const char *chain,
		  struct cni_nft_rule_info **ret_rules, size_t *ret_count, struct cni_error *err);

/* The number of rules in a chain, 0 in a missing one, and the rule number `index` (from 0 on), which is untouched if
 * there are fewer. */
int cni_nft_rule_at(struct cni_nl *nl, const struct cni_nft_table *table, const char *chain,
		    size_t index, struct cni_nft_rule_info *ret_rule, size_t *ret_count,
		    struct cni_error *err);

/* Looks up the element with the key. Fails with errnum ENOENT if table, set or element is missing.
 */
int cni_nft_get(struct cni_nl *nl, const struct cni_nft_table *table, const char *set,
		const struct cni_nft_bytes *key, struct cni_nft_element *ret_element,
		struct cni_error *err);

/* As above, but 1 if the element exists, 0 if anything is missing, -1 on failure. */
int cni_nft_look_up(struct cni_nl *nl, const struct cni_nft_table *table, const char *set,
		    const struct cni_nft_bytes *key, struct cni_nft_element *ret_element,
		    struct cni_error *err);

/* 1 if the set exists, 0 if set or table is missing, -1 on failure. */
int cni_nft_has_set(struct cni_nl *nl, const struct cni_nft_table *table, const char *set,
		    struct cni_error *err);

/* All elements of a set, an array that the caller frees. A missing set is an empty one. */
int cni_nft_list(struct cni_nl *nl, const struct cni_nft_table *table, const char *set,
		 struct cni_nft_element **ret_elements, size_t *ret_count, struct cni_error *err);

/* `*ret_has` becomes true if a set has an element with a comment that `is_other`. Reading ends at
 * the first one, so the cost does not grow with their number. A missing set has none. */
int cni_nft_has_other(const struct cni_nft_table *table, const char *set,
		      bool (*is_other)(const char *comment, const void *data), const void *data,
		      bool *ret_has, struct cni_error *err);

/* ---- changing ---- */

struct cni_nft_tx;

/* A transaction for `generation` alone, or with 0 for any; adding to a transaction cannot fail. The
 * caller ends it with cni_nft_tx_free(), or declares it with `freeing_tx`. `nl` is a socket of
 * NETLINK_NETFILTER. */
struct cni_nft_tx *cni_nft_tx_new(struct cni_nl *nl, uint32_t generation);
void cni_nft_tx_free(struct cni_nft_tx *tx);
void cni_nft_tx_freep(struct cni_nft_tx **tx);
#define freeing_tx __attribute__((cleanup(cni_nft_tx_freep)))

/* Both accept an existing table or chain. */
void cni_nft_add_table(struct cni_nft_tx *tx, const struct cni_nft_table *table);
void cni_nft_add_chain(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *chain,
		       const char *comment);
/* `type` "nat" or "filter"; `hook` and `priority` as in linux/netfilter*.h; policy accept. */
void cni_nft_add_base_chain(struct cni_nft_tx *tx, const struct cni_nft_table *table,
			    const char *chain, const char *type, uint32_t hook, int32_t priority);

/* nft(8)'s number for the type of a key or value, by which nft(8) prints (nft's
 * include/datatype.h). */
enum cni_nft_type {
	CNI_NFT_NONE = 0,
	CNI_NFT_IPV4 = 7,
	CNI_NFT_IPV6 = 8,
	CNI_NFT_ETHER = 9,
	CNI_NFT_INET_PROTO = 12,
	CNI_NFT_INET_SERVICE = 13,
	CNI_NFT_MARK = 19,
	CNI_NFT_IFNAME = 41,
	CNI_NFT_VERDICT = 0xff00,
};

/* A set, or a map if `value` has a type. Several fields stand side by side. */
#define CNI_NFT_FIELDS 5
struct cni_nft_set {
	const char *name;
	enum cni_nft_type key[CNI_NFT_FIELDS];
	enum cni_nft_type value[CNI_NFT_FIELDS];
	bool has_intervals; /* its elements are prefixes; a look-up takes the logarithm of their number */
};
void cni_nft_add_set(struct cni_nft_tx *tx, const struct cni_nft_table *table,
		     const struct cni_nft_set *set);

/* The size in bytes of a key or value with these fields; the number of their types, which the
 * kernel keeps for nft(8). */
uint32_t cni_nft_fields_size(const enum cni_nft_type fields[CNI_NFT_FIELDS]);
uint32_t cni_nft_fields_type(const enum cni_nft_type fields[CNI_NFT_FIELDS]);

/* A key as nft(8) prints it, without quotes: "cni0 . 10.1.0.7". Returns `text`. */
#define CNI_NFT_KEY_TEXT_SIZE 160
const char *cni_nft_key_format(const struct cni_nft_set *set, const struct cni_nft_bytes *key,
			       char text[CNI_NFT_KEY_TEXT_SIZE]);

/* Adds prefixes, which do not overlap, to a set of intervals. */
void cni_nft_add_prefixes(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *set,
			  const struct cni_net *nets, size_t count);
/* Removes the elements of a set. */
void cni_nft_flush_set(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *set);

/* Removes the set with its elements; errnum EBUSY if a rule looks into it. */
void cni_nft_del_set(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *set);

/* The transaction fails with errnum EEXIST if the set has the element's key. */
void cni_nft_add_element(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *set,
			 const struct cni_nft_element *element);
void cni_nft_del_element(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *set,
			 const struct cni_nft_bytes *key);

/* Removes the chain with its rules; errnum EBUSY if a rule or an element jumps to the chain. */
void cni_nft_del_chain(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *chain);
/* Removes one rule of a chain. */
void cni_nft_del_rule(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *chain,
		      uint64_t handle);
/* Removes the rules of a chain. */
void cni_nft_flush_chain(struct cni_nft_tx *tx, const struct cni_nft_table *table,
			 const char *chain);
/* Removes the table with its contents. */
void cni_nft_del_table(struct cni_nft_tx *tx, const struct cni_nft_table *table);

/* Sends the transaction, which the kernel executes atomically. An empty one succeeds unsent. Fails
 * with CNI_EKERNEL, naming the refused message; errnum ERESTART if the generation has passed. */
int cni_nft_commit(struct cni_nft_tx *tx, struct cni_error *err);

/* Runs `attempt` until it no longer fails with ERESTART, for ten seconds at most. `attempt` reads,
 * decides, and commits a transaction for its generation. */
int cni_nft_retry(struct cni_nl *nl,
		  int (*attempt)(struct cni_nl *nl, uint32_t generation, void *data,
				 struct cni_error *err),
		  void *data, struct cni_error *err);

#endif
