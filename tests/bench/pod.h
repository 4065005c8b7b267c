/* SPDX-License-Identifier: Apache-2.0 */
/* Containers to be, and calls of plugins for them. A failure ends the driver. */
#ifndef BENCH_POD_H
#define BENCH_POD_H

#include "process.h"

enum { ADD, CHECK, DEL, VERSION, VERBS };

extern const char *const pod_verbs[VERBS];

struct pod {
	unsigned int number;
	char *netns;  /* path */
	char *result; /* of its ADD, or NULL */
};

/* With a network namespace of its own in the directory `work`. */
struct pod pod_make(const char *work, unsigned int number);
void pod_clear(struct pod *pod);

/* The pods have the numbers from `from` to one below `to`. */
void pod_drop_namespaces(const char *work, unsigned int from, unsigned int to);

struct pod_call {
	const char *program;
	const char *path; /* CNI_PATH */
	const char *conf;
	int verb;
};

/* Files in `work` with the number `slot` are its stdin and stdout. */
struct process pod_start_plugin(const struct pod *pod, const struct pod_call *call,
				const char *work, unsigned int slot);
/* A program that is not a plugin. */
struct process pod_start(char **args, const char *work, unsigned int slot);

/* Adds to `conf`, which lacks its closing brace, the prevResult that CHECK and DEL want, and the brace. */
char *pod_conf(const char *conf, const char *prev_result);

#endif
