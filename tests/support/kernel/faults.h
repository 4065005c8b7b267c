/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of chosen system calls of a plugin, injected by strace(1). */
#ifndef FAULTS_H
#define FAULTS_H

#include "plugin.h"

#include <stdbool.h>
#include <stddef.h>

/* True if faults can be injected; otherwise tests that need them are skipped: "strace is not
 * installed". */
bool faults_possible(void);

/* A system call of a plugin: the `nth` one of its name. */
struct fault_step {
	char name[24];
	int nth;
	bool is_lasting; /* all later ones of its name fail as well */
};

/* All of one run that may fail, from the one on that reads its configuration. */
struct fault_steps {
	struct fault_step items[600];
	size_t count;
};

/* Runs the plugin and writes down what it does, by way of the file `log`. */
struct plugin_answer faults_learn(const struct plugin_call *call, const char *log,
				  struct fault_steps *ret_steps);

/* Runs it, and lets one of its calls fail with `error` ("EIO"). Says so on stderr. */
struct plugin_answer faults_inject(const struct plugin_call *call, const char *log,
				   const struct fault_step *step, const char *error);

/* True if the writing of the result failed (first) in the run that `log` is about. This need not be
 * the same call as in another run. */
bool faults_hit_answer(const char *log);

#endif
