/* SPDX-License-Identifier: Apache-2.0 */
/* The server at a port, and the client that it sees. Servers in namespaces, each with a name, and
 * questions from anywhere, all at once: TCP, UDP and SCTP, both families.
 *
 *	struct probe probes[] = {
 *		{"/run/netns/outside", IPPROTO_TCP, "192.0.2.1", 8080, "pod 192.0.2.2"},
 *		{NULL, IPPROTO_UDP, "::1", 8080, NULL},
 *	};
 *
 *	probe_serve(&server, "/run/netns/red", "pod", 80);
 *	probe_ask(probes, 2);
 *	probe_assert(&probes[0]);
 *
 * SCTP needs no SCTP of the kernel: over raw sockets an INIT is answered by an INIT ACK, which to
 * connection tracking is the beginning of a connection. Failures fail the test. */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct probe_server {
	pid_t pid; /* 0: none */
};

/* Answers at this port of all addresses of the namespace of this path (NULL: our own) with "<name>
 * <the address that it sees>". It listens when this returns, and dies with us at the latest. */
void probe_serve(struct probe_server *server, const char *netns, const char *name, uint16_t port);
void probe_stop(struct probe_server *server);

/* A question and its answer. */
#define PROBE_TEXT_SIZE 64
struct probe {
	const char *from; /* a namespace's path; NULL: our own */
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
	const char *to;
	uint16_t port;
	const char *expected;	    /* NULL: no answer */
	uint16_t own_port;	    /* 0: one that no other question has */
	char seen[PROBE_TEXT_SIZE]; /* the answer; "": none */
};

/* Asks all of them at once. An expected answer may take its time on a loaded machine; an unexpected
 * one has a moment longer than that. */
void probe_ask(struct probe *probes, size_t count);

/* "tcp from /run/netns/red to 192.0.2.1:8080". Returns `text`. */
#define PROBE_ABOUT_SIZE 160
const char *probe_about(const struct probe *probe, char text[PROBE_ABOUT_SIZE]);

bool probe_is_as_expected(const struct probe *probe);
void probe_assert(const struct probe *probe);

/* True if SCTP can be asked. False if the kernel has its own, which would answer as well. */
bool probe_has_sctp(void);

/* "tcp", "udp", "sctp" */
const char *probe_protocol_name(uint8_t protocol);

#endif
