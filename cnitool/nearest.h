/* SPDX-License-Identifier: Apache-2.0 */
/* The word that was meant. */
#ifndef NEAREST_H
#define NEAREST_H

#include <stddef.h>

/* The number of letters to change, add, leave out or exchange with their neighbour, in any case, to make
 * `other` of `word`. Words of more than 63 letters are far from all others. */
unsigned int nearest_distance(const char *word, const char *other);

/* Returns the word of `words` (ends with NULL) that is nearest to `word`: at most a third of the letters are
 * different, and at most three. The first of two that are as near; NULL if none is near. */
const char *nearest_word(const char *word, const char *const *words);

#endif
