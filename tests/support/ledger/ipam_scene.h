/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger as an operator looks at it: a scene of cnitool with the network "pool", whose only
 * plugin is host-local, on a data directory of its own. Failures fail the test. */
#ifndef IPAM_SCENE_H
#define IPAM_SCENE_H

#include "cnitool_scene.h"

#include <stdbool.h>
#include <sys/types.h>

/* In the scene's directory. */
#define IPAM_LEDGER  "leases/pool/"
#define IPAM_SIDECAR "leases/.cni-c/pool/"

/* 10.1.0.2 to 10.1.0.254, and fd00::2 to fd00::ffff:ffff:ffff:ffff. */
#define IPAM_DUAL "\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],[{\"subnet\":\"fd00::/64\"}]]"
#define IPAM_V4	  "\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]"

/* A namespace of which nothing is known. */
#define IPAM_NOWHERE "/run/netns/nowhere"

/* With IPAM_V4. The group must have boots_setup(). */
int ipam_scene_setup(void **state);
#define ipam_test(name) cmocka_unit_test_setup_teardown(name, ipam_scene_setup, cnitool_teardown)

/* Gives the network's `ipam` these keys, besides "type" and "dataDir". */
void ipam_configure(const struct cnitool_scene *scene, const char *keys);

/* ADD and DEL of the container's eth0, as a runtime sends them to host-local. */
void ipam_add(const struct cnitool_scene *scene, const char *container, const char *netns);
void ipam_del(const struct cnitool_scene *scene, const char *container);

/* A process in a network namespace of its own, which is "/proc/<pid>/ns/net". It ends with the
 * test, if not before. */
pid_t ipam_start_netns(char path[32]);
void ipam_stop_netns(pid_t pid);

/* A file of the ledger; "\r\n" and all that is in it. */
void ipam_put(const struct cnitool_scene *scene, const char *name, const char *text);

/* A shell command in the scene's directory, which must succeed. */
void ipam_must(const struct cnitool_scene *scene, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Everything in the data directory: names, modes, inodes, sizes, times, and what the files hold.
 * The caller frees. */
char *ipam_snapshot(const struct cnitool_scene *scene);
void ipam_assert_unchanged(const struct cnitool_scene *scene, const char *before);

/* "cnitool <line>" succeeds and prints this; an age of a few seconds is shown as "0s". */
void ipam_prints(const struct cnitool_scene *scene, const char *line, const char *expected);

/* "cnitool ipam verify pool" prints this and exits with 1; "": it prints "nothing wrong" and exits
 * with 0. On stderr are remarks at most, and all is as it was. */
void ipam_finds(const struct cnitool_scene *scene, const char *expected);

#endif
