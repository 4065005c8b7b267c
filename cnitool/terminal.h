/* SPDX-License-Identifier: Apache-2.0 */
/* The abilities of the output. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>

/* True if the locale (LC_ALL, LC_CTYPE, LANG) is one of UTF-8. */
bool terminal_has_utf8(void);

/* True if the descriptor is a terminal with colours, and NO_COLOR (no-color.org) is not set. */
bool terminal_has_colour(int fd);

#endif
