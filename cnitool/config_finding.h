/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: a fault, its place and its remedy. They are collected, and printed at the end. */
#ifndef CONFIG_FINDING_H
#define CONFIG_FINDING_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdio.h>

enum config_level {
	CONFIG_NOTE, /* true, and nothing has to be done */
	CONFIG_WARNING,
	CONFIG_ERROR,
	CONFIG_LEVEL_COUNT,
};

/* "error" */
const char *config_level_text(enum config_level level);

/* The place of a finding. NULL members: not known, or the whole. */
struct config_place {
	const char *file;
	const char *network;
	int plugin;	  /* its index in the list; CONFIG_NO_PLUGIN: the list itself */
	const char *type; /* of that plugin */
	const char *key;  /* "ipam.subnet" */
	const char *text; /* of the file, for the line of the key */
};

#define CONFIG_NO_PLUGIN (-1)

struct config_finding {
	const char *check; /* its name, for programs: stays the same. A constant */
	enum config_level level;
	char *file;
	char *network;
	int plugin;
	char *type;
	char *key;
	unsigned int line; /* from 1; 0: not known */
	char *what;
	char *excerpt; /* the line, and one with a caret; NULL: none */
	char *so;      /* the consequence; NULL: what is said already */
	char *try;     /* the remedy; NULL: none */
};

/* All zeroes is none. */
struct config_findings {
	struct config_finding *items;
	size_t count;
};

/* Appends a finding with this `what` and returns it; strings of `place` are copied. The pointer holds until the next
 * call. */
struct config_finding *config_findings_add(struct config_findings *findings, const char *check,
					   enum config_level level,
					   const struct config_place *place, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Sets the other texts. */
void config_finding_so(struct config_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void config_finding_try(struct config_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The number of findings of a level. */
size_t config_findings_count(const struct config_findings *findings, enum config_level level);

/* Prints each on a line, with its remedy on the next. */
void config_findings_print(const struct config_findings *findings, FILE *out);

/* [{"check", "level", "file", "line", "network", "plugin", "type", "key", "what", "so", "try"}]: members
 * without a value are left out. The caller frees. */
cJSON *config_findings_json(const struct config_findings *findings);

void config_findings_clear(struct config_findings *findings);
#define clearing_config_findings __attribute__((cleanup(config_findings_clear)))

#endif
