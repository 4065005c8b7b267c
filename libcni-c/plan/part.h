/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of a part: one thing that a plugin makes, described once. ADD and CHECK walk the
 * list of parts down, DEL and rollback walk it up, GC and STATUS come from the same list.
 *
 * A part's spec is a plain struct that states, in this order: identity (all that DEL and GC may
 * rely on), expectation (written by ADD, compared by CHECK), and what `add` did (for `undo`). */
#ifndef CNI_PART_H
#define CNI_PART_H

#include "attachment.h"
#include "decls.h"
#include "error.h"

#include <stddef.h>
#include <stdio.h>

CNI_BEGIN_DECLS

/* A NULL verb means: nothing to do, and that is success. Each returns 0, or -1 with `err` filled. `at` is
 * open, except in a plugin whose parts open it themselves (`inside` in plan.h). */
struct cni_part_ops {
	const char *name;
	size_t size; /* of the spec struct, which the plan copies */
	/* NULL, or what the error says of a part that goes when everything else of the attachment is
	 * gone ("the addresses stay reserved"): its undo, del and gc are not called once those of
	 * another part have failed. */
	const char *last;

	/* Opens what `add` needs and what can be opened in the container's namespace alone: see
	 * struct cni_visit. */
	int (*visit)(struct cni_attachment *at, const void *spec, struct cni_error *err);
	/* All or nothing. Adds to at->result what it learns. */
	int (*add)(struct cni_attachment *at, void *spec, struct cni_error *err);
	/* Takes back exactly what this run's `add` did. NULL for parts that die with another. */
	int (*undo)(struct cni_attachment *at, void *spec, struct cni_error *err);
	/* Reads only; at->result is the prevResult. Names what was expected and what was found. */
	int (*check)(struct cni_attachment *at, const void *spec, struct cni_error *err);
	/* By identity, maybe without namespace and prevResult; what is absent is success. */
	int (*del)(struct cni_attachment *at, const void *spec, struct cni_error *err);
	/* Removes all of this network that belongs to none of at->call->conf.valid. */
	int (*gc)(struct cni_attachment *at, const void *spec, struct cni_error *err);
	/* Removes the rules of attachments of any network whose link on the host is gone. */
	int (*sweep)(struct cni_attachment *at, const void *spec, struct cni_error *err);
	/* Makes what the network's attachments share as the configuration says, without any attachment. */
	int (*refresh)(struct cni_attachment *at, const void *spec, struct cni_error *err);
	/* Fails if ADD would. Neither locks nor writes. */
	int (*status)(struct cni_attachment *at, const void *spec, struct cni_error *err);
	/* After `check` has failed: puts back what has been taken of what `add` made, if the
	 * container does not notice. NULL: that cannot be. See verbs.h. */
	int (*mend)(struct cni_attachment *at, void *spec, struct cni_error *err);
	/* Prints a line for people and for tests, without the name. */
	void (*print)(FILE *out, const void *spec);
	/* Frees what the spec owns. */
	void (*clear)(void *spec);
};

CNI_END_DECLS

#endif
