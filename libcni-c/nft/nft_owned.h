/* SPDX-License-Identifier: Apache-2.0 */
/* Elements that have an owner: the engine of masquerade, published ports, the spoof check and the
 * firewall. Each is a table with a skeleton of chains, whose rules never change, and with sets and
 * maps that the rules look into:
 *
 *	map masquerade_at4 { "cni0" . 10.88.0.5 comment "blue/c1/eth0" : jump net-1f3a… }
 *	map attachments4   { "vethd03a…" . 0    comment "blue/c1/eth0" : "cni0" . 10.88.0.5 }
 *
 * An element's comment is its owner's text (owner.h). A way back is an element that is found by the
 * owner's key and leads to others, so DEL needs no address, no port and no list. An element with
 * another comment is another owner's, and stays.
 *
 * ADD asks whether the rules exist and sends its elements in one transaction; if an element is in
 * the way or the rules are incomplete, a second transaction does the rest, for one generation of
 * the rules. DEL reads the elements and removes them for that generation. The kernel refuses either
 * if the rules have changed in between, and the engine reads again (cni_nft_retry()).
 *
 * Several owners may want an element at once: one port that a container publishes through two
 * networks, for example. An owner has the element, the others wait in a list, in order, and the
 * first of these gets the element when its owner goes. */
#ifndef CNI_NFT_OWNED_H
#define CNI_NFT_OWNED_H

#include "nft_items.h"
#include "owner.h"

#include <stdbool.h>
#include <stdint.h>

/* How the engine finds the elements of a set. */
enum cni_owned_role {
	CNI_OWNED_LED_TO,   /* a way back leads to them */
	CNI_OWNED_BY_NAME,  /* a way back; key: the owner's key */
	CNI_OWNED_BY_INDEX, /* ways back; key: the owner's key . 0, 1, 2 and so on without a gap */
	CNI_OWNED_WAITING,  /* a list of owners that wait; see below */
	CNI_OWNED_SHARED,   /* the elements have no owner; the table's own functions manage them */
};

struct cni_owned_set {
	struct cni_nft_set set;
	enum cni_owned_role role;
	bool optional;	     /* exists while optional chains do */
	const char *waiting; /* the set of owners that wait for an element; NULL: none do */
};

/* A chain of the skeleton, with its rules in the language of nft_rule.h. */
struct cni_owned_chain {
	const char *name;
	const char *type; /* of a base chain: "nat" or "filter"; NULL: of no base chain */
	uint32_t hook;
	int32_t priority;
	const char *const *rules; /* the last is NULL */
	uint32_t jumps;		  /* the number of rules that jump to the chain */
	/* The chain that elements jump to, if they need this one: itself or another. NULL: all need it. */
	const char *needed_with;
	bool optional; /* exists only while elements need it */
};

struct cni_owned_wish;
struct cni_owned_change;

/* A table's answer about an element in the way of an ADD. */
enum cni_owned_answer {
	CNI_OWNED_TAKE,	     /* the element goes */
	CNI_OWNED_TAKE_OVER, /* everything that its owner has goes */
	CNI_OWNED_WAIT,	     /* the element stays, and the new owner waits */
};

/* A table. The lists end with an entry without a name, and have at most CNI_OWNED_SETS sets. A function may be NULL,
 * except `put` and `follow`. */
#define CNI_OWNED_SETS 16
struct cni_owned_table {
	struct cni_nft_table table;
	const char *what; /* begins messages: "masquerade" */
	const struct cni_owned_set *sets;
	const struct cni_owned_chain *chains;
	/* The map from the owner's key to the name of its link on the host; NULL: both are the
	 * same. */
	const char *links;
	/* The number of rules in a chain outside the skeleton that elements jump to. */
	uint32_t own_rules;

	/* Puts the elements that `wish->data` describes. */
	void (*put)(struct cni_owned_wish *wish);
	/* Adds set and key of each element that a way back leads to. */
	void (*follow)(const char *set, const struct cni_nft_element *back,
		       struct cni_nft_items *leads);

	/* ADD: true if all that the wish needs besides the skeleton exists. */
	bool (*is_prepared)(struct cni_nl *nl, const struct cni_owned_wish *wish);
	/* ADD: puts that need into the transaction. */
	int (*prepare)(struct cni_nl *nl, struct cni_nft_tx *tx, const struct cni_owned_wish *wish,
		       struct cni_error *err);
	/* ADD: decides about an element of another owner with the key of `item`; fails if the wish
	 * cannot be fulfilled. NULL: CNI_OWNED_TAKE. */
	int (*meet)(struct cni_nl *nl, const struct cni_owned_wish *wish,
		    const struct cni_nft_item *item, const struct cni_nft_element *there,
		    enum cni_owned_answer *ret_answer, struct cni_error *err);

