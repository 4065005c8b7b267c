/* SPDX-License-Identifier: Apache-2.0 */
/* Findings of doctor. */
#ifndef FINDING_H
#define FINDING_H

#include <stdbool.h>
#include <stddef.h>

struct doctor_check;

enum finding_level {
	FINDING_NOTE,
	FINDING_WARNING,
	FINDING_FAILURE,
	FINDING_UNSEEN, /* doctor could not look */
};

/* "note", "warning", "failure", "unseen": stable. */
const char *finding_level_text(enum finding_level level);

/* All are copied, and may be NULL. */
struct finding_words {
	const char *where;	/* file, network, interface */
	const char *so;		/* what it means */
	const char *try;	/* a command, or what to change */
	const char *attachment; /* "network/container/ifname" */
};

struct doctor_finding {
	const struct doctor_check *check;
	enum finding_level level;
	char *what;
	char *where;
	char *so;
	char *try;
	char *key;    /* equal findings have equal keys */
	size_t count; /* of equal ones */
	char **attachments;
	size_t attachment_count;
	const struct doctor_check *because; /* NULL: it is explained by no other finding */
};

struct findings {
	struct doctor_finding *items; /* in the order of the table of checks */
	size_t count;
};

/* Adds a finding, or counts an equal one: the same check, level and remedy, and the same text but for addresses,
 * MACs and identifiers. */
void finding_add(struct findings *findings, const struct doctor_check *check,
		 enum finding_level level, const struct finding_words *words, const char *what);

/* Marks the symptoms: findings whose text an earlier one's check explains, if they concern the same attachments or
 * either concerns none. */
void findings_explain(struct findings *findings);

/* The number of findings of a level that are no symptoms. */
size_t findings_count(const struct findings *findings, enum finding_level level);

void findings_clear(struct findings *findings);

#endif
