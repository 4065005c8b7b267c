/* SPDX-License-Identifier: Apache-2.0 */
/* Readiness as kubelet's probe reads it: a file with a line, "ready: ..." or "waiting: ...". */
#ifndef READINESS_H
#define READINESS_H

#include "error.h"

#include <stdbool.h>

/* Replaces the file. Fails with CNI_EIO. */
int readiness_write(const char *path, bool is_ready, const char *text, struct cni_error *err);

/* Prints the line on stdout, where kubelet takes the message of its event from. Returns the exit code of the probe:
 * 0 if the installer is ready; 1 otherwise, also without the file. */
int readiness_print(const char *path);

#endif
