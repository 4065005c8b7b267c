/* SPDX-License-Identifier: Apache-2.0 */
/* Real container runtimes on our executables. A test executable is a host of its own: the
 * namespaces of sandbox.h, and process ids of its own besides, so that whatever a runtime leaves
 * running (monitors, shims, containers) ends with it, however it ends.
 *
 *	static void blue__gets_out(void **state)
 *	{
 *		if (!runtimes_have("blue"))
 *			skip_because("there is no blue");
 *		runtimes_begin("blue", version, "a container that reaches the outside");
 *		...
 *		runtimes_end();
 *	}
 *
 *	runtimes_test(blue__gets_out)
 *
 * Each test is a row of a table (runtime, version, what is exercised, "works" or "**fails**"),
 * which is appended to the file that the environment names in RUNTIMES_ROWS. */
#ifndef RUNTIMES_H
#define RUNTIMES_H

#include <stdbool.h>

/* A runtime's files belong below RUNTIMES_DIR, a directory in memory. It is not part of
 * sandbox_snapshot(). RUNTIMES_BIN is the runtime's plugin directory: our executables, as they are
 * installed, and nothing else. */
#define RUNTIMES_DIR "/run/runtimes"
#define RUNTIMES_BIN RUNTIMES_DIR "/bin"

/* Group setup: sandbox_setup() and the above; the host forwards already, as a node does, for that
 * stays when the containers have gone. /dev/shm and TMPDIR are its own, too. */
int runtimes_setup(void **state);

/* An image archive as `docker save` writes it, which podman and ctr load as `reference`
 * ("docker.io/library/box:1"): busybox-static with its applets. Its command is an HTTP server at
 * port 80, which has 1 MiB of /big that no other image has, and it ends at once on SIGTERM.
 */
void runtimes_make_image(const char *tar, const char *reference);

/* True if this command is there; false otherwise. */
bool runtimes_have(const char *command);

/* A row begins, and ends with success: the last line of a test. */
void runtimes_begin(const char *runtime, const char *version, const char *exercised);
void runtimes_end(void);

/* sandbox_snapshot(), and what the plugins keep in /run/cni; without what host-local keeps on
 * purpose. The caller frees. */
char *runtimes_snapshot(void);
void runtimes_assert_unchanged(const char *before);

/* A test's teardown, which writes the row. Other teardowns call it. */
int runtimes_teardown(void **state);
#define runtimes_test(name) cmocka_unit_test_teardown(name, runtimes_teardown)

#endif
