/* SPDX-License-Identifier: Apache-2.0 */
/* A pod whose root forges the kernel's answers: a process in a user namespace of its own, and in a
 * network namespace that belongs to it, so that it has every capability there and none outside. It
 * reads the ports of other processes' netlink sockets in /proc/net/netlink and sends them, without
 * a pause, answers to the questions that they are likely to have asked: a link with another MAC, a
 * refusal, attributes that are cut or too long; and announcements to those who wait for some.
 *
 *	struct forger forger;
 *
 *	forger_open(&forger);
 *	... sandbox_must("nsenter --net=%s ip link set lo up", forger.netns) ...
 *	forger_start(&forger);
 *	... processes that ask the kernel in forger.netns, ip(8) as well, hear lies ...
 *	forger_stop(&forger);
 *	forger_close(&forger); */
#ifndef FORGER_H
#define FORGER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The MAC of every link that it describes. */
#define FORGER_MAC "02:66:66:66:66:66"

struct forger_state;

struct forger {
	pid_t pid;
	char netns[32]; /* "/proc/<pid>/ns/net" */
	struct forger_state *state;
};

/* Makes the process and its namespaces; a failure fails the test. It dies with the test. */
void forger_open(struct forger *forger);
void forger_close(struct forger *forger);

void forger_start(struct forger *forger);
/* It sends nothing any more when this returns. */
void forger_stop(struct forger *forger);

/* Datagrams so far that the kernel took to others' sockets, and that it refused: a test that the
 * forger did not reach shows nothing. */
size_t forger_delivered(const struct forger *forger);
size_t forger_refused(const struct forger *forger);

/* True once the kernel has refused a datagram. A busy machine may not run the forger for the whole
 * of a short loop: a test goes on until then, and the runner ends it at its time limit. */
bool forger_has_reached(const struct forger *forger);

#endif
