/* SPDX-License-Identifier: Apache-2.0 */
/* podman with its CNI backend, our plugins as its only ones, and a host beyond this one that knows
 * no way to the containers:
 *
 *	boxes ── bridge   host   192.0.2.1    ── 192.0.2.2     outside
 *	                         2001:db8::1  ── 2001:db8::2
 *
 * At PORT "host" and "outside" answer, and each box by its name (probe.h); at port 80 of a box the
 * web server of its image does (runtimes.h); at HTTP_PORT (http.h) outside says whom it sees.
 *
 *	struct box red = {.name = "red"};
 *
 *	podman_begin("two containers that reach each other");
 *	podman_must("network create --subnet 10.1.0.0/24 blue");
 *	box_run(&red, "--network blue");
 *	...
 *	box_remove(&red);
 *	podman_must("network rm blue");
 *	podman_end();
 *
 * Failures fail the test; what it leaves then is removed after it. */
#ifndef PODMAN_H
#define PODMAN_H

#include "probe.h"

#include <stddef.h>

#define PORT	     9090
#define OUTSIDE	     "/run/netns/outside"
#define PODMAN_IMAGE "docker.io/library/box:1"

/* Where podman keeps its networks, a file <name>.conflist for each. */
#define PODMAN_NETWORKS RUNTIMES_DIR "/net.d"

int podman_setup(void **state); /* of the group */
int podman_teardown(void **state);
#define podman_test(name) cmocka_unit_test_teardown(name, podman_teardown)

/* NULL, or why there is nothing to test. */
const char *podman_is_missing(void);

/* Begins the row, and remembers what the host is like. */
#define podman_begin(exercised)                                                                    \
	do {                                                                                       \
		if (podman_is_missing())                                                           \
			skip_because("%s", podman_is_missing());                                   \
		podman_begin_row("podman", NULL, exercised);                                       \
	} while (0)
/* Likewise for another engine on podman's networks; `version` NULL: podman's own. */
void podman_begin_row(const char *runtime, const char *version, const char *exercised);

/* The host is as it was, to the last file of a plugin; and the row ends. */
void podman_end(void);

/* Runs "podman <fmt>", which must succeed; or must fail. Its stdout is discarded. */
void podman_must(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void podman_fails(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A container, on one network or several. */
struct box {
	const char *name;
	char netns[96];	    /* the path of its namespace */
	const char *net_ns; /* the name of it, for ip -n */
	char ip4[16];	    /* of its eth0, as ip(8) says; "": none */
	char ip6[46];
};

/* "podman run -d --name <name> <options> <image>", and a server in there. Options are printf-like.
 */
void box_run(struct box *box, const char *options);

/* After it was started anew: its namespace is another one. */
void box_find(struct box *box);

/* Its server ends, as it must before its namespace does. */
void box_leave(const struct box *box);

/* "podman rm -f". */
void box_remove(const struct box *box);

/* By TCP and by UDP: who is asked at this address and port from the namespace of this path (NULL:
 * the host) is `who`, and sees `sees`. Without `who` there is no answer. */
void podman_ask(const char *from, const char *to, uint16_t port, const char *who, const char *sees);

/* The container itself gets this line by HTTP (busybox's wget). */
void box_fetches(const struct box *box, const char *url, const char *expected);

/* It cannot. */
void box_is_cut_off(const struct box *box, const char *url);

/* curl in this namespace (a name; NULL: the host) gets all of the box's /big from this address and
 * port ("192.0.2.1:8080"). */
void box_serves(const struct box *box, const char *net_ns, const char *at);

#endif
