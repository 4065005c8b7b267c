/* SPDX-License-Identifier: Apache-2.0 */
/* Calling host-local on a data directory of its own for each test. The network is always "blue",
 * the interface "eth0". Failures fail the test. */
#ifndef HOST_LOCAL_CALLS_H
#define HOST_LOCAL_CALLS_H

#include "plugin.h"
#include "test.h"

#define HOST_LOCAL    CNI_C_BINARY_DIR "/ipam/host-local"
#define GO_HOST_LOCAL "/usr/lib/cni/host-local"

/* For `ipam`: 10.1.0.2 to 10.1.0.6 */
#define POOL "\"ranges\":[[{\"subnet\":\"10.1.0.0/29\"}]]"
#define DUAL "\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],[{\"subnet\":\"fd00::/64\"}]]"

/* The test's directory, empty when it begins and gone, with what was mounted on it, when it ends.
 */
extern char host_local_data_dir[];
int host_local_setup(void **state);
int host_local_teardown(void **state);
#define host_local_test(name)                                                                      \
	cmocka_unit_test_setup_teardown(name, host_local_setup, host_local_teardown)

/* "<data dir>/blue/<name>"; the caller frees, as for all texts here. */
char *host_local_path(const char *name);

/* Removes the network's directory with all that is in it. */
void host_local_remove_network(void);

void host_local_put_file(const char *name, const char *text);

/* Fails the test unless the network's file holds this. NULL: there is none. */
void host_local_assert_file(const char *name, const char *expected);

/* Each file in the network's directory with what it holds, but for the lock:
 * "10.1.0.2=c1\r\neth0\n". Equal texts mean equal directories. "" if there is no directory. */
char *host_local_snapshot(void);

/* {"cniVersion": <version>, "name": "blue", "ipam": {<ipam>, "dataDir": …}, <more>} */
char *host_local_config(const char *version, const char *ipam, const char *more);

struct plugin_call host_local_call(const char *command, const char *container, const char *config);
void host_local_succeeds(const char *command, const char *container, const char *config);
void host_local_fails(const char *command, const char *container, const char *config, int code,
		      const char *message);

/* The first address that an ADD of `plugin` gives: "10.1.0.2/24". */
char *host_local_add_by(const char *plugin, const char *container, const char *config);
void host_local_assert_adds(const char *container, const char *config, const char *expected);

#endif
