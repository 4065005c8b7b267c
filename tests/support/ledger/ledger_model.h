/* SPDX-License-Identifier: Apache-2.0 */
/* What host-local promises of a network's reservations, without files: who holds which address, of
 * which boot that is, what was released when, and which address a sticky key had last. Where a
 * killed process or a damaged sidecar leaves it open what has become of something, the model holds
 * both ends of what is possible, and asserts what is certain. Failures fail the test.
 *
 * An operation of ours is told in this order: model_learn(); what was promised of it, with
 * model_outlook(); what has become of it; model_assert_files(). */
#ifndef LEDGER_MODEL_H
#define LEDGER_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_SETS     2
#define MODEL_ROOM     32 /* addresses; their numbers are their last bytes */
#define MODEL_KEYS     5
#define MODEL_NOBODY   (-1)
#define MODEL_NO_KEY   (-1)
#define MODEL_NONE     0 /* no address has this number */
#define MODEL_NEVER    (-1000000000)
#define MODEL_WHENEVER 1000000000

struct between {
	int64_t earliest;
	int64_t latest;
};

/* Has the sidecar a record of it? One that has none is taken to be of the boot that finds it. */
enum model_record { UNRECORDED, PERHAPS_RECORDED, RECORDED };

struct model_address {
	int holder;
	struct between boot;
	enum model_record record;
	struct between released; /* seconds since the kernel started */
};

struct model_key {
	int number;
	bool is_sure;
};

struct model_set {
	int family;
	int before; /* the address that was given out last, before the operation */
	struct model_address addresses[MODEL_ROOM];
	struct model_key keys[MODEL_KEYS];
};

enum model_reclaim { MODEL_LAZY, MODEL_EAGER, MODEL_NEVER_RECLAIM };

/* The same in each set: from 2 to `last`, without the gateway, which is 5. */
#define MODEL_FIRST   2
#define MODEL_GATEWAY 5
struct model_pool {
	size_t sets;
	int last;
	uint32_t excluded; /* bits */
	int64_t cooldown;
	enum model_reclaim reclaim;
};

struct model {
	struct model_pool pool;
	const char *dir; /* the network's */
	int64_t boot;
	/* The sidecar was damaged in a way that nobody can see: what it says is free or taken may
	 * be wrong, until it learns anew. */
	bool is_in_doubt;
	struct model_set sets[MODEL_SETS];
};

void model_begin(struct model *model, const struct model_pool *pool, const char *dir);

/* "10.1.0.7", until the fourth next call. */
const char *model_text(const struct model *model, size_t set, int number);
/* MODEL_NONE if it is none of the set's. */
int model_number(const struct model *model, size_t set, const char *text);

/* Does an ADD of ours give this out? */
bool model_is_usable(const struct model *model, int number);

bool model_is_free(const struct model *model, size_t set, int number);

/* Is it certainly, or possibly, of an earlier boot, and may be taken from whoever holds it? */
bool model_must_be_stale(const struct model *model, size_t set, int number);
bool model_may_be_stale(const struct model *model, size_t set, int number);

/* The container's, from `from` on; MODEL_NONE: it has none. */
int model_find(const struct model *model, size_t set, int container, int from);

/* Seconds since the kernel started. */
int64_t model_now(void);

/* ---- what is promised ---- */

/* The last_reserved_ip.N are read: before each ADD. */
void model_look(struct model *model);

/* What an ADD of ours comes to in a set. `key`: of the sticky key. `wish`: the address asked for.
 */
struct outlook {
	bool may_succeed;
	bool may_be_taken;     /* CNI_ETAKEN */
	bool may_be_exhausted; /* CNI_EEXHAUSTED */
	int exactly;	       /* it gets this if it succeeds; MODEL_NONE: one of many */
	int perhaps;	       /* or this, out of turn */
};
struct outlook model_outlook(const struct model *model, size_t set, int container, int key,
			     int wish);

/* Fails the test unless an ADD with this outlook may have got this, between two moments. */
void model_assert_may_get(const struct model *model, size_t set, const struct outlook *outlook,
			  int key, int number, struct between now);

/* ---- what has become of it ---- */

/* An operation of ours has had the lock; or may have, when it was killed. */
void model_learn(struct model *model);
void model_learn_perhaps(struct model *model);

void model_take(struct model *model, size_t set, int number, int container,
		enum model_record record);
void model_release(struct model *model, size_t set, int number, struct between now);
/* It is gone, and nobody noted when. */
void model_drop(struct model *model, size_t set, int number);
void model_set_key(struct model *model, size_t set, int key, int number);

void model_reboot(struct model *model);

/* Somebody has changed the directory or the sidecar in a way that shows: it learns anew. */
void model_change(struct model *model);
/* Parts of the sidecar were damaged, or the whole of it was removed. */
void model_doubt_bits(struct model *model);
void model_doubt_records(struct model *model);
void model_doubt_released(struct model *model);
void model_doubt_keys(struct model *model);
void model_lose_sidecar(struct model *model);

/* ---- what has become of it, by the directory ---- */

/* What an ADD has released before it chose, with MODEL_EAGER. */
void model_release_stale(struct model *model, bool is_killed, struct between now);

/* A killed ADD, and what a killed DEL or GC did to a container. */
void model_follow_add(struct model *model, int container, int key, int wish, struct between now);
void model_follow_release(struct model *model, int container, struct between now);

/* Who holds what, by the address files. What is named and written otherwise than they are fails the
 * test; with `is_tidy` temporary files as well. */
struct model_files {
	int holders[MODEL_SETS][MODEL_ROOM];
};
struct model_files model_read_files(const struct model *model, bool is_tidy);

/* Are the address files what the model says? */
void model_assert_files(const struct model *model, bool is_tidy);

#endif
