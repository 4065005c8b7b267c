/* SPDX-License-Identifier: Apache-2.0 */
#include "nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define LENGTH_MAX 63

struct nearest nearest_begin(const char *word)
{
	return (struct nearest){.word = word, .distance = SIZE_MAX};
}

static bool is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters are missing, too many, wrong, or two exchanged (optimal string alignment). */
static size_t distance_of(const char *a, const char *b)
{
	size_t lengths[] = {strlen(a), strlen(b)};
	size_t rows[3][LENGTH_MAX + 1];

	if (lengths[0] > LENGTH_MAX || lengths[1] > LENGTH_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= lengths[1]; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= lengths[0]; i++) {
		const size_t *above = rows[(i - 1) % 3];
		size_t *row = rows[i % 3];

		row[0] = i;
		for (size_t j = 1; j <= lengths[1]; j++) {
			row[j] = least(least(above[j], row[j - 1]) + 1,
				       above[j - 1] + !is_same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) &&
			    is_same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[lengths[0] % 3][lengths[1]];
}

void nearest_consider(struct nearest *nearest, const char *known)
{
	size_t distance = distance_of(nearest->word, known);

	if (distance >= nearest->distance)
		return;
	nearest->distance = distance;
	nearest->found = known;
}

const char *nearest_found(const struct nearest *nearest)
{
	size_t limit = nearest->found ? (strlen(nearest->found) + 2) / 3 : 0;

	return nearest->distance <= least(limit, 3) ? nearest->found : NULL;
}
