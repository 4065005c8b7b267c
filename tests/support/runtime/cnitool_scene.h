/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool as an operator types it, with the network "blue" of the plugins "one" and "two" of
 * fake.h. Each test has a scene of its own, as its state. Failures fail the test. */
#ifndef CNITOOL_SCENE_H
#define CNITOOL_SCENE_H

#include "fake.h"
#include "plugin.h"
#include "test.h"

/* "cnitool-" and the beginning of what sha512sum(1) says of "/var/run/netns/red", which is how Go's
 * cnitool calls it. */
#define RED    "/var/run/netns/red"
#define RED_ID "cnitool-2ba50707955d35b5a8f3"

/* In the scene's directory, what is remembered of the attachment of RED to "blue". */
#define RED_CACHED "cache/results/blue-" RED_ID "-eth0"

struct cnitool_scene {
	struct fake fake;     /* with the networks in net.d */
	char *path;	      /* CNI_PATH */
	const char *extra[4]; /* more "NAME=value", ending in NULL */
	const char *
		under; /* words of env(1) before the command: "--ignore-signal=CHLD"; may be NULL */
};

int cnitool_setup(void **state);
int cnitool_teardown(void **state);
#define cnitool_test(name) cmocka_unit_test_setup_teardown(name, cnitool_setup, cnitool_teardown)

/* Runs "cnitool <line>"; words are separated by single spaces. */
struct plugin_answer cnitool_run(const struct cnitool_scene *scene, const char *line);

/* The same without a scene, on the host of the sandbox: with the networks in SANDBOX_DIR/net.d and the
 * plugins that were built. `environment` are more "NAME=value", ending in NULL. */
struct plugin_answer cnitool_on_host(const char *line, const char *const *environment);

/* It exits with 0 and says nothing on stderr. */
void cnitool_succeeds(const struct cnitool_scene *scene, const char *line);

/* It exits with 1, prints nothing on stdout, and stderr holds `text`. */
void cnitool_fails(const struct cnitool_scene *scene, const char *line, const char *text);

/* The same for a wrong command line: it exits with 2. */
void cnitool_refuses(const struct cnitool_scene *scene, const char *line, const char *text);

/* Fails the test unless the file of the scene's directory is there and holds `line`. */
void cnitool_assert_line(const struct cnitool_scene *scene, const char *file, const char *line);

#endif
