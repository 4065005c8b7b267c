/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: a fault, its place and its remedy. They are collected, and printed at the end. */
#ifndef FINDING_H
#define FINDING_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdio.h>

enum finding_level {
	FINDING_NOTE, /* true, and nothing has to be done */
	FINDING_WARNING,
	FINDING_ERROR,
	FINDING_LEVEL_COUNT,
};

/* "error" */
const char *finding_level_text(enum finding_level level);

/* The place of a finding. NULL members: not known, or the whole. */
struct finding_place {
	const char *file;
	const char *network;
	int plugin;	  /* its index in the list; FINDING_NO_PLUGIN: the list itself */
	const char *type; /* of that plugin */
	const char *key;  /* "ipam.subnet" */
	const char *text; /* of the file, for the line of the key */
};

#define FINDING_NO_PLUGIN (-1)

struct finding {
	const char *check; /* its name, for programs: stays the same. A constant */
	enum finding_level level;
	char *file;
	char *network;
	int plugin;
	char *type;
	char *key;
	unsigned int line; /* from 1; 0: not known */
	char *what;
	char *excerpt; /* the line, and one with a caret; NULL: none */
	char *so;      /* the consequence; NULL: what is said already */
	char *try;    /* the remedy; NULL: none */
};

/* All zeroes is none. */
struct findings {
	struct finding *items;
	size_t count;
};

/* Appends a finding with this `what` and returns it; strings of `place` are copied. The pointer holds until the next call. */
struct finding *findings_add(struct findings *findings, const char *check, enum finding_level level,
			     const struct finding_place *place, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Sets the other texts. */
void finding_so(struct finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void finding_try(struct finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The number of findings of a level. */
size_t findings_count(const struct findings *findings, enum finding_level level);

/* Prints each on a line, with its remedy on the next. */
void findings_print(const struct findings *findings, FILE *out);

/* [{"check", "level", "file", "line", "network", "plugin", "type", "key", "what", "so", "try"}]: members
 * without a value are left out. The caller frees. */
cJSON *findings_json(const struct findings *findings);

void findings_clear(struct findings *findings);
#define clearing_findings __attribute__((cleanup(findings_clear)))

#endif
