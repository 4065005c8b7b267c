/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin directory in use, and scripts/install with the tools that it needs, and no others, in PATH. */
#ifndef INSTALL_SCENE_H
#define INSTALL_SCENE_H

#include "sandbox.h"

#define INSTALL_SCRIPT CNI_C_SOURCE_DIR "/scripts/install"
#define INSTALL_TOOLS  SANDBOX_DIR "/tools"
/* The directory: a file with odd mode and owner, a symbolic link, two names of a file, and another author's plugin. */
#define INSTALL_DIR SANDBOX_DIR "/bin"
/* Executables of two versions, of the plugins bridge, host-local, portmap and vrf; the last is not in the directory. */
#define INSTALL_FROM1 SANDBOX_DIR "/from1"
#define INSTALL_FROM2 SANDBOX_DIR "/from2"

/* A group setup: sandbox_setup(), the tools and the executables. */
int install_scene_setup(void **state);

/* A setup: the directory as it is at first. */
int install_scene_reset(void **state);

/* Runs scripts/install with these arguments, printf-like, with a shell ("dash", "busybox sh"; NULL: its own), and
 * returns its exit code. Its output is in SANDBOX_DIR/said. */
int install_run(const char *shell, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As above with its own shell; fails the test unless it succeeds, or unless it exits with 1 and prints `words`. */
void install_succeeds(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void install_fails(const char *words, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Everything that the directory holds: inodes, modes, owners, numbers of links, times, targets and content, without the
 * files that the script keeps there, which count as links. The caller frees. */
char *install_snapshot(void);

/* Fails the test unless the directory is as in `before`, and nothing is kept. */
void install_assert_as_before(const char *before);

/* Fails the test unless the plugins are those of the version ("1" or "2"), with mode 0755, and root's. */
void install_assert_version(const char *version);

#endif
