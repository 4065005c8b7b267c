/* SPDX-License-Identifier: Apache-2.0 */
#include "pool_internal.h"

#include "cleanup.h"
#include "ending.h"
#include "mem.h"
#include "plane.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct pool *pool_new(int dir, bool blank)
{
	struct pool *pool = cni_alloc(sizeof(*pool));

	pool->dir = dir;
	pool->blank = blank;
	return pool;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	for (size_t i = 0; i < pool->count; i++) {
		cni_ending_close(pool->pieces[i]->file);
		free(pool->pieces[i]);
	}
	free(pool->pieces);
	free(pool->released);
	free(pool);
}

/* ---- pieces ---- */

/* Returns 1; 0 where there is no file; -1 if it cannot be read. The files of many pieces are not kept open. */
static int read_piece(const struct pool *pool, struct piece *piece)
{
	int fd = plane_open(pool->dir, &piece->base, "bits", O_RDWR);
	int failed;

	/* On a file system that cannot be written, and for readers without the right to. */
	if (fd < 0 && errno != ENOENT)
		return plane_read(pool->dir, &piece->base, "bits", piece->taken, PLANES_SIZE);
	if (fd < 0)
		return 0;
	failed = plane_fill(fd, piece->taken, PLANES_SIZE);
	if (!failed && pool->count < FILES_OPEN)
		piece->file = fd;
	else
		close(fd);
	return failed ? -1 : 1;
}

/* Returns NULL where nothing is taken, unless `make`. */
static struct piece *piece_of(struct pool *pool, const struct cni_ip *ip, bool make)
{
	struct cni_ip base = plane_at(ip, 0);
	struct piece *piece;
	int found = 0;

	for (size_t i = 0; i < pool->count; i++)
		if (cni_ip_equal(&pool->pieces[i]->base, &base))
			return pool->pieces[i];
	piece = cni_alloc(sizeof(*piece));
	piece->base = base;
	piece->file = -1;
	if (pool->dir >= 0 && !pool->blank)
		found = read_piece(pool, piece);
	pool->unread |= found < 0;
	if (found <= 0 && !make) {
		free(piece);
		return NULL;
	}
	pool->pieces = cni_realloc_array(pool->pieces, pool->count + 1, sizeof(struct piece *));
	pool->pieces[pool->count++] = piece;
	return piece;
}

static void note_change(struct piece *piece, size_t word)
{
	if (!piece->is_changed || word < piece->first_changed)
		piece->first_changed = word;
	if (!piece->is_changed || word > piece->last_changed)
		piece->last_changed = word;
	piece->is_changed = true;
}

/* Returns what it adds to the number of bits that are set: -1, 0 or 1. */
static int put_bit(uint64_t *words, size_t number, bool value)
{
	uint64_t bit = (uint64_t)1 << (number % WORD_BITS);
	bool before = words[number / WORD_BITS] & bit;

	if (value)
		words[number / WORD_BITS] |= bit;
	else
		words[number / WORD_BITS] &= ~bit;
	return value - before;
}

void pool_take(struct pool *pool, const struct cni_ip *ip, bool this_boot)
{
	struct piece *piece = piece_of(pool, ip, true);
	size_t number = plane_number(ip);

	pool->change += put_bit(piece->taken, number, true);
	put_bit(piece->boot, number, this_boot);
	note_change(piece, number / WORD_BITS);
}

void pool_release(struct pool *pool, const struct cni_ip *ip)
{
	struct piece *piece = piece_of(pool, ip, false);
	size_t number = plane_number(ip);

	if (!piece)
		return;
	pool->change += put_bit(piece->taken, number, false);
	put_bit(piece->boot, number, false);
	note_change(piece, number / WORD_BITS);
}

bool pool_is_taken(struct pool *pool, const struct cni_ip *ip)
{
	const struct piece *piece = piece_of(pool, ip, false);
	size_t number = plane_number(ip);

	return piece && piece->taken[number / WORD_BITS] >> (number % WORD_BITS) & 1;
}

/* Pieces that were not used yet as well. */
static void load_all(struct pool *pool)
{
	DIR *walk = pool->dir < 0 || pool->blank ? NULL : plane_walk(pool->dir);
	struct cni_ip base;

	while (walk && plane_next(walk, "bits", &base))
		piece_of(pool, &base, false);
	if (walk)
		closedir(walk);
}

size_t pool_count(struct pool *pool)
{
	size_t count = 0;

	load_all(pool);
	for (size_t i = 0; i < pool->count; i++)
		for (size_t word = 0; word < WORDS; word++)
			/* Most are zero, and not each processor counts bits by itself. */
			if (pool->pieces[i]->taken[word])
				count += (size_t)__builtin_popcountll(pool->pieces[i]->taken[word]);
	return count;
}

int64_t pool_change(const struct pool *pool)
{
	return pool->change;
}

static void walk_word(const struct piece *piece, size_t word, pool_visitor *visit, void *data)
{
	for (uint64_t rest = piece->taken[word]; rest; rest &= rest - 1) {
		size_t bit = (size_t)__builtin_ctzll(rest);
		struct cni_ip ip = plane_at(&piece->base, word * WORD_BITS + bit);

		visit(&ip, piece->boot[word] >> bit & 1, data);
	}
}

