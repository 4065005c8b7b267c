/* SPDX-License-Identifier: Apache-2.0 */
#include "nearest.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#define LETTERS_MAX 63
#define CHANGES_MAX 3

static unsigned int lower(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static bool are_equal(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Rows of the table of distances between the beginnings of the two words; three are enough, because an
 * exchange looks two rows back. */
unsigned int nearest_distance(const char *word, const char *other)
{
	unsigned int rows[3][LETTERS_MAX + 1];
	size_t length = strlen(word);
	size_t width = strlen(other);

	if (length > LETTERS_MAX || width > LETTERS_MAX)
		return UINT_MAX;
	for (size_t i = 0; i <= length; i++) {
		unsigned int *row = rows[i % 3];
		const unsigned int *before = rows[(i + 2) % 3];
		const unsigned int *earlier = rows[(i + 1) % 3];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= width; j++) {
			if (!i) {
				row[j] = (unsigned int)j;
				continue;
			}
			row[j] = lower(lower(row[j - 1], before[j]) + 1,
				       before[j - 1] + !are_equal(word[i - 1], other[j - 1]));
			if (i > 1 && j > 1 && are_equal(word[i - 1], other[j - 2]) &&
			    are_equal(word[i - 2], other[j - 1]))
				row[j] = lower(row[j], earlier[j - 2] + 1);
		}
	}
	return rows[length % 3][width];
}

const char *nearest_word(const char *word, const char *const *words)
{
	unsigned int least = lower((unsigned int)(strlen(word) + 2) / 3, CHANGES_MAX) + 1;
	const char *nearest = NULL;

	for (; *words; words++) {
		unsigned int distance = nearest_distance(word, *words);

		if (distance < least) {
			least = distance;
			nearest = *words;
		}
	}
	return nearest;
}
