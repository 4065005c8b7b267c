/* SPDX-License-Identifier: Apache-2.0 */
/* Where lines of the log go. */
#ifndef CNI_LOG_TARGET_H
#define CNI_LOG_TARGET_H

#include <stdbool.h>

/* Writes `line`, which has no newline, by one system call that does not wait for a reader:
 *
 *	/path	   appended to the file, which is made with mode 0600; a link, or what is no regular file, gets nothing
 *	journal	   the journal's native socket (systemd's docs/JOURNAL_NATIVE_PROTOCOL.md)
 *	stderr
 *
 * Any other target, and any failure, loses the line. */
void cni_log_put(const char *target, const char *line, const char *type, bool is_failure);

#endif
