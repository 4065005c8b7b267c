/* SPDX-License-Identifier: Apache-2.0 */
/* Input that a plugin refuses: the whole answer, and the host after it. For tests in a sandbox
 * (sandbox.h), whose container is the namespace "red". */
#ifndef BAD_INPUT_H
#define BAD_INPUT_H

#include "plugin.h"

/* An answer's code, and texts in its msg or details; the last one is NULL. */
struct refusal {
	int code;
	const char *says[5];
};

#define BAD_INPUT_BRIDGE     CNI_C_BINARY_DIR "/plugins/bridge"
#define BAD_INPUT_HOST_LOCAL CNI_C_BINARY_DIR "/ipam/host-local"
#define BAD_INPUT_CNI_PATH   CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR "/ipam"

/* A group setup: the sandbox and "red". */
int bad_input_setup(void **state);

/* A setup and a teardown for each test: the latter fails unless host and container are, down to the
 * last sysctl, as they were before the test. */
int bad_input_before(void **state);
int bad_input_after(void **state);
#define bad_input_test(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, bad_input_before, bad_input_after)

/* ADD of bridge to "red" with nothing wrong but, maybe, `config`. */
struct plugin_call bad_input_call(const char *config);

/* A configuration of bridge with nothing wrong in it but, maybe, these members behind those it has;
 * of two the last one wins. The caller frees, as for the next. */
char *bad_input_config(const char *members);

/* The same with these members in its `ipam`, which is that of host-local without ranges. */
char *bad_input_ipam(const char *members);

/* Fails the test unless the plugin refuses: exit 1; on stdout one JSON object in UTF-8 and nothing
 * else, with cniVersion, code, msg and perhaps details; nothing on stderr. And unless links,
 * addresses and files are as they were before the test. `about` names the case. */
void bad_input_refused(const struct plugin_call *call, const char *about,
		       const struct refusal *refusal);

/* ADD of bridge with this configuration. */
void bad_input_config_refused(const char *config, const struct refusal *refusal);

#endif
