/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions as Go's package regexp reads them (RE2's syntax), matched by regexec(3). For
 * files that the Go plugins read as well, and that decide what is allowed: what does not mean the
 * same to both is an error, never another meaning. */
#ifndef CNI_GO_REGEX_H
#define CNI_GO_REGEX_H

#include "error.h"

#include <stdbool.h>

/* Is there a match of `pattern` anywhere in `text`, which is one line? Never if that holds what is
 * not ASCII. Known are literals, '.', '^',
 * '$', groups (named and (?:) ones too), '|', '*', '+', '?', {n,m}, these followed by '?', classes
 * with [:names:], \d \w \s \b \A \z and their opposites, (?i) at the beginning. Fails
 * with CNI_ECONFIG at all else, \pL, \x2e, \Q, other flags among it, at what Go refuses, and at
 * what takes regcomp(3) more than some seconds: a repeated anchor, more than 200 groups within each
 * other, more than 2048 characters, classes, anchors and repetitions ({n,m} counts its piece m times),
 * and what regex_extent.c says of those in a row that may match nothing. */
int cni_go_regex_match(const char *pattern, const char *text, bool *ret_match,
		       struct cni_error *err);

#endif
