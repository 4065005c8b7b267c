/* SPDX-License-Identifier: Apache-2.0 */
/* The loopback plugin on a host with the container "red". JSON is written with single quotes. */
#ifndef LOOPBACK_SCENE_H
#define LOOPBACK_SCENE_H

#include "bridge.h"
#include "plugin.h"

#include <stdbool.h>

#define LOOPBACK    CNI_C_BINARY_DIR "/plugins/loopback"
#define GO_LOOPBACK "/usr/lib/cni/loopback"
#define RED	    "/run/netns/red"

int lo_setup(void **state);
#define loopback_test(name) cmocka_unit_test_setup_teardown(name, lo_setup, bridge_teardown)

/* {"cniVersion": <version>, "name": "cni-loopback", "type": "loopback", <more>}, which the caller
 * frees. */
char *lo_config(const char *version, const char *more);

/* A call for red's lo; what it points to belongs to `config`. */
struct plugin_call lo_call(const char *command, const char *config);

void lo_succeeds(const char *command, const char *version, const char *more);

/* Fails the test unless lo is up in the namespace, or down. */
void assert_up(const char *netns, bool up);

#endif
