/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of a link, and of its namespace: the wanted or the previous ones. */
#ifndef CNI_TUNING_H
#define CNI_TUNING_H

#include "decls.h"
#include "error.h"
#include "link_settings.h"
#include "nl.h"

#include <stddef.h>

CNI_BEGIN_DECLS

struct cni_tuning_sysctl {
	char *path;  /* see sysctl_path.h */
	char *value; /* NULL, of earlier ones: it cannot be read */
};

/* The sysctls in the order in which they are set. */
struct cni_tuning {
	struct cni_link_settings link;
	struct cni_tuning_sysctl *sysctls;
	size_t sysctl_count;
};

/* Copies. */
void cni_tuning_add_sysctl(struct cni_tuning *tuning, const char *path, const char *value);
/* NULL: there is none of this path. */
struct cni_tuning_sysctl *cni_tuning_find_sysctl(const struct cni_tuning *tuning, const char *path);
/* Frees what it holds. */
void cni_tuning_clear(struct cni_tuning *tuning);

/* The location of the settings. The process must be in the namespace if sysctls are used. */
struct cni_tuning_place {
	int netns;	    /* a descriptor */
	struct cni_nl *nl;  /* rtnetlink, in there */
	const char *ifname; /* of the link */
	int index;	    /* and its index; 0: there is none, and no setting of it is meant */
};

/* Reads the current values of all settings in `wanted`. The caller clears. Fails with
 * CNI_ECONFIG if there is no such sysctl or if the link has no such setting, otherwise as the
 * kernel. */
int cni_tuning_look(const struct cni_tuning_place *place, const struct cni_tuning *wanted,
		    struct cni_tuning *ret_now, struct cni_error *err);

/* Applies `wanted` atomically, first the sysctls: after a failure, the changed settings are
 * restored from `before`, which comes from cni_tuning_look() for the same settings. */
int cni_tuning_apply(const struct cni_tuning_place *place, const struct cni_tuning *wanted,
		     const struct cni_tuning *before, struct cni_error *err);

/* Restores all possible settings, the sysctls last and in reverse order; skips settings that no
 * longer exist. The first failure is the error. */
int cni_tuning_restore(const struct cni_tuning_place *place, const struct cni_tuning *earlier,
		       struct cni_error *err);

/* Checks that all settings are as wanted. Fails with CNI_EMISMATCH, naming the expected and the
 * found value. */
int cni_tuning_check(const struct cni_tuning_place *place, const struct cni_tuning *wanted,
		     struct cni_error *err);

CNI_END_DECLS

#endif