	/* A chain outside the skeleton goes: puts the removal of things that depend on the chain into
	 * the transaction. */
	int (*release)(struct cni_owned_change *change, const char *chain, struct cni_error *err);
	/* `*ret_idle` becomes true if no element is left after the removal. NULL: cni_owned_is_idle(). */
	int (*is_idle)(struct cni_owned_change *change, bool *ret_idle, struct cni_error *err);
	/* Called with true before the table goes, and with false if the table stays anyway: for a
	 * setting that must not outlive the table's rules. Returns 1 if the table has to stay, because the setting
	 * cannot be put back. */
	int (*close)(struct cni_nl *nl, bool closes, struct cni_error *err);
};

/* Everything that an owner is to have, in place of what the owner has. */
struct cni_owned_wish {
	const struct cni_owned_table *table;
	const char *what; /* the table's, or another */
	const struct cni_owner *owner;
	struct cni_nft_items items;
	uint32_t indices[CNI_OWNED_SETS]; /* of the next way back in each set */
	const void *data;		  /* for the table's own functions */
};

/* The caller clears. `owner` has its texts, here and below. */
struct cni_owned_wish cni_owned_wish_make(const struct cni_owned_table *table,
					  const struct cni_owner *owner, const void *data);
void cni_owned_wish_clear(struct cni_owned_wish *wish);
#define clearing_wish __attribute__((cleanup(cni_owned_wish_clear)))

/* Add an element with the owner's comment, and a way back with its key; the caller fills in value or jump. */
struct cni_nft_element *cni_owned_put(struct cni_owned_wish *wish, const char *set,
				      const struct cni_nft_bytes *key);
struct cni_nft_element *cni_owned_put_back(struct cni_owned_wish *wish, const char *set);

/* Keys: a name (the owner's key, an interface); a name and an address. */
struct cni_nft_bytes cni_owned_name_key(const char *name);
struct cni_nft_bytes cni_owned_address_key(const char *name, const struct cni_ip *ip);

/* The verbs. `nl` is a socket of NETLINK_NETFILTER. Each is atomic and fails with CNI_EKERNEL; ADD
 * also as `meet` does. */
int cni_owned_add(struct cni_nl *nl, const struct cni_owned_wish *wish, struct cni_error *err);
/* The halves of ADD: the usual case, which returns 1, or 0 if it is another one; every case. */
int cni_owned_add_quickly(struct cni_nl *nl, const struct cni_owned_wish *wish,
			  struct cni_error *err);
int cni_owned_make(struct cni_nl *nl, const struct cni_owned_wish *wish, struct cni_error *err);
/* Fails with CNI_EMISMATCH, naming what was expected and what was found. Accepts an element that
 * the owner waits for. */
int cni_owned_check(struct cni_nl *nl, const struct cni_owned_wish *wish, struct cni_error *err);
/* The same for a chain outside the skeleton. */
int cni_owned_check_chain(struct cni_nl *nl, const struct cni_owned_wish *wish, const char *chain,
			  uint32_t rules, struct cni_error *err);
/* `removed` (NULL allowed) gets the removed elements, those in lists of waiting owners included;
 * the caller clears. */
int cni_owned_del(struct cni_nl *nl, const struct cni_owned_table *table,
		  const struct cni_owner *owner, struct cni_nft_items *removed,
		  struct cni_error *err);
/* True for the comments of owners that go. */
struct cni_owned_goers {
	bool (*goes)(const char *comment, const void *data);
	const void *data;
};

/* Removes everything that these owners have. */
int cni_owned_remove(struct cni_nl *nl, const struct cni_owned_table *table,
		     const struct cni_owned_goers *goers, struct cni_nft_items *removed,
		     struct cni_error *err);
/* Removes everything that owners in `network` have, except the `valid` ones. */
int cni_owned_gc(struct cni_nl *nl, const struct cni_owned_table *table, const char *network,
		 const struct cni_owners *valid, struct cni_nft_items *removed,
		 struct cni_error *err);

/* Removes everything of owners without a link: no link of this namespace has its name, and none has
 * the owner's text as its alias. `*ret_left` (NULL allowed) becomes the number of elements that name owners
 * that stay. The cost grows with the number of links and owners. */
