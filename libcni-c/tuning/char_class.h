/* SPDX-License-Identifier: Apache-2.0 */
/* A set of ASCII characters, as a class of a regular expression names it and regcomp(3) reads it.
 */
#ifndef CNI_CHAR_CLASS_H
#define CNI_CHAR_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* All false is the empty one. */
struct cni_char_class {
	bool has[128];
};

/* A letter, a digit, or '_'. */
bool cni_char_is_word(int c);

/* From `first` to `last`. */
void cni_char_class_add(struct cni_char_class *set, int first, int last);

/* The class of \d, \w, \s or their opposites \D, \W, \S. False if `letter` is none of them. */
bool cni_char_class_add_escape(struct cni_char_class *set, char letter);

/* The class of [:alpha:] and the like, or its complement with `negated`; `name` has `length`
 * characters. False if there is no such name. The locale is "C" because no code here sets
 * another. */
bool cni_char_class_add_named(struct cni_char_class *set, const char *name, size_t length,
			      bool negated);

/* As a POSIX extended expression: "[a-z]", or with `negated` "[^a-z]". */
void cni_char_class_print(const struct cni_char_class *set, bool negated, FILE *out);

#endif
