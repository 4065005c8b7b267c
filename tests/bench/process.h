/* SPDX-License-Identifier: Apache-2.0 */
/* A process from its start to its end. A failure ends the driver. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include "series.h"

#include <sys/types.h>

struct process {
	pid_t pid;
	double start;
	char *output; /* path */
};

/* Says what errno means. */
_Noreturn void process_die(const char *what);

/* Microseconds of a clock that only goes forward. */
double process_now(void);

void process_write(const char *path, const char *text);

/* Everything is ready before: the clock sees the process alone. Its stdin is the file `input`, its
 * stdout goes to the file `output`. */
struct process process_start(char **args, char **environment, const char *input,
			     const char *output);

/* Waits for it. An exit code other than `expected` is fatal, unless that is PROCESS_ANY; `what`
 * names it. */
#define PROCESS_ANY (-1)
struct sample process_finish(struct process *process, int expected, const char *what,
			     char **ret_output);

#endif
