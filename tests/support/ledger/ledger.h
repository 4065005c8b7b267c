/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of host_local_calls.h seen as a whole, on a host that can be rebooted: the tests are
 * in a mount namespace of their own, and the boot id there is a file of theirs. */
#ifndef LEDGER_H
#define LEDGER_H

#include "host_local_calls.h"
#include "sandbox.h"

/* A group setup: a sandbox in its first boot. */
int ledger_setup(void **state);

/* From now on the kernel's boot id is another one. */
void ledger_reboot(void);

/* All below the data directory: kinds, link targets, times of change, and contents. The caller
 * frees. */
char *ledger_state(void);

/* Fails the test unless all is as in `before`. */
void ledger_assert_state(const char *before);

/* The addresses in <data dir>/blue, in one line as ls(1) sorts them: "10.1.0.2 10.1.0.3". */
void ledger_assert_addresses(const char *expected);

/* ADD with CNI_ARGS gives this address first. */
void ledger_assert_adds(const char *container, const char *args, const char *config,
			const char *expected);

/* For `more` of host_local_config(): requests this address. */
#define LEDGER_REQUEST(address) "\"runtimeConfig\":{\"ips\":[\"" address "\"]}"

/* Runs a shell command in the data directory; it must succeed. */
void ledger_run(const char *command);

#endif
