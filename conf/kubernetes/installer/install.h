/* SPDX-License-Identifier: Apache-2.0 */
/* The changes of the node: executables first, the conflist last. */
#ifndef INSTALL_H
#define INSTALL_H

#include "error.h"
#include "node.h"
#include "settings.h"

#include <stdbool.h>

/* Makes the node as it should be. Executables are copied unless `*has_copied`, which is set afterwards. The conflist is
 * written if it differs from the one that is there. Each change is a line on stderr.
 * Fails as network_compose(), place_check() (before anything is written), executables_copy() and target_put(). */
int install(const struct settings *settings, const struct node *node, bool *has_copied,
	    struct cni_error *err);

/* "10.244.1.0/24, fd00:10:244:1::/64". The caller frees. */
char *install_cidrs(const struct node *node);

/* Writes a line to stderr. */
void install_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
