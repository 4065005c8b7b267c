/* SPDX-License-Identifier: Apache-2.0 */
/* Outcomes of work on many attachments: equal ones are one line with a count, and a last line counts all. */
#ifndef TALLY_H
#define TALLY_H

#include "json.h"
#include "owner.h"

#include <stdbool.h>
#include <stddef.h>

struct tally_row {
	char *network;
	char *attachment; /* "container/ifname" */
	const char *word; /* "fine": a constant */
	char *message;	  /* "" if the word says all */
};

struct tally {
	struct tally_row *rows;
	size_t count;
	cJSON *json;	 /* an array, which gets the rows instead; NULL: none */
	bool is_verbose; /* a line for each, at once */
};

void tally_add(struct tally *tally, const struct cni_owner *owner, const char *word,
	       const char *message);

/* Prints what is left to print: the groups, and "41 attachments: 38 fine, 2 mended, 1 gone"; or the JSON. */
void tally_print(const struct tally *tally);

void tally_clear(struct tally *tally);
#define clearing_tally __attribute__((cleanup(tally_clear)))

#endif
