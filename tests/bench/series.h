/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of one thing, and what is said of them. */
#ifndef BENCH_SERIES_H
#define BENCH_SERIES_H

#include <stddef.h>

#define SERIES_MAX 200

struct sample {
	double wall;   /* microseconds */
	double cpu;    /* microseconds, with the children that were waited for */
	double memory; /* KiB, the largest of the process and those children */
};

struct series {
	struct sample samples[SERIES_MAX];
	size_t count;
};

/* No more than SERIES_MAX. */
void series_put(struct series *series, struct sample sample);

/* Prints one line on stdout, if there is a sample; see bench.c for its columns. */
void series_report(const struct series *series, const char *scenario, const char *verb,
		   const char *subject);

/* The median of a member of struct sample, by its offset. There must be a sample. */
double series_median(const struct series *series, size_t offset);

#endif
