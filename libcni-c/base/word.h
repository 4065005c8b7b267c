/* SPDX-License-Identifier: Apache-2.0 */
/* Vocabularies: a table of words and their numbers, which ends with {0}. */
#ifndef CNI_WORD_H
#define CNI_WORD_H

#include "decls.h"

#include <stdbool.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* A word and its number, read in both directions. */
struct cni_word {
	const char *word;
	uint32_t number;
};

/* True if the table has the word, compared exactly. `ret_number` is left alone otherwise. */
bool cni_word_parse(const struct cni_word *words, const char *text, uint32_t *ret_number);

/* The first word for a number; NULL: none. `words` may be NULL, a table without words. */
const char *cni_word_text(const struct cni_word *words, uint32_t number);

CNI_END_DECLS

#endif
