/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of one link, and of the namespace that it is in: those that are wanted, or those that
 * there were before. */
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

/* Where it is. Where sysctls are meant, the process must be in that namespace. */
struct cni_tuning_place {
	int netns;	    /* a descriptor */
	struct cni_nl *nl;  /* rtnetlink, in there */
	const char *ifname; /* of the link */
	int index;	    /* and its index; 0: there is none, and no setting of it is meant */
};

/* The values that there are now of all that `wanted` names. The caller clears. Fails with
 * CNI_ECONFIG if there is no such sysctl or if the link has no such setting, otherwise as the
 * kernel. */
int cni_tuning_look(const struct cni_tuning_place *place, const struct cni_tuning *wanted,
		    struct cni_tuning *ret_now, struct cni_error *err);

/* Sets all of it, first the sysctls, or nothing: what was set before one that fails is as in
 * `before` again, which cni_tuning_look() has answered for the same. */
int cni_tuning_apply(const struct cni_tuning_place *place, const struct cni_tuning *wanted,
		     const struct cni_tuning *before, struct cni_error *err);

/* Sets what can be set, the sysctls last and in reverse, and passes over those that are no longer
 * there. The first failure is the error. */
int cni_tuning_restore(const struct cni_tuning_place *place, const struct cni_tuning *earlier,
		       struct cni_error *err);

/* Is all of it as wanted? Fails with CNI_EMISMATCH, naming what was expected and what was found. */
int cni_tuning_check(const struct cni_tuning_place *place, const struct cni_tuning *wanted,
		     struct cni_error *err);

CNI_END_DECLS

#endif
