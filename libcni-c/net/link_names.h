/* SPDX-License-Identifier: Apache-2.0 */
/* The names and aliases of all links of this network namespace, read once: to tell which of many
 * attachments still have theirs. And the second names of one link. */
#ifndef CNI_LINK_NAMES_H
#define CNI_LINK_NAMES_H

#include "decls.h"
#include "error.h"
#include "nl.h"

#include <stdbool.h>
#include <stddef.h>

CNI_BEGIN_DECLS

/* All zeroes has no names. */
struct cni_link_names {
	char **items; /* sorted */
	size_t count;
};

/* Opens a socket of its own. Fails with CNI_EKERNEL. The caller clears, also after a failure. */
int cni_link_names_read(struct cni_link_names *ret_names, struct cni_error *err);
/* The second names (IFLA_ALT_IFNAME, Linux 5.5) of the link `index`. Fails with CNI_EKERNEL. The caller clears,
 * also after a failure. */
int cni_link_names_read_second(struct cni_nl *nl, int index, struct cni_link_names *ret_names,
			       struct cni_error *err);
/* Gives a link a second name, or takes it. Fails with CNI_EKERNEL. */
int cni_link_names_add_second(struct cni_nl *nl, int index, const char *name,
			      struct cni_error *err);
int cni_link_names_drop_second(struct cni_nl *nl, int index, const char *name,
			       struct cni_error *err);
/* Adds a copy of `text`; cni_link_names_has() needs them in order. */
void cni_link_names_put(struct cni_link_names *names, const char *text);
/* Frees what `names` holds. */
void cni_link_names_clear(struct cni_link_names *names);

/* True if a link has `text` as its name or its alias. */
bool cni_link_names_has(const struct cni_link_names *names, const char *text);

/* The names of the links of the namespace of `nl` for a message: "'eth0', 'eth1'", up to 16 of them, without
 * those of attachments and without "lo". The caller frees. */
char *cni_link_names_text(struct cni_nl *nl);

CNI_END_DECLS

#endif
