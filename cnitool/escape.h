/* SPDX-License-Identifier: Apache-2.0 */
/* Text of files and containers, made harmless for a terminal. */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdbool.h>

/* A copy with each control character as "\x1b", and with what is not UTF-8, or directs the text (U+202A to
 * U+202E and their like), likewise byte by byte; without `utf8` all that is not ASCII. A backslash stays as it
 * is. The caller frees. */
char *escape_text(const char *text, bool utf8);

#endif
