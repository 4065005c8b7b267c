/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of plugins in the words of an operator. */
#ifndef PLAIN_WORDS_H
#define PLAIN_WORDS_H

#include <stdbool.h>

/* A copy of the message, in which the verbs that only cnitool knows (MEND, SWEEP, REFRESH), maps, chains and
 * elements of our tables are words that say what they mean; with `verbose` the message as it is. The caller
 * frees. */
char *plain_words(const char *message, bool verbose);

#endif
