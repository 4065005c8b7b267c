/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile pod: a process of an ordinary user, root in a user namespace and in a network namespace
 * of its own as the root of a container is, that does one thing to "eth0" as often as it can. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <sys/types.h>

#define HOSTILE_UID "65534"
#define HOSTILE_MAC "02:66:66:66:66:66"

enum hostile_deed {
	HOSTILE_RENAMES,
	HOSTILE_CHANGES_MAC, /* to HOSTILE_MAC */
	HOSTILE_MOVES,	     /* to another namespace of its own */
	HOSTILE_DELETES,
	HOSTILE_HOLDS, /* flock(2) on its network namespace, and nothing else */
};

struct hostile {
	pid_t pid;
	char netns[32]; /* "/proc/<pid>/ns/net" */
};

/* The pod does its deed when this returns. Failures fail the test. */
void hostile_open(struct hostile *hostile, enum hostile_deed deed);
void hostile_close(struct hostile *hostile);

#endif
