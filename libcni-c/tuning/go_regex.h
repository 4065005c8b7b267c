/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions as Go's package regexp reads them (RE2's syntax), matched by regexec(3).
 * For security-relevant files that the Go plugins read as well: syntax with another meaning in
 * POSIX is an error. */
#ifndef CNI_GO_REGEX_H
#define CNI_GO_REGEX_H

#include "error.h"

#include <stdbool.h>

/* True if `pattern` matches anywhere in `text`, a single line; false if `text` is not ASCII.
 * Supported are literals, '.', '^', '$', groups (named and (?:) ones too), '|', '*', '+', '?',
 * {n,m}, these followed by '?', classes with [:names:], \d \w \s \b \A \z and their opposites,
 * (?i) at the beginning. Any other syntax (for example \pL, \x2e, \Q or other flags), and
 * anything Go rejects, fails with CNI_ECONFIG, as does a pattern that takes regcomp(3) more than
 * some seconds: a repeated anchor, more than 200 nested groups, more than 2048 characters,
 * classes, anchors and repetitions ({n,m} counts its piece m times), or too many optional pieces
 * in a row (regex_extent.c). */
int cni_go_regex_match(const char *pattern, const char *text, bool *ret_match,
		       struct cni_error *err);

#endif
