/* SPDX-License-Identifier: Apache-2.0 */
/* The known word that is nearest to a misspelt one. */
#ifndef NEAREST_H
#define NEAREST_H

#include <stddef.h>

struct nearest {
	const char *word; /* as it was typed */
	const char *found;
	size_t distance;
};

/* Begins a search. `word` must outlive it. */
struct nearest nearest_begin(const char *word);

/* Compares with one of the known words, which must outlive the search. */
void nearest_consider(struct nearest *nearest, const char *known);

/* The nearest of them, if no more than a third of its letters (at least one, at most three) are wrong;
 * otherwise NULL. */
const char *nearest_found(const struct nearest *nearest);

#endif
