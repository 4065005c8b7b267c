/* SPDX-License-Identifier: Apache-2.0 */
/* Elements that have an owner: the engine that masquerade, published ports, the spoof check and the
 * firewall share. Each of them is a table with a skeleton of chains, whose rules never change, and
 * sets and maps that the rules look into:
 *
 *	map masquerade_at4 { "cni0" . 10.88.0.5 comment "blue/c1/eth0" : jump net-1f3a… }
 *	map attachments4   { "vethd03a…" . 0    comment "blue/c1/eth0" : "cni0" . 10.88.0.5 }
 *
 * An element's comment is its owner's text (owner.h). A way back is an element that is found by the
 * owner's name and leads to others, so that DEL needs no address, no port and no list. An element
 * with another comment is another owner's, and stays.
 *
 * An ADD asks whether the rules are there and sends its elements in one transaction; if something is
 * missing or in the way, a second transaction does all that is needed, for one generation of the
 * rules. DEL reads what it removes, and removes it for that generation. The kernel refuses either
 * if the rules have changed in between, and the engine looks again (cni_nft_retry()).
 *
 * An element may be wanted by several owners at once: one port that a container publishes through
 * two networks, say. One of them has it, the others wait in a list of their own, in order, and the
 * first of these gets it when the owner goes. */
#ifndef CNI_NFT_OWNED_H
#define CNI_NFT_OWNED_H

#include "nft_items.h"
#include "owner.h"

#include <stdbool.h>
#include <stdint.h>

/* How the elements of a set are found. */
enum cni_owned_role {
	CNI_OWNED_LED_TO,   /* a way back leads to them */
	CNI_OWNED_BY_NAME,  /* key: the owner's name */
	CNI_OWNED_BY_INDEX, /* key: the owner's name . 0, 1, 2 and so on without a gap */
	CNI_OWNED_WAITING,  /* a list of who waits; see below */
	CNI_OWNED_SHARED,   /* the elements have no owner: the table's own functions see to them */
};

struct cni_owned_set {
	struct cni_nft_set set;
	enum cni_owned_role role;
	bool optional; /* the table's own functions make it and remove it */
};

/* A chain of the skeleton: how many rules it has, and how many rules jump to it. */
struct cni_owned_chain {
	const char *name;
	uint32_t rules;
	uint32_t jumps;
};

struct cni_owned_wish;
struct cni_owned_removal;

/* An answer to what is in the way of an ADD. */
enum cni_owned_answer {
	CNI_OWNED_TAKE,	     /* the element goes */
	CNI_OWNED_TAKE_OVER, /* all that its owner has goes */
	CNI_OWNED_WAIT,	     /* the element stays, and the new owner waits for it */
};

/* A table. The lists end with an entry without a name. A function that is NULL does nothing. */
struct cni_owned_table {
	struct cni_nft_table table;
	const struct cni_owned_set *sets;
	const struct cni_owned_chain *chains;
	/* The map from the owner's name to that of its link on the host; NULL: they are the same. */
	const char *links;

	/* Puts the chains of the skeleton, empty, and their rules into the transaction. */
	void (*put_chains)(struct cni_nft_tx *tx);
	/* Adds the set and the key of each element that a way back leads to. */
	void (*follow)(const char *set, const struct cni_nft_element *back,
		       struct cni_nft_items *leads);
	/* The set in which those who want an element of `set` wait; NULL: none do. */
	const char *(*waiting)(const char *set);

	/* ADD: true if the wish has all that it needs; the engine has seen to the skeleton. */
	bool (*is_prepared)(struct cni_nl *nl, const struct cni_owned_wish *wish);
	/* ADD: puts that into the transaction. */
	int (*prepare)(struct cni_nl *nl, struct cni_nft_tx *tx, const struct cni_owned_wish *wish,
		       struct cni_error *err);
	/* ADD: what becomes of an element of another owner that has the key of `item`; fails if
	 * the wish cannot be fulfilled. NULL: CNI_OWNED_TAKE. */
	int (*meet)(struct cni_nl *nl, const struct cni_owned_wish *wish,
		    const struct cni_nft_item *item, const struct cni_nft_element *there,
		    enum cni_owned_answer *ret_answer, struct cni_error *err);

	/* How many rules a chain has that elements jump to; CNI_OWNED_STAYS_ALWAYS for one that goes
	 * only with the table. NULL: none. */
	uint32_t (*rules_of)(const char *chain);
#define CNI_OWNED_STAYS_ALWAYS UINT32_MAX
	/* Puts the removal of a chain that no element jumps to any more into the transaction, and
	 * of what hangs on it. */
	int (*release)(struct cni_owned_removal *removal, const char *chain, struct cni_error *err);
	/* True if no element is left in the table after the removal. */
	int (*is_idle)(struct cni_owned_removal *removal, bool *ret_idle, struct cni_error *err);
	/* Called with true before the table goes, and with false if it then stays: for a setting
	 * that must not outlive the table's rules. */
	int (*close)(struct cni_nl *nl, bool closes, struct cni_error *err);
};