void pool_walk(struct pool *pool, pool_visitor *visit, void *data)
{
	load_all(pool);
	for (size_t i = 0; i < pool->count; i++)
		for (size_t word = 0; word < WORDS; word++)
			walk_word(pool->pieces[i], word, visit, data);
}

/* ---- files ---- */

static int save_piece(int dir, struct piece *piece)
{
	size_t size = (piece->last_changed - piece->first_changed + 1) * sizeof(*piece->taken);
	size_t offset = piece->first_changed * sizeof(*piece->taken);
	const struct plane_span spans[] = {
		{&piece->taken[piece->first_changed], size, offset},
		{&piece->boot[piece->first_changed], size, sizeof(piece->taken) + offset},
	};

	closing int own = -1;
	int fd = piece->file;

	if (fd < 0)
		fd = own = plane_open(dir, &piece->base, "bits", O_WRONLY | O_CREAT);
	if (fd < 0 || plane_write_spans(fd, spans, 2) < 0)
		return -1;
	piece->is_changed = false;
	return 0;
}

int pool_save(struct pool *pool)
{
	if (pool->unread) {
		errno = EIO;
		return -1;
	}
	if (pool->blank && plane_remove(pool->dir, "bits") < 0)
		return -1;
	pool->blank = false;
	for (size_t i = 0; i < pool->count; i++)
		if (pool->pieces[i]->is_changed && save_piece(pool->dir, pool->pieces[i]) < 0)
			return -1;
	return 0;
}

/* ---- search ---- */

/* The part of a piece that lies from `first` to `last`. */
static void clip(const struct cni_ip *base, const struct cni_ip *first, const struct cni_ip *last,
		 size_t *ret_low, size_t *ret_high)
{
	struct cni_ip first_base = plane_at(first, 0);
	struct cni_ip last_base = plane_at(last, 0);

	*ret_low = cni_ip_equal(&first_base, base) ? plane_number(first) : 0;
	*ret_high = cni_ip_equal(&last_base, base) ? plane_number(last) : PLANE_PIECE - 1;
}

/* The first number from `low` to `high` whose bit is set in what `word` makes of both planes;
 * PLANE_PIECE
 * if there is none. */
static size_t next_bit(const struct piece *piece, size_t low, size_t high,
		       uint64_t (*word)(const struct piece *piece, size_t i))
{
	while (low <= high) {
		uint64_t bits = word(piece, low / WORD_BITS) >> (low % WORD_BITS);

		if (bits) {
			low += (size_t)__builtin_ctzll(bits);
			return low <= high ? low : PLANE_PIECE;
		}
		low = (low / WORD_BITS + 1) * WORD_BITS;
	}
	return PLANE_PIECE;
}

static uint64_t free_word(const struct piece *piece, size_t i)
{
	return piece ? ~piece->taken[i] : ~(uint64_t)0;
}

static uint64_t stale_word(const struct piece *piece, size_t i)
{
	return piece->taken[i] & ~piece->boot[i];
}

static bool next_free_of_piece(struct pool *pool, const struct cni_ip *base, size_t low,
			       size_t high, struct pool_rest *rest, struct cni_ip *ret_ip)
{
	const struct piece *piece = piece_of(pool, base, false);
	const uint32_t *released = rest->seconds ? pool_released_of(pool, base) : NULL;

	while ((low = next_bit(piece, low, high, free_word)) != PLANE_PIECE) {
		if (!released || !pool_is_resting(released, base, low, rest)) {
			*ret_ip = plane_at(base, low);
			return true;
		}
		low++;
	}
	return false;
}

/* False after the piece that holds `last`. */
static bool step(struct cni_ip *base, const struct cni_ip *last)
{
	struct cni_ip end = plane_at(base, PLANE_PIECE - 1);

	if (cni_ip_compare(&end, last) >= 0)
		return false;
	*base = cni_ip_next(&end);
	return true;
}

bool pool_next_free(struct pool *pool, const struct cni_ip *first, const struct cni_ip *last,
		    struct pool_rest *rest, struct cni_ip *ret_ip)
{
	struct cni_ip base = plane_at(first, 0);
	size_t low;
	size_t high;

	/* Ends at the first piece that has no files at the latest. */
	do {
		clip(&base, first, last, &low, &high);
		if (next_free_of_piece(pool, &base, low, high, rest, ret_ip))
			return true;
	} while (step(&base, last));
	return false;
}

bool pool_next_stale(struct pool *pool, const struct cni_ip *first, const struct cni_ip *last,
		     struct cni_ip *ret_ip)
{
	struct cni_ip base = plane_at(first, 0);

	do {
		const struct piece *piece = piece_of(pool, &base, false);
		size_t low;
		size_t high;

		/* Where there is no file, all is free. */
		if (!piece)
			return false;
		clip(&base, first, last, &low, &high);
		low = next_bit(piece, low, high, stale_word);
		if (low != PLANE_PIECE) {
			*ret_ip = plane_at(&base, low);
			return true;
		}
	} while (step(&base, last));
	return false;
}
