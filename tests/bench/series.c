/* SPDX-License-Identifier: Apache-2.0 */
#include "series.h"

#include <stdio.h>
#include <stdlib.h>

void series_put(struct series *series, struct sample sample)
{
	series->samples[series->count++] = sample;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* `offset` of the member in struct sample, `quarter` 0 to 4 (2: the median). */
static double quartile(const struct series *series, size_t offset, size_t quarter)
{
	double values[SERIES_MAX];

	for (size_t i = 0; i < series->count; i++)
		values[i] = *(const double *)((const char *)&series->samples[i] + offset);
	qsort(values, series->count, sizeof(*values), compare_doubles);
	return values[(series->count - 1) * quarter / 4];
}

double series_median(const struct series *series, size_t offset)
{
	return quartile(series, offset, 2);
}

void series_report(const struct series *series, const char *scenario, const char *verb,
		   const char *subject)
{
	size_t wall = offsetof(struct sample, wall);

	if (!series->count)
		return;
	printf("%s\t%s\t%s\t%zu\t%.2f\t%.2f\t%.2f\t%.0f\t%.0f\n", scenario, verb, subject,
	       series->count, quartile(series, wall, 2), quartile(series, wall, 1),
	       quartile(series, wall, 3), quartile(series, offsetof(struct sample, cpu), 2),
	       quartile(series, offsetof(struct sample, memory), 4));
	fflush(stdout);
}