/* All that an owner is to have, instead of what it has. */
struct cni_owned_wish {
	const struct cni_owned_table *table;
	const char *what; /* begins messages: "masquerade" */
	const struct cni_owner *owner;
	struct cni_nft_items items;
	const void *data; /* the table's own functions know what it is */
};

/* The caller puts the items, and clears. `owner` has its texts, here and below. */
struct cni_owned_wish cni_owned_wish_make(const struct cni_owned_table *table, const char *what,
					  const struct cni_owner *owner, const void *data);
void cni_owned_wish_clear(struct cni_owned_wish *wish);
#define clearing_wish __attribute__((cleanup(cni_owned_wish_clear)))

/* Adds an item with the owner's comment; the caller fills in value or jump. */
struct cni_nft_element *cni_owned_wish_put(struct cni_owned_wish *wish, const char *set,
					   const struct cni_nft_bytes *key);

/* Keys of ways back: the owner's name; the name and an index. */
struct cni_nft_bytes cni_owned_name_key(const char *name);
struct cni_nft_bytes cni_owned_index_key(const char *name, uint32_t index);

/* The verbs. `nl` is a socket of NETLINK_NETFILTER. Each is all or nothing, and fails with
 * CNI_EKERNEL; ADD also as `meet` does. */
int cni_owned_add(struct cni_nl *nl, const struct cni_owned_wish *wish, struct cni_error *err);
/* Fails with CNI_EMISMATCH, naming what was expected and what was found. An element that the owner
 * waits for is as good. */
int cni_owned_check(struct cni_nl *nl, const struct cni_owned_wish *wish, struct cni_error *err);
/* The same for a chain outside of the skeleton. */
int cni_owned_check_chain(struct cni_nl *nl, const struct cni_owned_wish *wish, const char *chain,
			  uint32_t rules, struct cni_error *err);
/* `removed` (NULL allowed) gets what went, also in the lists of those who wait; the caller clears. */
int cni_owned_del(struct cni_nl *nl, const struct cni_owned_table *table,
		  const struct cni_owner *owner, struct cni_nft_items *removed,
		  struct cni_error *err);
/* Says which comments are of those that go. */
struct cni_owned_goers {
	bool (*goes)(const char *comment, const void *data);
	const void *data;
};

/* Removes what all these owners have. */
int cni_owned_remove(struct cni_nl *nl, const struct cni_owned_table *table,
		     const struct cni_owned_goers *goers, struct cni_nft_items *removed,
		     struct cni_error *err);
/* Removes what owners have in `network` that are not among `valid`. */
int cni_owned_gc(struct cni_nl *nl, const struct cni_owned_table *table, const char *network,
		 const struct cni_owners *valid, struct cni_nft_items *removed,
		 struct cni_error *err);

/* Removes what owners have whose link is gone: no link of this namespace has its name, and none has the
 * owner's text as its alias. `*ret_left` is how many elements name owners that stay. The cost grows
 * with the number of links and owners. */
int cni_owned_sweep(struct cni_nl *nl, const struct cni_owned_table *table,
		    struct cni_nft_items *removed, size_t *ret_left, struct cni_error *err);

/* ---- for the tables' own functions ---- */

/* What goes: of one owner, or of several. */
struct cni_owned_removal {
	struct cni_nl *nl;
	struct cni_nft_tx *tx;
	const struct cni_owned_table *table;
	const struct cni_owned_goers *goers;
	const struct cni_nft_items *doomed;
	const struct cni_nft_items *next; /* what is added in the same transaction; NULL: nothing */
	uint32_t released;		  /* how many chains `release` has removed; it counts */
};

/* What becomes of a chain with so many rules that elements jump to. */
enum cni_owned_fate { CNI_OWNED_ABSENT, CNI_OWNED_STAYS, CNI_OWNED_GOES };
int cni_owned_fate_of(const struct cni_owned_removal *removal, const char *chain, uint32_t rules,
		      enum cni_owned_fate *ret_fate, struct cni_error *err);

/* True if the table holds no more than its skeleton of `use` sets and chains and those that the
 * removal releases. For `is_idle`, where each owner has an element that jumps to a chain. */
int cni_owned_is_idle_by_use(const struct cni_owned_removal *removal, uint32_t use, bool *ret_idle,
			     struct cni_error *err);

/* Those who wait for an element, in order, added to `list`. */
int cni_owned_list_waiting(struct cni_nl *nl, const struct cni_owned_table *table, const char *set,
			   const struct cni_nft_bytes *key, struct cni_nft_items *list,
			   struct cni_error *err);

/* ---- the inside of the engine ---- */

/* Adds everything that the owner has, and that `found` has not yet. */
int cni_owned_find(struct cni_nl *nl, const struct cni_owned_table *table,
		   const struct cni_owner *owner, struct cni_nft_items *found,
		   struct cni_error *err);

/* Puts the removal of the doomed elements into the transaction, hands what others wait for to them,
 * and releases chains. `joining` are elements to wait at the end of a list (their sets and keys are
 * those of what they wait for). */
int cni_owned_put_removal(struct cni_owned_removal *removal, const struct cni_nft_items *joining,
			  struct cni_error *err);

#endif
