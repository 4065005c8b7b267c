/* SPDX-License-Identifier: Apache-2.0 */
/* A host of its own for a test executable: a network and a mount namespace that die with the
 * process, so that tests can run beside each other and leave nothing behind. And outside witnesses
 * to look around in it: ip(8), nft(8), bridge(8), never our own code. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "json.h"

#include <stdbool.h>

/* A group setup: enters fresh network and mount namespaces; /run, /var/lib/cni and the directory
 * SANDBOX_DIR are empty file systems in memory, /sys shows the new namespace, lo is up. */
#define SANDBOX_DIR "/run/sandbox"
int sandbox_setup(void **state);

/* Writes a setting below /proc/sys/net ("ipv4/ip_forward"). 0 or -1. */
int sandbox_set(const char *setting, const char *value);

/* Runs a shell command, printf-like, and returns its exit code. */
int sandbox_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* As above, and fails the test, showing the command, unless it exits with 0. */
void sandbox_must(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Runs the command again and again until it exits with 0, and says whether that came within a minute: longer than any
 * busy machine takes. Its output is thrown away. */
bool sandbox_comes(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same, and fails the test, showing the command, if it does not come. */
void sandbox_await(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Returns the command's stdout; the caller frees. Fails the test unless it exits with 0. */
char *sandbox_read(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same as JSON ("ip -j …", "nft -j …"); the caller frees with cJSON_Delete(). */
cJSON *sandbox_json(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* As "ip netns add <name>" and "ip netns del <name>"; its path is /run/netns/<name>. */
void sandbox_add_netns(const char *name);
void sandbox_del_netns(const char *name);

/* Enters it, for a process that ends; sandbox_set() in there. Failures fail the test. */
void sandbox_enter_netns(const char *name);
void sandbox_set_in(const char *name, const char *setting, const char *value);

/* Everything a plugin could leave on this host, as text (snapshot.h): our namespace, and the files below
 * SANDBOX_DIR and /var/lib/cni. The caller frees. */
char *sandbox_snapshot(void);

/* Fails the test, showing what differs, unless the host is as in `before`. */
void sandbox_assert_unchanged(const char *before);

/* Likewise for other texts about it. */
void sandbox_assert_same(const char *before, const char *after);

/* True if the running kernel has VLAN filtering. Tests skip by name what it lacks. */
bool sandbox_has_vlan_filtering(void);

#endif
