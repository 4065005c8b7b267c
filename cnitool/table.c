/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include "cleanup.h"
#include "mem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *make_printable(char *text)
{
	for (char *at = text; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	return text;
}

void print_line(const char *fmt, ...)
{
	freeing char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		cni_out_of_memory();
	va_end(args);
	puts(make_printable(text));
}

struct table table_begin(const char *const *headings)
{
	struct table table = {0};

	while (headings[table.columns])
		table.columns++;
	table_add(&table, headings);
	return table;
}

void table_add(struct table *table, const char *const *cells)
{
	char **row;

	table->cells = cni_realloc_array(table->cells, (table->rows + 1) * table->columns,
					 sizeof(*table->cells));
	row = table->cells + table->rows++ * table->columns;
	for (size_t i = 0; i < table->columns; i++) {
		const char *nothing = i + 1 < table->columns ? "-" : "";

		row[i] = make_printable(cni_strdup(cells[i] && *cells[i] ? cells[i] : nothing));
	}
}

static int width_of(const struct table *table, size_t column)
{
	size_t width = 0;

	for (size_t i = 0; i < table->rows; i++) {
		size_t length = strlen(table->cells[i * table->columns + column]);

		width = length > width ? length : width;
	}
	return (int)width;
}

static bool has_last_column(const struct table *table)
{
	for (size_t i = 1; i < table->rows; i++)
		if (*table->cells[(i + 1) * table->columns - 1])
			return true;
	return false;
}

void table_print(const struct table *table)
{
	size_t columns = table->columns - !has_last_column(table);
	freeing int *widths = cni_alloc(columns * sizeof(*widths));

	for (size_t i = 0; i < columns; i++)
		widths[i] = width_of(table, i);
	for (size_t row = 0; row < table->rows; row++) {
		char *const *cells = table->cells + row * table->columns;
		size_t last = columns - 1;

		/* No blanks at the end of a line. */
		if (last && !*cells[last])
			last--;
		for (size_t i = 0; i < last; i++)
			printf("%-*s  ", widths[i], cells[i]);
		puts(cells[last]);
	}
}

void table_clear(struct table *table)
{
	for (size_t i = 0; i < table->rows * table->columns; i++)
		free(table->cells[i]);
	free(table->cells);
	*table = (struct table){0};
}
