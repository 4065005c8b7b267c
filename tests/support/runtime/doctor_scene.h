/* SPDX-License-Identifier: Apache-2.0 */
/* A healthy node for `cnitool doctor`: the network "blue" with the containers "red" and "green", an /etc of its own,
 * and CNI_PATH with the directory DOCTOR_BIN before the plugins that were built. */
#ifndef DOCTOR_SCENE_H
#define DOCTOR_SCENE_H

#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#define DOCTOR_BIN  SANDBOX_DIR "/bin"
#define DOCTOR_CONF SANDBOX_DIR "/net.d"

/* A group setup. */
int doctor_setup(void **state);

/* Writes DOCTOR_CONF/<name>.conflist with these plugins; ' stands for ". */
void doctor_write_network(const char *name, const char *plugins);

/* Writes DOCTOR_BIN/<type> or another path: a plugin that reports itself as `about`, and speaks `version`. */
void doctor_write_plugin(const char *path, const char *about, const char *version);

/* Runs "cnitool <line>"; words are separated by single spaces. */
struct plugin_answer doctor_cnitool(const char *line);
/* The same, which must succeed. */
void doctor_must(const char *line);

/* Runs "cnitool doctor -j <line>" and returns the JSON, which the caller frees. `ret_code` is the exit code. */
cJSON *doctor_findings(const char *line, int *ret_code);

/* Fails the test unless a finding of the check has this level and `what` in its text, and each other one without a
 * cause is of a check that `also` names (NULL: none), or of config.validate. */
void doctor_assert_finds(const char *check, const char *level, const char *what, const char *also);

/* Fails the test unless doctor finds nothing and exits with 0. */
void doctor_assert_silent(void);

#endif
