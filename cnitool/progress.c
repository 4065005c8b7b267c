/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

/* Fewer are done before anybody reads. */
#define WORTH_SHOWING 10

void progress_show(size_t done, size_t total)
{
	if (total < WORTH_SHOWING || !isatty(STDERR_FILENO))
		return;
	if (done < total)
		fprintf(stderr, "\r%zu of %zu", done, total);
	else
		/* Moves to the begin of the line and clears it (console_codes(4)). */
		fputs("\r\033[K", stderr);
	fflush(stderr);
}
