/* SPDX-License-Identifier: Apache-2.0 */
/* SIGTERM and SIGINT as a descriptor. The installer is process 1 of its container, for which the kernel has no
 * default action: without this, kubelet would kill it after the grace period. */
#ifndef STOP_H
#define STOP_H

#include "error.h"

#include <stdbool.h>

/* Blocks the signals and opens the descriptor, which becomes readable when either arrives.
 * Fails with CNI_EKERNEL. */
int stop_open(int *ret_stop, struct cni_error *err);

/* Waits until a signal arrives or the time is over. Returns true for a signal, which stays pending. */
bool stop_within(int stop, unsigned int milliseconds);

#endif
