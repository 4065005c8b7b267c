/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon of the Go plugin dhcp, in the sandbox of dhcp_scene.h. */
#ifndef DHCP_GO_H
#define DHCP_GO_H

#include "dhcp_scene.h"
#include "suite.h"

#include <unistd.h>

#define skip_without_go_dhcp()                                                                     \
	do {                                                                                       \
		if (access(GO_DIR "/dhcp", X_OK) < 0 || access(GO_DIR "/macvlan", X_OK) < 0)       \
			skip_because("there is no " GO_DIR "/dhcp");                               \
	} while (0)

/* Debian 12 has an older one, with other defaults and without `priority`. */
#define skip_without_reference()                                                                   \
	do {                                                                                       \
		if (sandbox_run("env -i " GO_DIR "/dhcp 2>&1 </dev/null | grep -qF ' 1.1.0'") !=   \
		    0)                                                                             \
			skip_because("there is no " GO_DIR "/dhcp of version 1.9.1");              \
	} while (0)

/* Starts it with `flags`, and waits for its socket. */
void go_start(const char *flags);
void go_end(void);

int go_teardown(void **state);
#define go_test(name) cmocka_unit_test_setup_teardown(name, dhcp_setup, go_teardown)

#endif
