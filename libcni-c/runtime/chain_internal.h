/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that the verbs of a chain share. */
#ifndef CNI_CHAIN_INTERNAL_H
#define CNI_CHAIN_INTERNAL_H

#include "cache.h"
#include "chain.h"
#include "request.h"

/* ---- locks ---- */

/* The network's lock, exclusive for GC (CNI SPEC, section 4, "GC": must not run beside ADD and
 * DEL), and the container's lock, which serialises its operations (section 2, "Lifecycle &
 * Ordering"). */
struct cni_chain_locks {
	int network;
	int container;
};

#define CNI_CHAIN_LOCKS                                                                            \
	{                                                                                          \
		-1, -1                                                                             \
	}

/* Takes the network's lock shared and the container's exclusively, waiting ten seconds for each.
 * With `insists`, a lock held by another process is a failure (CNI_ELOCKED); without, for DEL, a
 * warning. A lock that cannot be made is always a warning. chain_unlock() afterwards in any
 * case. */
int chain_lock(const struct cni_chain *chain, bool insists, struct cni_chain_locks *locks,
	       struct cni_error *err);

/* Takes the container's lock, for a caller that has the network's. */
int chain_lock_container(const struct cni_chain *chain, bool insists, struct cni_chain_locks *locks,
			 struct cni_error *err);

/* Takes the network's lock exclusively. */
int chain_lock_network(const struct cni_chain *chain, struct cni_chain_locks *locks,
		       struct cni_error *err);

void chain_unlock(const struct cni_chain_locks *locks);
#define unlocking_chain __attribute__((cleanup(chain_unlock)))

/* ---- what the cache knows ---- */

/* An attachment as its ADD saw it. */
struct cni_memory {
	struct cni_cached cached;
	cJSON *result; /* in the list's version; NULL: none */
};

void chain_forget_memory(struct cni_memory *memory);
#define clearing_memory __attribute__((cleanup(chain_forget_memory)))

/* `memory` is usable, and empty, after a failure; errnum is ENOENT if there is no record. */
int chain_recall(const struct cni_chain *chain, struct cni_memory *memory, struct cni_error *err);

/* Uses the caller's arguments unless the cache has others. */
struct cni_request chain_request(const struct cni_chain *chain, const struct cni_memory *memory,
				 enum cni_command command);

struct cni_owner chain_owner(const struct cni_chain *chain);

int chain_check_names(const struct cni_chain *chain, struct cni_error *err);

/* Encodes the result in the list's version, which may have changed since ADD. */
int chain_convert(const cJSON *json, enum cni_version version, const char *what, cJSON **ret_json,
		  struct cni_error *err);

/* Removes the record from the cache; a failure is a warning. */
void chain_forget(const struct cni_chain *chain);

/* Runs DEL, for a caller that has the locks. */
int chain_del_locked(const struct cni_chain *chain, struct cni_error *err);

#endif
