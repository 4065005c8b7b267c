/* SPDX-License-Identifier: Apache-2.0 */
/* The extent of a regular expression while it is read, piece by piece: Go refuses a pattern that is
 * too large, and regcomp(3) of glibc runs out of stack, memory or time. */
#ifndef CNI_REGEX_EXTENT_H
#define CNI_REGEX_EXTENT_H

#include <stdbool.h>
#include <stddef.h>

/* Go (regexp/syntax/parse.go) refuses a tree higher than 1,000 (maxHeight), to which each group adds
 * up to four: itself, a repetition, an alternative, a sequence. */
#define CNI_REGEX_DEPTH_MAX 200

/* A part of the pattern: a group, or its last piece. Numbers are of pieces (characters, classes,
 * anchors, repetitions), each as often as it is counted; "in a row" is the greatest of the
 * alternatives. */
struct cni_regex_part {
	size_t pieces;
	size_t counts;	 /* the product of the greatest counts within each other */
	size_t anchors;	 /* all of them */
	size_t optional; /* in a row: what may be left out or repeated */
	size_t doubts;	 /* in a row: what doubles the time of regcomp(3), see regex_extent.c */
	bool is_empty;	 /* true if the part may match nothing; in a group, its current
			  * alternative */
	/* In a group: its earlier alternatives. */
	bool had_empty;
	size_t had_optional;
	size_t had_doubts;
};

struct cni_regex_extent {
	int depth;
	struct cni_regex_part groups[CNI_REGEX_DEPTH_MAX + 1]; /* open ones; the first: none */
	struct cni_regex_part last;			       /* of the innermost, not yet added */
	const char *too_large; /* a noun for the error; NULL: nothing is */
};

/* The extent of the empty pattern. */
void cni_regex_extent_begin(struct cni_regex_extent *extent);

/* A character or class; or an anchor, which matches nothing. */
void cni_regex_extent_add(struct cni_regex_extent *extent, bool is_anchor);

/* "|" */
void cni_regex_extent_alternate(struct cni_regex_extent *extent);

/* "(" and ")"; false if there is no group to be closed. */
void cni_regex_extent_open(struct cni_regex_extent *extent);
bool cni_regex_extent_close(struct cni_regex_extent *extent);

/* "{least,most}" behind the last piece; `most` -1: endless. "?" is {0,1} and "*" is {0,}. */
void cni_regex_extent_repeat(struct cni_regex_extent *extent, int least, int most);

/* At the end of the pattern. */
void cni_regex_extent_end(struct cni_regex_extent *extent);

#endif
