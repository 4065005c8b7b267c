/* SPDX-License-Identifier: Apache-2.0 */
/* Tables for people: columns with headings, as wide as their widest cell. */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>

struct table {
	size_t columns;
	char **cells; /* row by row, the headings first */
	size_t rows;
};

/* Begins a table with these headings, which end with NULL. table_clear() afterwards. */
struct table table_begin(const char *const *headings);

/* Appends a row, a text for each column; NULL or "" is shown as "-", but as nothing in the last
 * column. Unprintable characters become '?'. */
void table_add(struct table *table, const char *const *cells);

/* Prints it on stdout. An empty last column is left out. */
void table_print(const struct table *table);

void table_clear(struct table *table);
#define clearing_table __attribute__((cleanup(table_clear)))

/* Replaces control characters and non-ASCII by '?', for terminals and for JSON: files of others
 * may hold anything. Returns `text`. */
char *make_printable(char *text);

/* A line on stdout, printable as above. */
void print_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
