/* SPDX-License-Identifier: Apache-2.0 */
/* Columns for people: a heading over each, as wide as what is in them. */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>

struct table {
	size_t columns;
	char **cells; /* row by row, the headings first */
	size_t rows;
};

/* Begins one with these headings, of which NULL is the end. table_clear() afterwards. */
struct table table_begin(const char *const *headings);

/* Appends a row, a text for each column; NULL or "" is shown as "-", but for the last column, where
 * it is nothing. What is not printable becomes '?'. */
void table_add(struct table *table, const char *const *cells);

/* Prints it on stdout. A last column in which there is nothing is left out. */
void table_print(const struct table *table);

void table_clear(struct table *table);
#define clearing_table __attribute__((cleanup(table_clear)))

/* Makes '?' of control characters and of what is not ASCII, for terminals and for JSON: what stands
 * in files that others have written may be anything. Returns `text`. */
char *make_printable(char *text);

/* A line on stdout, printable as above. */
void print_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
