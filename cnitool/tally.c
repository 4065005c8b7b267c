/* SPDX-License-Identifier: Apache-2.0 */
#include "tally.h"

#include "cleanup.h"
#include "mem.h"
#include "output.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number of members of a group that are named. */
#define NAMED_MAX 6
#define WORDS_MAX 8

static void add_json(struct tally *tally, const struct cni_owner *owner, const char *word,
		     const char *message)
{
	cJSON *row = cni_json_object();

	cni_json_add_string(row, "network", owner->network);
	cni_json_add_string(row, "container", owner->container);
	cni_json_add_string(row, "ifname", owner->ifname);
	cni_json_add_string(row, "state", word);
	cni_json_add_string(row, "message", message);
	cJSON_AddItemToArray(tally->json, row);
}

static void print_row(const struct tally_row *row)
{
	print_line("%s/%s: %s%s%s", row->network, row->attachment, row->word,
		   *row->message ? ": " : "", row->message);
}

void tally_add(struct tally *tally, const struct cni_owner *owner, const char *word,
	       const char *message)
{
	struct tally_row *row;

	tally->rows = cni_realloc_array(tally->rows, tally->count + 1, sizeof(*tally->rows));
	row = &tally->rows[tally->count++];
	*row = (struct tally_row){
		.network = cni_strdup(owner->network),
		.attachment = cni_format("%s/%s", owner->container, owner->ifname),
		.word = word,
		.message = cni_strdup(message),
	};
	if (tally->json)
		add_json(tally, owner, word, message);
	else if (tally->is_verbose)
		print_row(row);
}

/* ---- groups ---- */

static bool is_same(const struct tally_row *a, const struct tally_row *b)
{
	return !strcmp(a->word, b->word) && !strcmp(a->network, b->network) &&
	       !strcmp(a->message, b->message);
}

static void print_members(const struct tally *tally, size_t first, size_t count)
{
	freeing char *text = cni_strdup("");
	size_t named = 0;

	for (size_t i = first; i < tally->count && named < NAMED_MAX; i++) {
		char *longer;

		if (!is_same(&tally->rows[first], &tally->rows[i]))
			continue;
		longer = cni_format("%s%s%s", text, named++ ? ", " : "", tally->rows[i].attachment);
		free(text);
		text = longer;
	}
	if (count > named)
		print_line("  %s and %zu more", text, count - named);
	else
		print_line("  %s", text);
}

/* Members without a message are not named. */
static void print_group(const struct tally *tally, size_t first, size_t count)
{
	const struct tally_row *row = &tally->rows[first];

	if (count == 1) {
		print_row(row);
		return;
	}
	print_line("%s: %zu attachments: %s%s%s", row->network, count, row->word,
		   *row->message ? ": " : "", row->message);
	if (*row->message)
		print_members(tally, first, count);
}

static void print_groups(const struct tally *tally)
{
	freeing bool *done = cni_alloc((tally->count + 1) * sizeof(*done));

	for (size_t i = 0; i < tally->count; i++) {
		size_t count = 0;

		if (done[i])
			continue;
		for (size_t j = i; j < tally->count; j++)
			if (is_same(&tally->rows[i], &tally->rows[j])) {
				done[j] = true;
				count++;
			}
		print_group(tally, i, count);
	}
}

/* ---- the last line ---- */

static size_t count_word(const struct tally *tally, const char *word)
{
	size_t count = 0;

	for (size_t i = 0; i < tally->count; i++)
		count += !strcmp(tally->rows[i].word, word);
	return count;
}

/* In the order in which they came first. */
static void print_summary(const struct tally *tally)
{
	const char *words[WORDS_MAX];
	size_t count = 0;

	if (!tally->count) {
		puts("nothing is attached");
		return;
	}
	printf("%zu attachment%s:", tally->count, tally->count == 1 ? "" : "s");
	for (size_t i = 0; i < tally->count && count < WORDS_MAX; i++) {
		const char *word = tally->rows[i].word;
		size_t at = 0;

		while (at < count && strcmp(words[at], word) != 0)
			at++;
		if (at < count)
			continue;
		words[count++] = word;
		printf("%s %zu %s", count > 1 ? "," : "", count_word(tally, word), word);
	}
	putchar('\n');
}

void tally_print(const struct tally *tally)
{
	if (tally->json) {
		print_json(tally->json);
		return;
	}
	if (!tally->is_verbose)
		print_groups(tally);
	print_summary(tally);
}

void tally_clear(struct tally *tally)
{
	for (size_t i = 0; i < tally->count; i++) {
		free(tally->rows[i].network);
		free(tally->rows[i].attachment);
		free(tally->rows[i].message);
	}
	free(tally->rows);
	cJSON_Delete(tally->json);
	*tally = (struct tally){0};
}
