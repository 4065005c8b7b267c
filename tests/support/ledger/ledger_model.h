/* SPDX-License-Identifier: Apache-2.0 */
/* host-local's promises about a network's reservations, without files: the holder of each address,
 * the boot of each lease, the times of release, and the last address of each sticky key. After a
 * killed process or a damaged sidecar the model holds both ends of the possible range, and asserts
 * what is certain. Failures fail the test.
 *
 * The calls for each of our operations, in this order: model_learn(); the promises, with
 * model_outlook(); the results; model_assert_files(). */
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

/* The sidecar's record of the address. An address without one is taken for one of the boot that
 * finds it. */
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
	/* The sidecar has an undetectable damage: its free and taken addresses may be wrong, until
	 * it learns anew. */
	bool is_in_doubt;
	struct model_set sets[MODEL_SETS];
};

void model_begin(struct model *model, const struct model_pool *pool, const char *dir);

/* "10.1.0.7", until the fourth next call. */
const char *model_text(const struct model *model, size_t set, int number);
/* MODEL_NONE if it is none of the set's. */
int model_number(const struct model *model, size_t set, const char *text);

/* True if an ADD of ours gives this out; false otherwise. */
bool model_is_usable(const struct model *model, int number);

bool model_is_free(const struct model *model, size_t set, int number);

/* True if it is certainly, or possibly, of an earlier boot, and may be taken from its holder. */
bool model_must_be_stale(const struct model *model, size_t set, int number);
bool model_may_be_stale(const struct model *model, size_t set, int number);

/* The container's, from `from` on; MODEL_NONE: it has none. */
int model_find(const struct model *model, size_t set, int container, int from);

/* Seconds since the kernel started. */
int64_t model_now(void);

/* ---- what is promised ---- */

/* The last_reserved_ip.N are read: before each ADD. */
void model_look(struct model *model);

/* The outlook of our ADD in a set. `key`: of the sticky key. `wish`: the address asked for. */
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
/* The lease is gone, at an unknown time. */
void model_drop(struct model *model, size_t set, int number);
void model_set_key(struct model *model, size_t set, int key, int number);

void model_reboot(struct model *model);

/* A visible foreign change to the directory or the sidecar: it learns anew. */
void model_change(struct model *model);
/* Parts of the sidecar were damaged, or the whole of it was removed. */
void model_doubt_bits(struct model *model);
void model_doubt_records(struct model *model);
void model_doubt_released(struct model *model);
void model_doubt_keys(struct model *model);
void model_lose_sidecar(struct model *model);

/* ---- what has become of it, by the directory ---- */

/* Releases that an ADD has made before it chose, with MODEL_EAGER. */
void model_release_stale(struct model *model, bool is_killed, struct between now);

/* A killed ADD, and what a killed DEL or GC did to a container. */
void model_follow_add(struct model *model, int container, int key, int wish, struct between now);
void model_follow_release(struct model *model, int container, struct between now);

/* The holders, by the address files. A file with a wrong name or text fails the test; with
 * `is_tidy` a temporary file as well. */
struct model_files {
	int holders[MODEL_SETS][MODEL_ROOM];
};
struct model_files model_read_files(const struct model *model, bool is_tidy);

/* Fails the test unless the address files agree with the model. */
void model_assert_files(const struct model *model, bool is_tidy);

#endif
