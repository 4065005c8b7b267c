/* SPDX-License-Identifier: Apache-2.0 */
#include "regex_extent.h"

/* Go refuses a greater product of counts within each other (repeatIsValid()). */
#define COUNTS_MAX 1000

/* regcomp(3) repeats what is counted. An expression that an administrator writes has some dozens. */
#define PIECES_MAX 2048

/* regcomp(3) takes the third power of the optional pieces in a row, and twice as long for each doubt
 * in a row (duplicate_node_closure() and calc_eclosure_iter() in glibc's posix/regcomp.c): an anchor,
 * once more if its group may match nothing; an endless repetition of a part that may match nothing,
 * and each optional piece of that part. The logarithm of this time; 29 is about a second. */
#define LOG_MAX 29

static void refuse(struct cni_regex_extent *extent, const char *what)
{
	if (!extent->too_large)
		extent->too_large = what;
}

static size_t greater(size_t a, size_t b)
{
	return a < b ? b : a;
}

static size_t logarithm_of(const struct cni_regex_part *group)
{
	size_t cube = (group->optional + 1) * (group->optional + 1) * (group->optional + 1);
	size_t logarithm = group->doubts;

	while (cube >>= 1)
		logarithm++;
	return logarithm;
}

/* The last piece becomes part of its group. */
static void settle(struct cni_regex_extent *extent)
{
	struct cni_regex_part *group = &extent->groups[extent->depth];
	const struct cni_regex_part *last = &extent->last;

	group->pieces += last->pieces;
	group->optional += last->optional;
	group->doubts += last->doubts;
	group->anchors += last->anchors;
	group->counts = greater(group->counts, last->counts);
	group->is_empty &= last->is_empty;
	extent->last = (struct cni_regex_part){.counts = 1, .is_empty = true};
	if (group->pieces > PIECES_MAX)
		refuse(extent, "more than 2048 characters, as often as they are counted");
	if (logarithm_of(group) > LOG_MAX)
		refuse(extent, "too many repetitions and anchors in a row that may match nothing");
}

void cni_regex_extent_begin(struct cni_regex_extent *extent)
{
	*extent = (struct cni_regex_extent){.groups = {{.counts = 1, .is_empty = true}},
					    .last = {.counts = 1, .is_empty = true}};
}

void cni_regex_extent_add(struct cni_regex_extent *extent, bool is_anchor)
{
	settle(extent);
	extent->last.pieces = 1;
	extent->last.is_empty = is_anchor;
	extent->last.anchors = is_anchor;
	extent->last.doubts = is_anchor;
}

void cni_regex_extent_alternate(struct cni_regex_extent *extent)
{
	struct cni_regex_part *group = &extent->groups[extent->depth];

	settle(extent);
	group->pieces++;
	group->had_empty |= group->is_empty;
	group->had_optional = greater(group->had_optional, group->optional);
	group->had_doubts = greater(group->had_doubts, group->doubts);
	group->is_empty = true;
	group->optional = 0;
	group->doubts = 0;
}

void cni_regex_extent_open(struct cni_regex_extent *extent)
{
	settle(extent);
	if (extent->depth == CNI_REGEX_DEPTH_MAX) {
		refuse(extent, "groups in more than 200 others");
		return;
	}
	extent->groups[++extent->depth] =
		(struct cni_regex_part){.pieces = 1, .counts = 1, .is_empty = true};
}

bool cni_regex_extent_close(struct cni_regex_extent *extent)
{
	struct cni_regex_part *last = &extent->last;

	settle(extent);
	if (!extent->depth)
		return false;
	*last = extent->groups[extent->depth--];
	last->is_empty |= last->had_empty;
	last->optional = greater(last->optional, last->had_optional);
	last->doubts = greater(last->doubts, last->had_doubts);
	if (last->is_empty) {
		last->optional = last->pieces;
		last->doubts += last->anchors;
	}
	return true;
}

void cni_regex_extent_repeat(struct cni_regex_extent *extent, int least, int most)
{
	struct cni_regex_part *last = &extent->last;
	int count = most < 0 ? least : most;

	if (last->anchors)
		refuse(extent, "a repetition of an anchor");
	if (most < 0 && last->is_empty)
		last->doubts += 1 + last->optional;
	if (count > 1) {
		last->pieces *= (size_t)count;
		last->counts *= (size_t)count;
		last->optional *= (size_t)count;
		last->doubts *= (size_t)count;
	}
	if (most != least)
		last->optional = last->pieces;
	last->pieces++;
	last->is_empty |= !least;
	if (last->counts > COUNTS_MAX)
		refuse(extent, "a number of repetitions");
}

void cni_regex_extent_end(struct cni_regex_extent *extent)
{
	settle(extent);
}
