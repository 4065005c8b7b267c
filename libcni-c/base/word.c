/* SPDX-License-Identifier: Apache-2.0 */
#include "word.h"

#include <string.h>

bool cni_word_parse(const struct cni_word *words, const char *text, uint32_t *ret_number)
{
	for (; words && words->word; words++)
		if (!strcmp(words->word, text)) {
			*ret_number = words->number;
			return true;
		}
	return false;
}

const char *cni_word_text(const struct cni_word *words, uint32_t number)
{
	for (; words && words->word; words++)
		if (words->number == number)
			return words->word;
	return NULL;
}
