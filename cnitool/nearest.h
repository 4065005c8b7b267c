/* SPDX-License-Identifier: Apache-2.0 */
/* The word that was meant. */
#ifndef NEAREST_H
#define NEAREST_H

#include <stddef.h>

/* The number of letters to change, add, leave out or exchange with their neighbour, in any case, to make
 * `other` of `word`. Words of more than 63 letters are far from all others. */
unsigned int nearest_distance(const char *word, const char *other);

/* The one of `words` (ends with NULL) that `word` was meant to be: at most a third of its letters, and three,
 * are different. Of two as near the first. NULL if none is near. */
const char *nearest_word(const char *word, const char *const *words);

#endif
