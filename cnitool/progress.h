/* SPDX-License-Identifier: Apache-2.0 */
/* "37 of 500" on stderr, if that is a terminal: for work that takes its time. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>

/* Shows how much is done, in the place of what was shown before. Nothing for a few, or without a
 * terminal. With `done` equal to `total` the line is cleared. */
void progress_show(size_t done, size_t total);

#endif
