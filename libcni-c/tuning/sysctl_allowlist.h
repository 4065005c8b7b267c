/* SPDX-License-Identifier: Apache-2.0 */
/* The sysctls that networks may set: an administrator's file, which the Go plugin reads as well,
 * with a regular expression in each line; blank lines are ignored. */
#ifndef CNI_SYSCTL_ALLOWLIST_H
#define CNI_SYSCTL_ALLOWLIST_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>

#define CNI_SYSCTL_ALLOWLIST "/etc/cni/tuning/allowlist.conf"

struct cni_sysctl_allowlist {
	bool is_there; /* otherwise all are allowed */
	char *text;    /* what the lines point into */
	char **lines;
	size_t count;
};

/* Reads the file. Fails with CNI_EIO if it exists but cannot be read, and with CNI_EDECODE if it
 * is longer than a MiB or holds a NUL. The caller frees with cni_sysctl_allowlist_clear(). */
int cni_sysctl_allowlist_read(const char *path, struct cni_sysctl_allowlist *ret_list,
			      struct cni_error *err);
void cni_sysctl_allowlist_clear(struct cni_sysctl_allowlist *list);

/* Succeeds if a line matches `key`, written as in the configuration, with dots and IFNAME. Fails
 * with CNI_ECONFIG if none does, or if an earlier line is invalid (go_regex.h). */
int cni_sysctl_allowlist_check(const struct cni_sysctl_allowlist *list, const char *key,
			       struct cni_error *err);

#endif