int cni_owned_sweep(struct cni_nl *nl, const struct cni_owned_table *table,
		    struct cni_nft_items *removed, size_t *ret_left, struct cni_error *err);

/* ---- for the tables' own functions ---- */

/* A transaction under way: a removal, or an ADD in which elements go and others come. */
struct cni_owned_change {
	struct cni_nl *nl;
	struct cni_nft_tx *tx;
	const struct cni_owned_table *table;
	const struct cni_owned_wish *wish;   /* of an ADD; NULL: a removal */
	const struct cni_owned_goers *goers; /* NULL: the leavers go */
	struct cni_nft_items leavers;	     /* their comments */
	struct cni_nft_items doomed;	     /* elements that go */
	struct cni_nft_items adding;	     /* elements that come */
	struct cni_nft_items joining;	     /* awaited elements, as the owner wants them */
	struct cni_nft_items followed;	     /* the leads of the last way back */
	struct cni_nft_items led;	     /* for the table's `release` */
	uint32_t released;		     /* the number of chains and sets that go */
};

void cni_owned_change_clear(struct cni_owned_change *change);
#define clearing_change __attribute__((cleanup(cni_owned_change_clear)))

/* True if everything with this comment goes. */
bool cni_owned_goes(const struct cni_owned_change *change, const char *comment);

/* The number of elements that jump to the chain. */
uint32_t cni_owned_count_jumps(const struct cni_nft_items *items, const char *chain);

/* The fate of a chain with `rules` rules that elements jump to. */
enum cni_owned_fate { CNI_OWNED_ABSENT, CNI_OWNED_STAYS, CNI_OWNED_GOES };
int cni_owned_fate_of(const struct cni_owned_change *change, const char *chain, uint32_t rules,
		      enum cni_owned_fate *ret_fate, struct cni_error *err);

/* `*ret_idle` becomes true if elements jump to no chain of the skeleton, and the table has no more
 * than its skeleton and what the change releases: for a table in which each owner has an element
 * that jumps to a chain. */
int cni_owned_is_idle(struct cni_owned_change *change, bool *ret_idle, struct cni_error *err);

/* Adds an element of a shared set, unless the set has its key. */
int cni_owned_add_shared(struct cni_nl *nl, struct cni_nft_tx *tx,
			 const struct cni_nft_table *table, const struct cni_nft_item *item,
			 struct cni_error *err);

/* Adds the places of the owners that wait for an element to `places`, in order. */
int cni_owned_list_waiting(struct cni_nl *nl, const struct cni_owned_table *table,
			   const struct cni_nft_item *awaited, struct cni_nft_items *places,
			   struct cni_error *err);

/* ---- the inside of the engine ---- */

/* The table's set with this name; the table has one. */
const struct cni_owned_set *cni_owned_set_of(const struct cni_owned_table *table, const char *name);

/* True for a set of ways back. */
static inline bool cni_owned_is_back(const struct cni_owned_set *set)
{
	return set->role == CNI_OWNED_BY_NAME || set->role == CNI_OWNED_BY_INDEX;
}

/* "inet", "bridge". */
const char *cni_owned_family_text(const struct cni_nft_table *table);

/* Doom everything that the owner has; the owner's place, if there is one, in the list for an awaited element. */
int cni_owned_find(struct cni_owned_change *change, const struct cni_owner *owner,
		   struct cni_error *err);
int cni_owned_find_place(struct cni_owned_change *change, const struct cni_owner *owner,
			 const struct cni_nft_item *awaited, struct cni_error *err);

/* Puts the removal of the doomed elements into the transaction, and the consequences: owners that wait get elements,
 * and chains without jumps go. */
int cni_owned_put_removal(struct cni_owned_change *change, struct cni_error *err);
int cni_owned_put_lists(const struct cni_owned_change *change, struct cni_error *err);
int cni_owned_release(struct cni_owned_change *change, struct cni_error *err);

/* The skeleton as the wish needs it: puts it, finds whether it is there, checks its chains: those that some elements
 * alone need (`needed_with`), or the others. */
void cni_owned_put_skeleton(struct cni_nft_tx *tx, const struct cni_owned_wish *wish);
bool cni_owned_has_skeleton(struct cni_nl *nl, const struct cni_owned_wish *wish);
int cni_owned_check_skeleton(struct cni_nl *nl, const struct cni_owned_wish *wish, bool needed_with,
			     struct cni_error *err);

#endif
